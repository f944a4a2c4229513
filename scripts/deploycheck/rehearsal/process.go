package rehearsal

import (
	"fmt"
	"os"
	"os/exec"
	"sync/atomic"
	"time"
)

// A Process is one that a [Yard] has started.
type Process struct {
	Name string

	cmd   *exec.Cmd
	asked atomic.Bool   // Whether it was to end.
	ended chan struct{} // Closed at its end, and err set.
	err   error
}

func (p *Process) wait() {
	p.err = p.cmd.Wait()
	close(p.ended)
}

// ID is what the system calls it.
func (p *Process) ID() int { return p.cmd.Process.Pid }

// Kill ends the process with SIGKILL, and returns when it is gone.
func (p *Process) Kill() {
	p.asked.Store(true)
	_ = p.cmd.Process.Kill() // It may have ended already.
	<-p.ended
}

// Stop ends the process by a signal. It is an error when it is not gone within the grace, when a kubelet would kill it, or ends with
// another code than 0.
func (p *Process) Stop(signal os.Signal, grace time.Duration) error {
	p.asked.Store(true)
	if err := p.cmd.Process.Signal(signal); err != nil {
		return fmt.Errorf("stopping %s: %w", p.Name, err)
	}
	return p.Leave(grace)
}

// Leave waits for a process that was asked to end, under the same conditions.
func (p *Process) Leave(grace time.Duration) error {
	p.asked.Store(true)
	late := time.NewTimer(grace)
	defer late.Stop()
	select {
	case <-p.ended:
	case <-late.C:
		return fmt.Errorf("stopping %s: still there after %v", p.Name, grace)
	}
	if p.err != nil {
		return fmt.Errorf("stopping %s: %w, want exit code 0", p.Name, p.err)
	}
	return nil
}

// fell is nil while the process runs, and when it was to end.
func (p *Process) fell() error {
	select {
	case <-p.ended:
	default:
		return nil
	}
	if p.asked.Load() {
		return nil
	}
	return fmt.Errorf("%s ended by itself: %v", p.Name, p.cmd.ProcessState)
}
