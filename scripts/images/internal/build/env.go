package build

import (
	"errors"
	"os/exec"
	"slices"
	"strings"
)

// without gives an environment that lacks some variables.
func without(env []string, names ...string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(assignment string) bool {
		name, _, _ := strings.Cut(assignment, "=")
		return slices.Contains(names, name)
	})
}

// stderr is what a command that failed had to say, on a line of its own.
func stderr(err error) string {
	if failed, ok := errors.AsType[*exec.ExitError](err); ok && len(failed.Stderr) > 0 {
		return "\n" + strings.TrimSpace(string(failed.Stderr))
	}
	return ""
}
