package vtq_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// programs are the paths of what a fleet runs.
type programs struct{ worker, server string }

// build builds the programs as the module requires them, with flags of go build.
func build(t *testing.T, flags ...string) programs {
	t.Helper()
	dir := t.TempDir()
	args := append([]string{"build"}, flags...)
	args = append(args, "-o", dir+string(filepath.Separator), "github.com/nats-io/nats-server/v2", "vtq.internal/services/lookup/cmd/vtq-lookup")
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Fatalf("building the programs of a fleet: %v\n%s", err, out)
	}
	return programs{worker: filepath.Join(dir, "vtq-lookup"), server: filepath.Join(dir, "nats-server")}
}

// fallAway is for how long a process stays away that ended by itself: a worker that finds no NATS server ends.
const fallAway = time.Second

// A kept process is started again whenever it ends, as under an orchestrator.
type kept struct {
	t    *testing.T
	away time.Duration // Between an end by SIGKILL and the next start.
	log  string
	env  []string
	args []string

	mu      sync.Mutex
	process *os.Process
	kills   int
	falls   int // Ends that nobody asked for.
}

// keep starts a process, with this environment and nothing else, and keeps it until the test ends.
func keep(t *testing.T, away time.Duration, log string, env []string, args ...string) *kept {
	t.Helper()
	k := &kept{t: t, away: away, log: log, env: env, args: args}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); k.run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	return k
}

func (k *kept) run(ctx context.Context) {
	for ctx.Err() == nil {
		fell, err := k.once(ctx)
		if err != nil && ctx.Err() == nil {
			k.t.Errorf("running %s: %v", filepath.Base(k.args[0]), err)
			return
		}
		away := k.away
		if fell {
			away = max(away, fallAway)
		}
		select {
		case <-time.After(away):
		case <-ctx.Done():
		}
	}
}

// once runs the process to its end: SIGKILL, by kill or by the end of ctx, or its own, by which it fell.
func (k *kept) once(ctx context.Context) (fell bool, err error) {
	log, err := os.OpenFile(k.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return false, err
	}
	defer func() { _ = log.Close() }() // Only the process writes to it.
	cmd := exec.CommandContext(ctx, k.args[0], k.args[1:]...)
	cmd.Env, cmd.Stdout, cmd.Stderr = k.env, log, log
	if err := cmd.Start(); err != nil {
		return false, err
	}
	k.set(cmd.Process)
	err = cmd.Wait()
	k.set(nil)
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signaled() {
		return false, nil // As it was meant to be.
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.falls++
	return true, nil
}

func (k *kept) set(p *os.Process) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.process = p
}

// kill ends the process with SIGKILL. One that is away is left alone.
func (k *kept) kill() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.process != nil && k.process.Kill() == nil {
		k.kills++
	}
}

// ends tells how often the process was killed, and how often it ended by itself.
func (k *kept) ends() (kills, falls int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.kills, k.falls
}

// tryPatience bounds one try: a cluster without a leader does not answer.
const tryPatience = 10 * time.Second

var errNotYet = errors.New("not yet")

// eventually tries until there is no error.
func eventually(t *testing.T, what string, try func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), fleetPatience)
	defer cancel()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for {
		once, done := context.WithTimeout(ctx, tryPatience)
		err := try(once)
		done()
		if err == nil {
			return
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			t.Fatalf("waiting for %s: %v", what, err)
		}
	}
}
