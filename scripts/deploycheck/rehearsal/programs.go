package rehearsal

import (
	"context"
	"path/filepath"

	"vtq.internal/scripts/deploycheck/chart"
	"vtq.internal/scripts/deploycheck/checkout"
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
	programs := []string{"github.com/nats-io/nats-server/v2", checkout.Program("vtq")}
	for _, stage := range Stages() {
		programs = append(programs, checkout.Program("vtq-"+stage))
	}
	if err := checkout.Build(ctx, root, dir, programs...); err != nil {
		return "", err
	}
	return Programs(dir), nil
}
