package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestSimulateTellsHowToBeReached(t *testing.T) {
	p := start(t, nil, "simulate", "--requests-per-minute", "4", "--requests-per-day", "500", "--latency", "1ms")
	p.says("serving 200 indicators")
	var env []string
	for line := range strings.Lines(p.stdout.String()) {
		assignment, ok := strings.CutPrefix(strings.TrimSpace(line), "export ")
		if !ok {
			t.Errorf("line %q is nothing that a shell would take", line)
		}
		env = append(env, assignment)
	}
	stdout, _, code := run(t, env, "check")
	if code != 0 || !strings.Contains(stdout, "200 can be read") || !strings.Contains(stdout, "0 of 500 used today") {
		t.Errorf("vtq check against the simulators: exit code %d, want 0:\n%s", code, stdout)
	}
	p.signal(syscall.SIGINT)
	if code := p.wait(); code != 0 || !strings.Contains(p.stderr.String(), "VirusTotal had 1, 0 counted against the quota") {
		t.Errorf("exit code %d, want 0 and a count of requests:\n%s", code, p.stderr)
	}
}

func TestSimulateServesEachProvider(t *testing.T) {
	cases := map[string]struct {
		want, says string
		lacks      string
	}{
		"reversinglabs": {"export VT_PROVIDER=reversinglabs\n", "ThreatQ had 0 requests, 0 of them writes; ReversingLabs had 0, 0 counted", "RL_"},
		"both":          {"export VTQ_PROVIDERS=virustotal,reversinglabs\n", "VirusTotal had 0, 0 counted against the quota; ReversingLabs had 0, 0 counted", "VT_PROVIDER=reversinglabs"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p := start(t, nil, "simulate", "--provider", name)
			p.says("serving 200 indicators")
			eventually(t, c.want, func() bool { return strings.Contains(p.stdout.String(), c.want) })
			if got := p.stdout.String(); strings.Contains(got, c.lacks) {
				t.Errorf("standard output says %q:\n%s", c.lacks, got)
			}
			p.signal(syscall.SIGINT)
			if code := p.wait(); code != 0 || !strings.Contains(p.stderr.String(), c.says) {
				t.Errorf("exit code %d, want 0 and %q:\n%s", code, c.says, p.stderr)
			}
		})
	}
}

func TestSimulateServesReports(t *testing.T) {
	dir := reports(t, 2)
	raw, err := os.ReadFile(filepath.Join(dir, "0.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "again.json"), raw, 0o644); err != nil {
		t.Fatal(err)
	}
	p := start(t, nil, "simulate", "--reports", dir)
	p.says("serving 2 indicators")
	for _, want := range []string{"not served: none.json: ", "not served: again.json: another report of its object is"} {
		if !strings.Contains(p.stderr.String(), want) {
			t.Errorf("standard error does not say %q:\n%s", want, p.stderr)
		}
	}
}

func TestSimulateListensWhereItIsTold(t *testing.T) {
	p := start(t, nil, "simulate", "--listen", "127.0.0.2", "--virustotal-port", "0")
	p.says("serving")
	eventually(t, "the assignments", func() bool {
		return strings.HasPrefix(p.stdout.String(), "export THREATQ_URL=http://127.0.0.2:")
	})
	_, stderr, code := run(t, nil, "simulate", "--listen", "192.0.2.1")
	if code != 1 || !strings.Contains(stderr, "listening for the simulated ThreatQ") {
		t.Errorf("on an address of nobody: exit code %d, want 1:\n%s", code, stderr)
	}
}
