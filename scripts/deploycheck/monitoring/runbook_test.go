package monitoring_test

import (
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vtq.internal/scripts/deploycheck/checkout"
	"vtq.internal/scripts/deploycheck/monitoring"
)

// root is where the workspace is that this module stands beside.
const root = "../../../"

// allRunbooks reads them, by name, with what tells how to use them.
func allRunbooks(t *testing.T) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(runbooks + "*.md")
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d runbooks: %v", len(paths), err)
	}
	all := map[string]string{}
	for _, path := range paths {
		all[filepath.Base(path)] = read(t, path)
	}
	return all
}

// TestRunbooksNameVariablesThatThereAre holds what runbooks tell somebody to set, at night, to what the services read.
func TestRunbooksNameVariablesThatThereAre(t *testing.T) {
	known := monitoring.Settings(read(t, root+".env.example"))
	known = append(known, catalogue(t)["jetstream_stream_total_messages"].Labels["stream_name"]...)
	for name, text := range allRunbooks(t) {
		for _, unknown := range monitoring.Unknown(monitoring.Variables(text), known) {
			t.Errorf("%s names %s, which nobody reads", name, unknown)
		}
	}
}

// TestRunbooksLookForLinesThatThereAre holds the messages that runbooks filter the log by to those that the code has.
func TestRunbooksLookForLinesThatThereAre(t *testing.T) {
	code, found := source(t), 0
	for name, text := range allRunbooks(t) {
		for _, message := range monitoring.Messages(text) {
			found++
			if !strings.Contains(code, message) {
				t.Errorf("%s looks for the message %s, which nobody logs", name, message)
			}
		}
	}
	if found == 0 {
		t.Error("no runbook looks for any message: they are not seen any more")
	}
}

// source is the code of the services, without its tests.
func source(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, dir := range []string{"shared", "services"} {
		err := filepath.WalkDir(root+dir, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			all.WriteString(read(t, path))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

// TestRunbooksCallCommandsThatThereAre gives each to the command itself, which reads its flags and their values before it helps.
func TestRunbooksCallCommandsThatThereAre(t *testing.T) {
	vtq, seen := build(t), map[string]bool{}
	for name, text := range allRunbooks(t) {
		for _, command := range monitoring.Commands(text) {
			line := strings.Join(command, " ")
			if seen[line] {
				continue
			}
			seen[line] = true
			out, err := exec.CommandContext(t.Context(), vtq, append(slices.Clone(command), "--help")...).CombinedOutput()
			if err != nil || monitoring.Strays(command, string(out)) {
				t.Errorf("%s calls vtq %s, which there is not: %v\n%s", name, line, err, out)
			}
		}
	}
	if !seen["check"] || !seen["deadletters show 17"] {
		t.Errorf("of the commands in runbooks only these are seen: %v", seen)
	}
}

// build makes the operator's command of the workspace that this module stands beside.
func build(t *testing.T) string {
	t.Helper()
	bin := t.TempDir()
	if err := checkout.Build(t.Context(), root, bin, checkout.Program("vtq")); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(bin, "vtq")
}
