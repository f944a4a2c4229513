// Package checkout gives the tests of what is deployed the repository that they stand in: the programs that are built from it, and the
// settings that it explains.
package checkout

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// Build builds programs, each the path of a package, into a folder that is there. They are built from the workspace, as what ships is:
// this module is run without it. A first build takes minutes.
func Build(ctx context.Context, root, dir string, programs ...string) error {
	build := exec.CommandContext(ctx, "go", append([]string{"build", "-o", dir + string(filepath.Separator)}, programs...)...) //nolint:gosec // Tests say what is built.
	build.Dir = root
	build.Env = append(build.Environ(), "GOWORK=", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the programs: %w\n%s", err, out)
	}
	return nil
}

// Program is the package of a program of ours, by its name: vtq, vtq-producer, vtq-lookup or vtq-writer.
func Program(name string) string {
	return "vtq.internal/services/" + strings.TrimPrefix(name, "vtq-") + "/cmd/" + name
}

// Settings gives the variables that .env.example explains with their defaults, and without any the files that secrets may come from.
func Settings(root string) (map[string]string, error) {
	text, err := os.ReadFile(filepath.Join(root, ".env.example"))
	if err != nil {
		return nil, fmt.Errorf("reading the settings: %w", err)
	}
	all := map[string]string{}
	for _, found := range regexp.MustCompile(`(?m)^(?:# )?([A-Z][A-Z0-9_]+)=(.*)$`).FindAllSubmatch(text, -1) {
		all[string(found[1])] = string(found[2])
	}
	for _, found := range regexp.MustCompile(`Also ([A-Z_]+_FILE)\.`).FindAllSubmatch(text, -1) {
		all[string(found[1])] = ""
	}
	return all, nil
}
