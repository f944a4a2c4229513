// Package compose holds the Compose files to what they promise, and starts what they describe: the programs with the settings, the
// arguments and the files that the containers would have. What only an engine can show, it does not: that images are pulled,
// that mounts can be read, and that names resolve.
package compose_test

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"

	"vtq.internal/scripts/deploycheck/checkout"
)

const (
	// root is where the repository begins, seen from this package.
	root = "../../.."
	// home is the directory of the Compose files.
	home = root + "/deployments/compose"

	base       = "compose.yaml"
	simulators = "compose.simulators.yaml"
)

// load reads files as docker compose would, one over the other, with what a shell has set. What the schema does not know is an error.
func load(t *testing.T, env map[string]string, files ...string) *types.Project {
	t.Helper()
	at, err := filepath.Abs(home)
	if err != nil {
		t.Fatal(err)
	}
	details := types.ConfigDetails{WorkingDir: at, Environment: env}
	for _, file := range files {
		details.ConfigFiles = append(details.ConfigFiles, types.ConfigFile{Filename: filepath.Join(at, file)})
	}
	project, err := loader.LoadWithContext(t.Context(), details)
	if err != nil {
		t.Fatalf("docker compose config of %q: %v", files, err)
	}
	return project
}

// services returns the services of a project, in the order of their names.
func services(p *types.Project) []types.ServiceConfig {
	return slices.SortedFunc(maps.Values(p.Services), func(a, b types.ServiceConfig) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
}

// settings returns the names of .env.example, with those of secrets' files.
func settings(t *testing.T) map[string]string {
	t.Helper()
	out, err := checkout.Settings(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 50 {
		t.Fatalf(".env.example names %d variables, and should name all", len(out))
	}
	return out
}
