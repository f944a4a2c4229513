package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
)

// A Yard starts processes, and none of them outlives it. Where the system can, they end with the test's process too, however that ends.
type Yard struct {
	// Logs is the folder of all that processes say: NAME.log, one behind the other where a name is used again.
	Logs string

	starts chan func()

	mu  sync.Mutex
	all []*Process
}

// NewYard makes one.
func NewYard(logs string) *Yard {
	y := &Yard{Logs: logs, starts: make(chan func())}
	go y.run()
	return y
}

// run starts everything from one thread, which lasts as long as the yard: the system takes the end of the thread that started a process
// for the end of its parent (prctl(2), PR_SET_PDEATHSIG).
func (y *Yard) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for start := range y.starts {
		start()
	}
}

// A Command is what is started.
type Command struct {
	Name string // Of its log.
	Path string
	Args []string
	Env  []string // All of it.
	Dir  string
}

// Start starts a process.
func (y *Yard) Start(c Command) (*Process, error) {
	log, err := os.OpenFile(filepath.Join(y.Logs, c.Name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", c.Name, err)
	}
	defer func() { _ = log.Close() }() // Only the process writes to it.
	p := &Process{Name: c.Name, ended: make(chan struct{})}
	p.cmd = exec.Command(c.Path, c.Args...) //nolint:gosec,noctx // Programs that this package has built, which are ended by name.
	p.cmd.Env, p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = c.Env, c.Dir, log, log
	dieWithParent(p.cmd)
	done := make(chan error)
	y.starts <- func() { done <- p.cmd.Start() }
	if err := <-done; err != nil {
		return nil, fmt.Errorf("starting %s: %w", c.Name, err)
	}
	go p.wait()
	y.mu.Lock()
	defer y.mu.Unlock()
	y.all = append(y.all, p)
	return p, nil
}

// Run runs a command to its end, and tells what it said unless it ended well.
func (y *Yard) Run(ctx context.Context, c Command) error {
	p, err := y.Start(c)
	if err != nil {
		return err
	}
	select {
	case <-p.ended:
	case <-ctx.Done():
		p.Kill()
		return fmt.Errorf("running %s: %w", c.Name, context.Cause(ctx))
	}
	p.asked.Store(true)
	if p.err != nil {
		text, _ := os.ReadFile(filepath.Join(y.Logs, c.Name+".log")) // What there is.
		return fmt.Errorf("running %s: %w\n%s", c.Name, p.err, text)
	}
	return nil
}

// Fallen names the processes that ended without being asked to.
func (y *Yard) Fallen() error {
	y.mu.Lock()
	defer y.mu.Unlock()
	var all []error
	for _, p := range y.all {
		all = append(all, p.fell())
	}
	return errors.Join(all...)
}

// Sound is nil while no process has ended by itself and no log tells of anybody who met the end of their rights: neither mends itself.
func (y *Yard) Sound() error {
	all, err := Violations(y.Logs)
	if len(all) > 0 {
		err = fmt.Errorf("somebody lacks a right, %d times; first of all %v", len(all), all[0])
	}
	if err = errors.Join(y.Fallen(), err); err != nil {
		return fmt.Errorf("%w: %w", ErrHopeless, err)
	}
	return nil
}

// Close kills what still runs, and waits for its end. Nothing can be started afterwards.
func (y *Yard) Close() {
	y.mu.Lock()
	defer y.mu.Unlock()
	for _, p := range y.all {
		p.Kill()
	}
	close(y.starts)
}
