package daemon_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"vtq.internal/shared/daemon"
	"vtq.internal/shared/lifecycle"
)

// TestSignals sends signals to the test itself, which hears them for as long as it watches.
func TestSignals(t *testing.T) {
	for _, first := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		exits := make(chan int, 1)
		ctx, stop := daemon.Signals(t.Context(), func(code int) { exits <- code })
		defer stop()
		if ctx.Err() != nil {
			t.Fatalf("before any signal the context has ended: %v", context.Cause(ctx))
		}
		send(t, first)
		<-ctx.Done()
		if cause := context.Cause(ctx); !errors.Is(cause, lifecycle.ErrShutdown) || !strings.Contains(cause.Error(), first.String()) {
			t.Errorf("after %v the cause is %v, want a shutdown that names it", first, cause)
		}
		send(t, syscall.SIGTERM)
		if code := <-exits; code != daemon.Failed {
			t.Errorf("a second signal ends the process with %d, want %d", code, daemon.Failed)
		}
		stop()
	}
}

func send(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(os.Getpid(), s); err != nil {
		t.Fatal(err)
	}
}

func TestSignalsEndWithTheirParent(t *testing.T) {
	parent, cancel := context.WithCancel(t.Context())
	ctx, stop := daemon.Signals(parent, func(code int) { t.Errorf("the process was ended with %d", code) })
	defer stop()
	cancel()
	<-ctx.Done()
	if errors.Is(context.Cause(ctx), lifecycle.ErrShutdown) {
		t.Errorf("the cause is %v, want the parent's", context.Cause(ctx))
	}
}

func TestSignalsStop(t *testing.T) {
	ctx, stop := daemon.Signals(t.Context(), func(code int) { t.Errorf("the process was ended with %d", code) })
	stop()
	stop()
	if ctx.Err() == nil {
		t.Error("after stop the context lives on")
	}
}
