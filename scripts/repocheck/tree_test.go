package repocheck_test

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// root is where the repository begins, seen from this package, where go runs
// its tests.
const root = "../.."

// A tree is the files of a repository under their slash-separated paths.
type tree map[string]file

// A file is one file of a tree. The text of a binary file is empty.
type file struct {
	text string
	mode fs.FileMode
}

// A complaint is one place where a rule is broken.
type complaint struct {
	at   string // path, or path:line
	what string // what is wrong there, and why it matters
	cure string // how to mend it
}

// repository reads the tree that this test belongs to.
func repository(t *testing.T) tree {
	t.Helper()
	names, err := committed()
	if err != nil {
		t.Logf("reading the files on disk, since git does not list them: %v", err)
		names = onDisk(t)
	}
	out := tree{}
	for _, name := range names {
		at := filepath.Join(root, filepath.FromSlash(name))
		info, err := os.Lstat(at)
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			continue // deleted but not yet committed, or a link
		}
		text, err := os.ReadFile(at)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.IndexByte(text, 0) >= 0 {
			text = nil
		}
		out[name] = file{text: string(text), mode: info.Mode()}
	}
	return out
}

// committed lists what git tracks, or would with the next `git add`.
func committed() ([]string, error) {
	git := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	git.Dir = root
	out, err := git.Output()
	if err != nil {
		return nil, err
	}
	return slices.Compact(strings.Split(strings.TrimRight(string(out), "\x00"), "\x00")), nil
}

// onDisk lists every file but those that a checkout makes for itself.
func onDisk(t *testing.T) []string {
	t.Helper()
	own := []string{".git", "bin", ".vtq", ".env"}
	var names []string
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case slices.Contains(own, name) && entry.IsDir():
			return fs.SkipDir
		case !entry.IsDir() && !slices.Contains(own, name):
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestGitAndDiskAgree(t *testing.T) {
	listed, err := committed()
	if err != nil {
		t.Skipf("git does not list the files: %v", err)
	}
	found := onDisk(t)
	for _, name := range listed {
		if _, err := os.Lstat(filepath.Join(root, name)); err == nil && !slices.Contains(found, name) {
			t.Errorf("%s is listed by git, and not found on disk", name)
		}
	}
}

// all returns every path, in order.
func (tr tree) all() []string {
	return slices.Sorted(maps.Keys(tr))
}

// ending returns the paths that end in suffix, in order, without testdata, which
// is held to no rule but that of its own test.
func (tr tree) ending(suffix string) []string {
	return slices.DeleteFunc(tr.all(), func(name string) bool {
		return !strings.HasSuffix(name, suffix) || strings.Contains("/"+name, "/testdata/")
	})
}

// dirs groups names by the directory that holds them.
func dirs(names []string) map[string][]string {
	out := map[string][]string{}
	for _, name := range names {
		out[path.Dir(name)] = append(out[path.Dir(name)], name)
	}
	return out
}

// report fails the test with each complaint.
func report(t *testing.T, complaints []complaint) {
	t.Helper()
	for _, c := range complaints {
		t.Errorf("%s: %s.\n    Cure: %s.", c.at, c.what, c.cure)
	}
}

// A breach is a small tree, and the places where it breaks a rule.
type breach struct {
	in   tree
	want []string
}

// sees checks that a rule complains of each small tree at the places it should.
func sees(t *testing.T, rule func(tree) []complaint, breaches map[string]breach) {
	t.Helper()
	for name, b := range breaches {
		t.Run(name, func(t *testing.T) {
			places(t, rule(b.in), b.want)
		})
	}
}

// places checks that complaints are about the places in want, in any order.
func places(t *testing.T, complaints []complaint, want []string) {
	t.Helper()
	var got []string
	for _, c := range complaints {
		got = append(got, c.at)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("complaints at %q, want %q", got, want)
	}
}
