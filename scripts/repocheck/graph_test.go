package repocheck_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// A pkg is what we check of one package, in the words of `go list -json`.
type pkg struct {
	ImportPath   string
	Standard     bool
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// A graph is packages by import path: ours, and all that they are built from.
type graph map[string]pkg

// names returns the import paths of a graph, in order.
func (g graph) names() []string { return slices.Sorted(maps.Keys(g)) }

// pkg returns a package, or its mere name where go could not find it.
func (g graph) pkg(name string) pkg {
	if p, ok := g[name]; ok {
		return p
	}
	return pkg{ImportPath: name}
}

// list reads the packages of the workspace and all that they are built from.
// Packages that do not build are listed as far as they go: that they fail is for
// the compiler to say.
func list(t *testing.T) graph {
	t.Helper()
	work, err := filepath.Abs(filepath.Join(root, "go.work"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "list", "-e", "-deps", "-json=ImportPath,Standard,Imports,TestImports,XTestImports", "work")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOWORK="+work) // also where the tests run with GOWORK=off
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("listing packages: %v\n%s", err, stderr(err))
	}
	packages := graph{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages[p.ImportPath] = p
	}
}

// stderr returns what a command that failed had to say.
func stderr(err error) []byte {
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		return failed.Stderr
	}
	return nil
}
