// Package build has ko make the images, as .ko.yaml says.
//
// ## Decisions
//
//   - ko runs as a program rather than as a library: `ko build` by hand does the same, and .ko.yaml stays the one place that says
//     what is built. `go tool` builds it from this module's go.mod, where its version is pinned.
//   - Times come from the commit, and the environment is cleared of what would decide otherwise (GOOS, GOWORK, KO_*).
package build

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"vtq.internal/scripts/images/internal/base"
	"vtq.internal/scripts/images/internal/source"
)

// patience is how long ko may take to end once it is told to.
const patience = 10 * time.Second

// Platforms are those of .ko.yaml.
func Platforms() []v1.Platform {
	return []v1.Platform{{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64"}}
}

// Programs are the packages of the commands. An image is called after the last part.
func Programs() []string {
	return []string{
		"vtq.internal/services/vtq/cmd/vtq",
		"vtq.internal/services/producer/cmd/vtq-producer",
		"vtq.internal/services/lookup/cmd/vtq-lookup",
		"vtq.internal/services/writer/cmd/vtq-writer",
	}
}

// A Plan is one build of all programs for all platforms.
type Plan struct {
	Ko       string // Path of the program.
	Commit   source.Commit
	Registry string // Where images are pushed, such as registry.example.com/vtq.
	Base     string // What they stand on; "" is what .ko.yaml says.
	Tag      string
	Env      []string
}

// Ko builds ko, where go's cache does not have it, and gives its path. Module is the folder of the go.mod that names it as a tool.
func Ko(ctx context.Context, module string, env []string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "tool", "-n", "ko")
	cmd.Dir = module
	// The module is in no workspace.
	cmd.Env = append(without(env, "GOWORK", "GOOS", "GOARCH"), "GOWORK=off")
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("building ko; does go -C scripts/images mod download work? %w%s", err, stderr(err))
	}
	return strings.TrimSpace(string(out)), nil
}

// Run builds and pushes. The folder is the root of a clone. It gives a reference by digest for each program, in the order of Programs.
func (p Plan) Run(ctx context.Context, folder string) ([]name.Digest, error) {
	cmd := exec.CommandContext(ctx, p.Ko, p.args()...) //nolint:gosec // The go command has told where ko is.
	cmd.Dir, cmd.Env, cmd.WaitDelay = folder, p.env(), patience
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	// ko tells each step on its standard error: worth reading only when one fails.
	var made, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &made, &said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("running ko: %w\n%s%s", err, said.Bytes(), p.advice(said.String()))
	}
	return digests(strings.Fields(made.String()))
}

// args is the command line. The user is said although the base has one: with another base it would be another.
func (p Plan) args() []string {
	args := []string{
		"build", "--base-import-paths", "--sbom=spdx", "--image-user=" + base.User, "--tags=" + p.Tag,
		"--image-label=org.opencontainers.image.revision=" + p.Commit.Revision,
		"--image-label=org.opencontainers.image.version=" + p.Commit.Version,
		"--image-label=org.opencontainers.image.created=" + p.Commit.Time.Format(time.RFC3339),
	}
	return append(args, Programs()...)
}

// env is the caller's without what would lead ko elsewhere.
func (p Plan) env() []string {
	at := strconv.FormatInt(p.Commit.Time.Unix(), 10)
	env := append(
		without(p.Env, "GOWORK", "GOOS", "GOARCH", "GOARM", "GOFLAGS", "KOCACHE", "KO_CONFIG_PATH", "KO_DEFAULTBASEIMAGE", "KO_DEFAULTPLATFORMS", "SOURCE_DATE_EPOCH"),
		"KO_DOCKER_REPO="+p.Registry, "SOURCE_DATE_EPOCH="+at, "KO_DATA_DATE_EPOCH="+at,
	)
	if p.Base != "" {
		env = append(env, "KO_DEFAULTBASEIMAGE="+p.Base)
	}
	return env
}

// advice says what to do about the failures that have a cure.
func (p Plan) advice(said string) string {
	switch {
	case strings.Contains(said, "UNAUTHORIZED") || strings.Contains(said, "DENIED"):
		return "The registry refuses the credentials: docker login " + strings.Split(p.Registry, "/")[0]
	case p.Base == "" && strings.Contains(said, "fetching base"):
		return "The base image cannot be reached: set BASE to one that can, or to scratch"
	}
	return ""
}

// digests reads the references that ko prints, registry/program:tag@digest, and puts them into the order of Programs.
func digests(refs []string) ([]name.Digest, error) {
	var out []name.Digest
	for _, program := range Programs() {
		image := program[strings.LastIndexByte(program, '/'):]
		found := slices.IndexFunc(refs, func(ref string) bool {
			return strings.Contains(ref, image+":") || strings.Contains(ref, image+"@")
		})
		if found < 0 {
			return nil, fmt.Errorf("ko built no image of %s", program)
		}
		digest, err := name.NewDigest(refs[found])
		if err != nil {
			return nil, fmt.Errorf("reading what ko has built of %s: %w", program, err)
		}
		out = append(out, digest)
	}
	return out, nil
}
