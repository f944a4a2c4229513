package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The test is within the package: a main has nothing to call from outside.

func TestRun(t *testing.T) {
	dir := t.TempDir()
	var stderr bytes.Buffer
	if code := run([]string{dir}, &stderr); code != 0 {
		t.Fatalf("exit code %d, want 0: %s", code, stderr.String())
	}
	text, err := os.ReadFile(filepath.Join(dir, "default.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"kind: Deployment", "# Of templates/tests/check.yaml.", "name: vtq-lookup"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("default.yaml lacks %q", want)
		}
	}
}

func TestRunSaysWhatItLacks(t *testing.T) {
	cases := map[string]struct {
		args []string
		code int
		want string
	}{
		"no folder":          {nil, 2, "usage: render DIR"},
		"a flag":             {[]string{"-help"}, 2, "usage: render DIR"},
		"a folder of nobody": {[]string{filepath.Join(t.TempDir(), "none")}, 1, "opening the folder"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var stderr bytes.Buffer
			if code := run(c.args, &stderr); code != c.code || !strings.Contains(stderr.String(), c.want) {
				t.Errorf("exit code %d with %q, want %d with %q", code, stderr.String(), c.code, c.want)
			}
		})
	}
}
