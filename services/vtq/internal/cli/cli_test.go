package cli_test

import (
	"strings"
	"testing"
)

func TestUsage(t *testing.T) {
	cases := map[string]struct {
		args           []string
		code           int
		stdout, stderr string
	}{
		"nothing":              {nil, 0, "Available Commands:", ""},
		"help":                 {[]string{"--help"}, 0, "vtq check", ""},
		"help of a command":    {[]string{"help", "up"}, 0, "VTQ_DATA_DIR", ""},
		"version":              {[]string{"--version"}, 0, "vtq dev\n", ""},
		"completion":           {[]string{"completion", "bash"}, 0, "bash completion", ""},
		"completed words":      {[]string{"__complete", "demo", "-o", ""}, 0, "table\njson\n", ""},
		"an unknown command":   {[]string{"frobnicate"}, 2, "", `unknown command "frobnicate"`},
		"a misspelt command":   {[]string{"chekc"}, 2, "", "check"},
		"an unknown flag":      {[]string{"demo", "--fast"}, 2, "", "unknown flag: --fast"},
		"an argument too many": {[]string{"up", "now"}, 2, "", "unknown command"},
		"an unknown format":    {[]string{"demo", "-o", "xml"}, 2, "", "want table or json"},
		"a port too high":      {[]string{"simulate", "--threatq-port", "70000"}, 2, "", "--threatq-port"},
		"no such directory":    {[]string{"demo", "--reports", "missing"}, 2, "", "no such file or directory"},
		"no report in it":      {[]string{"simulate", "--reports", "."}, 2, "", "is a report"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, code := run(t, nil, c.args...)
			if code != c.code || !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) {
				t.Errorf("vtq %q = exit code %d, want %d\nstdout, wants %q:\n%s\nstderr, wants %q:\n%s",
					c.args, code, c.code, c.stdout, stdout, c.stderr, stderr)
			}
			if c.code != 0 && stdout != "" {
				t.Errorf("vtq %q says on standard output: %q", c.args, stdout)
			}
		})
	}
}
