package cli_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"vtq.internal/services/vtq/internal/simulation"
)

func TestCheckTellsByItsExitCode(t *testing.T) {
	env := simulators(t, simulation.Options{PerMinute: 240}, simulation.Synthetic()[:1]).Environment()
	cases := map[string]struct {
		env  []string
		code int
		want []string
	}{
		"all is well":             {env, 0, []string{"ok    configuration  ", "ok    NATS           ", "ok    ThreatQ        ", "ok    VirusTotal     "}},
		"ThreatQ refuses":         {slices.Concat(env, []string{"THREATQ_CLIENT_SECRET=wrong"}), 1, []string{"FAIL  ThreatQ        ", "-> check THREATQ_URL", "ok    VirusTotal"}},
		"the configuration":       {[]string{"VTQ_POLL=never"}, 2, []string{"FAIL  configuration  ", "VTQ_POLL", "VT_API_KEY", "note  ThreatQ"}},
		"both":                    {slices.Concat(env, []string{"THREATQ_CLIENT_SECRET=wrong", "VTQ_POLL=never"}), 2, []string{"FAIL  configuration", "FAIL  ThreatQ"}},
		"no collection like this": {slices.Concat(env, []string{"THREATQ_COLLECTION=Mine"}), 1, []string{"FAIL  indicators", "-> check THREATQ_COLLECTION"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, code := run(t, c.env, "check")
			if code != c.code || stderr != "" {
				t.Errorf("exit code %d, want %d\nstderr: %s", code, c.code, stderr)
			}
			for _, want := range c.want {
				if !strings.Contains(stdout, want) {
					t.Errorf("standard output lacks %q:\n%s", want, stdout)
				}
			}
		})
	}
}

func TestCheckAsData(t *testing.T) {
	stdout, _, code := run(t, []string{"VTQ_POLL=never"}, "check", "-o", "json")
	var report struct {
		OK     bool
		Checks []struct{ Check, State, Tried, Found, Mend string }
	}
	if err := json.Unmarshal([]byte(stdout), &report); err != nil || code != 2 {
		t.Fatalf("exit code %d, %v:\n%s", code, err, stdout)
	}
	if report.OK || len(report.Checks) < 6 || report.Checks[0].State != "wrong" || report.Checks[0].Found == "" {
		t.Errorf("report = %+v, want every complaint with a way to mend it", report)
	}
}
