package cli_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vtq.internal/services/vtq/internal/cli"
	"vtq.internal/services/vtq/internal/simulation"
	"vtq.internal/shared/daemon"
)

// asVTQ in the environment makes the test binary the command: what is tested is a process, with its signals and exit codes.
const asVTQ = "BE_THE_COMMAND"

// patience is how long a test waits for a fact: twice as long as the slowest takes on a busy machine, which is for the messages of a
// killed process to come again.
const patience = 3 * time.Minute

func TestMain(m *testing.M) {
	if os.Getenv(asVTQ) == "" {
		os.Exit(m.Run())
	}
	os.Exit(cli.Main(daemon.Process{Args: os.Args[1:], Env: os.Environ(), Stdout: os.Stdout, Stderr: os.Stderr, Exit: os.Exit}))
}

// A process is the command, running.
type process struct {
	t              *testing.T
	cmd            *exec.Cmd
	stdout, stderr *output
	waited         sync.Once
}

// start starts the command in a directory of its own, with this environment and nothing else. It is killed when the test ends.
func start(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: exec.Command(self, args...), stdout: &output{}, stderr: &output{}}
	p.cmd.Dir = t.TempDir()
	p.cmd.Env = append([]string{asVTQ + "=1", "TMPDIR=" + t.TempDir()}, env...)
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.signal(syscall.SIGKILL); p.wait() })
	return p
}

// run runs the command to its end.
func run(t *testing.T, env []string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	p := start(t, env, args...)
	code = p.wait()
	return p.stdout.String(), p.stderr.String(), code
}

// signal sends a signal; to a process that has ended it is lost.
func (p *process) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// wait returns the exit code, -1 for a process that was killed.
func (p *process) wait() int {
	p.waited.Do(func() {
		var ended *exec.ExitError
		if err := p.cmd.Wait(); err != nil && !errors.As(err, &ended) {
			p.t.Errorf("waiting for the command: %v", err)
		}
	})
	return p.cmd.ProcessState.ExitCode()
}

// says waits until the command has said something on standard error.
func (p *process) says(text string) {
	p.t.Helper()
	eventually(p.t, text, func() bool { return strings.Contains(p.stderr.String(), text) })
	if p.t.Failed() {
		p.t.Fatalf("standard error:\n%s", p.stderr)
	}
}

// eventually waits for a fact.
func eventually(t *testing.T, what string, fact func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for !fact() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Errorf("waited %v in vain for: %s", patience, what)
			return
		}
	}
}

// An output is a buffer that can be read while it is written.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// simulators run until the test ends.
func simulators(t *testing.T, o simulation.Options, seeds []simulation.Seed) *simulation.Simulation {
	t.Helper()
	sim, err := simulation.Listen(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sim.Fill(seeds); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- sim.Run(t.Context()) }() // Its end comes before the cleanups.
	t.Cleanup(func() {
		if err := <-ended; err != nil {
			t.Errorf("the simulators ended with %v, want nil", err)
		}
	})
	return sim
}

// enriched is how many indicators bear a verdict.
func enriched(sim *simulation.Simulation) int {
	n := 0
	for in := range sim.ThreatQ.Indicators() {
		for _, a := range in.Attributes {
			if a.Name == "VirusTotal Verdict" {
				n++
			}
		}
	}
	return n
}
