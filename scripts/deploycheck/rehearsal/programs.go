package rehearsal

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"

	"vtq.internal/scripts/deploycheck/chart"
)

// Programs is the folder with the programs that ship, under the names of their images, and nats-server.
type Programs string

// Path is where a program is.
func (p Programs) Path(name string) string { return filepath.Join(string(p), name) }

// Root gives the repository's root, from any folder in it.
func Root() (string, error) {
	dir, err := chart.Find()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "..", "..", ".."), nil
}

// Build builds the programs into a folder that is there, from the workspace as images are: nats-server in the version that the workspace
// has chosen. A first build takes minutes.
func Build(ctx context.Context, root, dir string) (Programs, error) {
	args := []string{"build", "-o", dir + string(filepath.Separator), "github.com/nats-io/nats-server/v2", "vtq.internal/services/vtq/cmd/vtq"}
	for _, stage := range Stages() {
		args = append(args, fmt.Sprintf("vtq.internal/services/%s/cmd/vtq-%[1]s", stage))
	}
	build := exec.CommandContext(ctx, "go", args...) //nolint:gosec // What is built stands here.
	build.Dir = root
	build.Env = append(build.Environ(), "GOWORK=") // This module is run without the workspace.
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the programs: %w\n%s", err, out)
	}
	return Programs(dir), nil
}
