package lifecycle_test

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"vtq.internal/shared/lifecycle"
)

func TestErrShutdownIsAnInterruption(t *testing.T) {
	if !errors.Is(lifecycle.ErrShutdown, context.Canceled) {
		t.Error("ErrShutdown does not match context.Canceled")
	}
	if errors.Is(lifecycle.ErrShutdown, context.DeadlineExceeded) || errors.Is(context.Canceled, lifecycle.ErrShutdown) {
		t.Error("ErrShutdown matches too much")
	}
}

// watched is the way to send signals to a context, and the codes that exit was
// called with.
type watched struct {
	signals chan os.Signal
	exits   []int
}

func watch(t *testing.T) (context.Context, context.CancelFunc, *watched) {
	t.Helper()
	w := &watched{signals: make(chan os.Signal, 2)}
	ctx, cancel := lifecycle.WithSignals(t.Context(), w.signals, func(code int) { w.exits = append(w.exits, code) })
	return ctx, cancel, w
}

func (w *watched) send(s os.Signal) {
	w.signals <- s
	synctest.Wait()
}

func TestWithSignals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel, w := watch(t)
		defer cancel()
		synctest.Wait()
		if err := ctx.Err(); err != nil {
			t.Fatalf("before any signal the context has ended: %v", err)
		}
		w.send(syscall.SIGTERM)
		cause := context.Cause(ctx)
		if !errors.Is(cause, lifecycle.ErrShutdown) || cause.Error() != "shutting down: terminated" || len(w.exits) > 0 {
			t.Errorf("after one signal: cause %v, exits %v, want ErrShutdown with the signal and none", cause, w.exits)
		}
		w.send(os.Interrupt)
		if len(w.exits) != 1 || w.exits[0] != 1 {
			t.Errorf("after two signals: exits %v, want [1]", w.exits)
		}
	})
}

func TestWithSignalsTwoAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, cancel, w := watch(t)
		defer cancel()
		w.signals <- os.Interrupt
		w.signals <- os.Interrupt
		synctest.Wait()
		if len(w.exits) != 1 {
			t.Errorf("exits %v, want one", w.exits)
		}
	})
}

// TestWithSignalsCancel relies on synctest to fail when a goroutine is left.
func TestWithSignalsCancel(t *testing.T) {
	for _, before := range []int{0, 1} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel, w := watch(t)
			for range before {
				w.send(os.Interrupt)
			}
			cancel()
			w.send(os.Interrupt)
			if ctx.Err() == nil || len(w.exits) > 0 {
				t.Errorf("canceled after %d signals: %v, exits %v, want an end and no exit", before, ctx.Err(), w.exits)
			}
			if shutdown := errors.Is(context.Cause(ctx), lifecycle.ErrShutdown); shutdown != (before > 0) {
				t.Errorf("canceled after %d signals: cause %v", before, context.Cause(ctx))
			}
		})
	}
}

func TestGrace(t *testing.T) {
	const grace = 30 * time.Second
	cases := map[string]struct {
		grace time.Duration
		wait  time.Duration // From the end of intake.
		ended bool
	}{
		"at the end of intake": {grace, 0, false},
		"within the grace":     {grace, grace - 1, false},
		"when it is over":      {grace, grace, true},
		"no grace":             {0, 0, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				type key struct{}
				intake, stop := context.WithCancel(context.WithValue(t.Context(), key{}, "trace"))
				work, cancel := lifecycle.Grace(intake, c.grace)
				defer cancel()
				time.Sleep(time.Hour) // However long the intake ran before.
				stop()
				time.Sleep(c.wait)
				synctest.Wait()
				if ended := work.Err() != nil; ended != c.ended {
					t.Errorf("%v after intake: ended = %v, want %v", c.wait, ended, c.ended)
				}
				if c.ended && !errors.Is(context.Cause(work), lifecycle.ErrShutdown) {
					t.Errorf("cause = %v, want ErrShutdown", context.Cause(work))
				}
				if work.Value(key{}) != "trace" {
					t.Error("the values of the context are lost")
				}
			})
		})
	}
}

func TestGraceCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		intake, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		work, cancel := lifecycle.Grace(intake, 30*time.Second)
		defer cancel()
		start := time.Now()
		<-work.Done()
		if took := time.Since(start); took != 90*time.Second {
			t.Errorf("work ended after %v, want 1m30s", took)
		}
		if got, want := context.Cause(work).Error(), "shutting down: the grace of 30s is over"; got != want {
			t.Errorf("cause = %q, want %q", got, want)
		}
	})
}

func TestGraceCancel(t *testing.T) {
	for _, stopFirst := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			intake, stop := context.WithCancel(t.Context())
			defer stop()
			work, cancel := lifecycle.Grace(intake, time.Hour)
			if stopFirst {
				stop()
				synctest.Wait()
			}
			cancel()
			if cause := context.Cause(work); !errors.Is(cause, context.Canceled) || errors.Is(cause, lifecycle.ErrShutdown) {
				t.Errorf("cause = %v, want context.Canceled alone: the work was done", cause)
			}
			stop()
			time.Sleep(2 * time.Hour)
			if cause := context.Cause(work); errors.Is(cause, lifecycle.ErrShutdown) {
				t.Errorf("the grace ends what was done already: %v", cause)
			}
		})
	}
}

// TestTwoClocks runs a shutdown as a service does: intake ends with the
// signal, work in flight when the grace is over.
func TestTwoClocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel, w := watch(t)
		defer cancel()
		var intakeEnd, workEnd time.Duration
		start := time.Now()
		var group lifecycle.Group
		group.Add("lookup", func(ctx context.Context) error {
			work, cancel := lifecycle.Grace(ctx, 30*time.Second)
			defer cancel()
			<-ctx.Done()
			intakeEnd = time.Since(start)
			<-work.Done()
			workEnd = time.Since(start)
			return context.Cause(work)
		})
		time.AfterFunc(time.Hour, func() { w.signals <- syscall.SIGTERM })
		if err := group.Run(ctx); err != nil {
			t.Errorf("Run() = %v, want nil: to be interrupted is no failure", err)
		}
		if intakeEnd != time.Hour || workEnd != time.Hour+30*time.Second {
			t.Errorf("intake ended after %v, work after %v, want 1h and 1h30s", intakeEnd, workEnd)
		}
	})
}
