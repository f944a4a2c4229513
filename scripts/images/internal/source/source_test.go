package source_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"vtq.internal/scripts/images/internal/source"
)

// git runs git without the settings of whoever runs the test.
func git(t *testing.T, folder string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com",
		"GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com", "GIT_COMMITTER_DATE=2026-01-02T03:04:05Z")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, out)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestReadAndClone(t *testing.T) {
	root := t.TempDir()
	git(t, root, "init", "--quiet")
	if _, err := source.Read(t.Context(), root); err == nil || !strings.Contains(err.Error(), "clone the repository") {
		t.Errorf("Read() without a commit = %v, want advice", err)
	}
	write(t, filepath.Join(root, "a"), "committed")
	git(t, root, "add", "a")
	git(t, root, "commit", "--quiet", "-m", "a")
	git(t, root, "tag", "v1.2.3+build")

	// As in a linked worktree, where .git is a file.
	linked := filepath.Join(t.TempDir(), "linked")
	git(t, root, "worktree", "add", "--quiet", linked)
	write(t, filepath.Join(linked, "a"), "changed")
	write(t, filepath.Join(linked, "b"), "new")
	commit, err := source.Read(t.Context(), linked)
	if err != nil {
		t.Fatal(err)
	}
	if commit.Version != "v1.2.3-build" || commit.Changed != 2 || commit.Time.Format("20060102150405") != "20260102030405" || !strings.HasPrefix(commit.Revision, commit.Short()) {
		t.Errorf("Read() = %+v, want version v1.2.3-build, 2 files changed, and the commit's time", commit)
	}

	clone := filepath.Join(t.TempDir(), "clone")
	if err := commit.Clone(t.Context(), clone); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(clone, "a")); err != nil || string(text) != "committed" {
		t.Errorf("the clone's file = %q, %v, want what was committed", text, err)
	}
	if info, err := os.Stat(filepath.Join(clone, ".git")); err != nil || !info.IsDir() {
		t.Errorf("the clone's .git = %v, %v, want a directory", info, err)
	}
}
