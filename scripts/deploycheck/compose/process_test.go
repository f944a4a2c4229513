package compose_test

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"vtq.internal/scripts/deploycheck/checkout"
)

const (
	// patience is how long anything may take on a busy machine.
	patience = 2 * time.Minute
	// glance is the pause between two looks at something that takes a while.
	glance = 200 * time.Millisecond
)

// A process is a container's, without the container.
type process struct {
	name string
	cmd  *exec.Cmd
	said output
	done chan struct{} // Closed when it has ended, and err is set.
	err  error
}

// begin starts a program with an environment of its own.
func begin(t *testing.T, name, program string, env, args []string) *process {
	t.Helper()
	p := &process{name: name, cmd: exec.Command(program, args...), done: make(chan struct{})}
	p.cmd.Env, p.cmd.Dir = env, t.TempDir()
	p.cmd.Stdout, p.cmd.Stderr = &p.said, &p.said
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.done)
		p.err = p.cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // It may have ended.
		<-p.done
	})
	return p
}

// wait gives how it ended.
func (p *process) wait() error {
	select {
	case <-p.done:
	case <-time.After(patience):
		return fmt.Errorf("still runs after %s: %s", patience, p.said.String())
	}
	if p.err != nil {
		return fmt.Errorf("%w: %s", p.err, p.said.String())
	}
	return nil
}

// stop does as docker compose stop does.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stopping: %w: %s", err, p.said.String())
	}
	return p.wait()
}

func (p *process) String() string { return p.name }

// eventually waits for a fact, as long as nobody has ended who should not.
func eventually(t *testing.T, what string, running []*process, is func() bool) {
	t.Helper()
	tick, end := time.NewTicker(glance), time.After(patience)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-end:
			for _, p := range running {
				t.Logf("%s: %s", p.name, p.said.String())
			}
			t.Fatalf("no %s in %s", what, patience)
		}
		for _, p := range running {
			select {
			case <-p.done:
				t.Fatalf("%s has ended: %v: %s", p.name, p.err, p.said.String())
			default:
			}
		}
	}
}

// An output is read while it is written.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// run has a program do one thing.
func run(bin, program string, env []string, args ...string) (string, error) {
	cmd := exec.Command(filepath.Join(bin, program), args...)
	cmd.Env = append([]string{}, env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// build makes the programs of the workspace that this module stands beside.
func build(t *testing.T) string {
	t.Helper()
	bin := t.TempDir()
	err := checkout.Build(t.Context(), root, bin, checkout.Program("vtq"), checkout.Program("vtq-producer"), checkout.Program("vtq-lookup"), checkout.Program("vtq-writer"))
	if err != nil {
		t.Fatal(err)
	}
	return bin
}
