// Package source is the commit that images are made of.
package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// short is how many hex digits of a revision tell it from others, as in the go command's pseudo-versions.
const short = 12

// A Commit is what is checked out.
type Commit struct {
	Revision string    // 40 or 64 hex digits.
	Version  string    // What git describe says: the tag, else tag-distance-hash, else the hash. Fit for an image's tag.
	Time     time.Time // When it was committed, in UTC: the one time that an image knows.
	Changed  int       // How many files of the working tree differ from it.
	root     string
}

// Read asks git about the repository that root belongs to. Its errors say how to mend.
func Read(ctx context.Context, root string) (Commit, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return Commit{}, fmt.Errorf("finding the repository: %w", err)
	}
	log, err := git(ctx, root, "log", "-1", "--format=%H %ct")
	if err != nil {
		return Commit{}, fmt.Errorf("images are made of a commit, and %s has none; clone the repository with git: %w", root, err)
	}
	revision, seconds, _ := strings.Cut(log, " ")
	at, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return Commit{}, fmt.Errorf("reading the time of %s: %w", revision, err)
	}
	version, err := git(ctx, root, "describe", "--tags", "--always", "--abbrev="+strconv.Itoa(short))
	if err != nil {
		return Commit{}, err
	}
	changed, err := git(ctx, root, "status", "--porcelain")
	if err != nil {
		return Commit{}, err
	}
	return Commit{
		Revision: revision, Time: time.Unix(at, 0).UTC(), root: root,
		// A tag of git may hold what a tag of an image may not: v1.0.0+build, release/1.
		Version: strings.NewReplacer("+", "-", "/", "-").Replace(version),
		Changed: strings.Count(changed, "\n") + min(len(changed), 1),
	}, nil
}

// Short is the revision as people and the go command show it.
func (c Commit) Short() string { return c.Revision[:min(short, len(c.Revision))] }

// Clone puts the commit into a new folder, with a .git directory of its own: the go command stamps nothing into what it builds in a
// linked worktree, where .git is a file.
func (c Commit) Clone(ctx context.Context, folder string) error {
	if _, err := git(ctx, c.root, "clone", "--quiet", "--no-checkout", c.root, folder); err != nil {
		return err
	}
	_, err := git(ctx, folder, "checkout", "--quiet", "--detach", c.Revision)
	return err
}

// git runs git in a folder, and gives what it prints.
func git(ctx context.Context, folder string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...) //nolint:gosec // All arguments are ours.
	cmd.Dir = folder
	out, err := cmd.Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, bytes.TrimSpace(failed.Stderr))
	}
	if err != nil {
		return "", fmt.Errorf("git %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(out)), nil
}
