package rehearsal_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"vtq.internal/scripts/deploycheck/rehearsal"
)

// long is longer than any of these tests takes.
const long = time.Minute

// shell starts a script.
func shell(t *testing.T, y *rehearsal.Yard, script string) *rehearsal.Process {
	t.Helper()
	p, err := y.Start(rehearsal.Command{Name: "shell", Path: "/bin/sh", Args: []string{"-c", script}, Env: []string{"PATH=/usr/bin:/bin"}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func newYard(t *testing.T) *rehearsal.Yard {
	t.Helper()
	y := rehearsal.NewYard(t.TempDir())
	t.Cleanup(y.Close)
	return y
}

// said waits for a word in the log.
func said(t *testing.T, y *rehearsal.Yard, word string) {
	t.Helper()
	err := rehearsal.Await(t.Context(), word, long, func(context.Context) error {
		text, err := os.ReadFile(filepath.Join(y.Logs, "shell.log"))
		if err == nil && !strings.Contains(string(text), word) {
			err = fmt.Errorf("it says %q", text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestStop(t *testing.T) {
	cases := map[string]struct {
		script string
		grace  time.Duration
		want   string
	}{
		"in order":      {"trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done", long, ""},
		"with a code":   {"trap 'exit 3' TERM; echo up; while :; do sleep 0.05; done", long, "exit status 3, want exit code 0"},
		"by the signal": {"echo up; exec sleep 60", long, "signal: terminated"},
		"not at all":    {"trap '' TERM; echo up; while :; do sleep 0.05; done", 100 * time.Millisecond, "still there after 100ms"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			y := newYard(t)
			p := shell(t, y, c.script)
			said(t, y, "up")
			err := p.Stop(syscall.SIGTERM, c.grace)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("Stop() = %v, want %q", err, c.want)
			}
			if err := y.Fallen(); err != nil {
				t.Errorf("Fallen() = %v, want nil of what was asked to end", err)
			}
		})
	}
}

func TestFallen(t *testing.T) {
	y := newYard(t)
	shell(t, y, "exit 4")
	err := rehearsal.Await(t.Context(), "the fall", long, func(context.Context) error {
		if y.Fallen() == nil {
			return errors.New("it stands")
		}
		return nil
	})
	if err != nil || !strings.Contains(y.Fallen().Error(), "shell ended by itself: exit status 4") {
		t.Errorf("Fallen() = %v, %v, want the process and its end", y.Fallen(), err)
	}
}

// TestSound does not wait for what nobody will do.
func TestSound(t *testing.T) {
	y := newYard(t)
	if err := y.Sound(); err != nil {
		t.Errorf("Sound() = %v of a quiet yard, want nil", err)
	}
	shell(t, y, "echo '"+publish+"'; exec sleep 60")
	said(t, y, "STREAM.UPDATE")
	if err := y.Sound(); !errors.Is(err, rehearsal.ErrHopeless) || !strings.Contains(err.Error(), publish) {
		t.Errorf("Sound() = %v, want %v and the line", err, rehearsal.ErrHopeless)
	}
}

func TestRun(t *testing.T) {
	y := newYard(t)
	run := func(ctx context.Context, script string) error {
		return y.Run(ctx, rehearsal.Command{Name: "shell", Path: "/bin/sh", Args: []string{"-c", script}})
	}
	if err := run(t.Context(), "exit 0"); err != nil {
		t.Errorf("Run(exit 0) = %v, want nil", err)
	}
	if err := run(t.Context(), "echo no right; exit 1"); err == nil || !strings.Contains(err.Error(), "exit status 1\nno right") {
		t.Errorf("Run(exit 1) = %v, want the code and the words", err)
	}
	ended, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	if err := run(ended, "exec sleep 60"); err == nil || !strings.Contains(err.Error(), "enough") {
		t.Errorf("Run(sleep) = %v, want the end of its context", err)
	}
}

// TestCloseLeavesNothing looks for the process afterwards.
func TestCloseLeavesNothing(t *testing.T) {
	y := rehearsal.NewYard(t.TempDir())
	p := shell(t, y, "exec sleep 60")
	y.Close()
	if err := syscall.Kill(p.ID(), 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("signal to a process of a closed yard: %v, want %v", err, syscall.ESRCH)
	}
}

func TestAwaitTellsTheLastLook(t *testing.T) {
	err := rehearsal.Await(t.Context(), "a leader", time.Second, func(context.Context) error { return errors.New("an election") })
	if err == nil || err.Error() != "waited 1s for a leader: an election" {
		t.Errorf("Await() = %v, want what was waited for and the last look", err)
	}
}

func TestAwaitDoesNotWaitInVain(t *testing.T) {
	err := rehearsal.Await(t.Context(), "a leader", long, func(context.Context) error { return rehearsal.ErrHopeless })
	if err == nil || err.Error() != "waiting for a leader: in vain" {
		t.Errorf("Await() = %v, want it at once", err)
	}
}
