package proof

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// startTime bounds how long a program may take to say its version.
const startTime = 20 * time.Second

// Run starts the binary out of the image for this machine, with an empty environment, and has it say its version, which has to hold
// the revision. It gives what was said; nothing where no image is for this machine.
func Run(ctx context.Context, images []Image, revision string) (string, error) {
	for _, i := range images {
		if i.Platform.OS == runtime.GOOS && i.Platform.Architecture == runtime.GOARCH && i.Binary != nil {
			return start(ctx, i, revision)
		}
	}
	return "", nil
}

func start(ctx context.Context, i Image, revision string) (string, error) {
	folder, err := os.MkdirTemp("", "vtq-binary-")
	if err != nil {
		return "", fmt.Errorf("making a folder for the binary: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }() // What is left of it is in the folder for temporary files.
	at := filepath.Join(folder, i.Program)
	if err := os.WriteFile(at, i.Binary, 0o700); err != nil { //nolint:gosec // It is to be run, by us alone.
		return "", fmt.Errorf("taking the binary out of the image: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	// The services' flags have one dash, as those of package flag do; the operator's command has two. The first takes both.
	cmd := exec.CommandContext(ctx, at, "--version") //nolint:gosec // To run it is the point.
	cmd.Env = []string{}
	out, err := cmd.CombinedOutput()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return "", fmt.Errorf("starting the binary: it said nothing in %s", startTime)
	}
	if err != nil {
		return "", fmt.Errorf("starting the binary: %w: %.200q", err, out)
	}
	if said := string(out); !strings.Contains(said, revision) {
		return said, fmt.Errorf("its version is %.100q, which does not name revision %s", strings.TrimSpace(said), revision)
	}
	return string(out), nil
}
