package repocheck_test

import (
	"regexp"
	"strings"
	"testing"
)

func TestShellScriptsStopAtTheFirstError(t *testing.T) {
	report(t, scripts(repository(t)))
}

// scripts complains of shell scripts that cannot be run as they are, or that go
// on after a command has failed.
func scripts(tr tree) []complaint {
	shell := regexp.MustCompile(`^#!\s*\S+[/ ](?:ba|da|z)?sh\b`)
	var out []complaint
	for _, name := range tr.all() {
		script := tr[name]
		if !strings.HasSuffix(name, ".sh") && !shell.MatchString(script.text) {
			continue
		}
		switch {
		case !shell.MatchString(script.text):
			out = append(out, complaint{
				at:   name,
				what: "does not say which shell it is for, so that the caller's own reads it",
				cure: "begin it with #!/usr/bin/env bash",
			})
		case script.mode&0o111 == 0:
			out = append(out, complaint{
				at:   name,
				what: "is a script that cannot be run",
				cure: "chmod +x " + name,
			})
		case !strings.HasPrefix(firstCommand(script.text), "set -eu"):
			out = append(out, complaint{
				at:   name,
				what: "goes on after a command has failed or a variable was misspelt",
				cure: "make set -euo pipefail (or set -eu for sh) its first command",
			})
		}
	}
	return out
}

// firstCommand returns the first line that is neither empty nor a comment.
func firstCommand(text string) string {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			return line
		}
	}
	return ""
}

func TestShellRuleSees(t *testing.T) {
	const good = "#!/usr/bin/env bash\n# What it does.\n\nset -euo pipefail\necho\n"
	at := []string{"run"}
	sees(t, scripts, map[string]breach{
		"a good one":       {in: tree{"run": {text: good, mode: 0o755}}},
		"for any sh":       {in: tree{"run": {text: "#!/bin/sh\nset -eu\n", mode: 0o755}}},
		"not executable":   {in: tree{"run": {text: good, mode: 0o644}}, want: at},
		"set too late":     {in: tree{"run": {text: "#!/bin/sh\ncd x\nset -eu\n", mode: 0o755}}, want: at},
		"set too little":   {in: tree{"run": {text: "#!/bin/sh\nset -e\n", mode: 0o755}}, want: at},
		"no shell named":   {in: tree{"run.sh": {text: "set -eu\n", mode: 0o755}}, want: []string{"run.sh"}},
		"another language": {in: tree{"run": {text: "#!/usr/bin/awk -f\n", mode: 0o644}}},
	})
}
