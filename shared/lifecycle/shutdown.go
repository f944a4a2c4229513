package lifecycle

import (
	"context"
	"fmt"
	"os"
	"time"
)

// exitHurried is the exit code after a second signal: failed, since work in
// flight was dropped.
const exitHurried = 1

// WithSignals returns a context that ends when a signal comes, with a cause that
// matches [ErrShutdown] and names it. A second signal calls exit at once: whoever
// sends one does not want to wait for the grace. cancel ends both the context
// and the watch, after which signals have no effect.
//
//	signals := make(chan os.Signal, 2) // Room for both: Notify does not wait.
//	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
//	ctx, cancel := lifecycle.WithSignals(context.Background(), signals, os.Exit)
func WithSignals(parent context.Context, signals <-chan os.Signal, exit func(code int)) (context.Context, context.CancelFunc) {
	ctx, shutdown := context.WithCancelCause(parent)
	watch, unwatch := context.WithCancel(context.WithoutCancel(parent))
	go func() {
		select {
		case s := <-signals:
			shutdown(fmt.Errorf("%w: %s", ErrShutdown, s))
		case <-watch.Done():
			return
		}
		select {
		case <-signals:
			if watch.Err() == nil { // With both ready, select takes either.
				exit(exitHurried)
			}
		case <-watch.Done():
		}
	}()
	return ctx, func() {
		unwatch()
		shutdown(nil)
	}
}

// Grace returns a context for work in flight: it has the values of ctx and lives
// on for d after ctx has ended, then ends with a cause that matches
// [ErrShutdown]. A deadline of ctx is an end like any other. cancel ends it at
// once and frees what it holds; call it when the work is done.
func Grace(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	work, end := context.WithCancelCause(context.WithoutCancel(ctx))
	unwatch := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(d, func() { end(fmt.Errorf("%w: the grace of %s is over", ErrShutdown, d)) })
		context.AfterFunc(work, func() { timer.Stop() })
	})
	return work, func() {
		unwatch()
		end(nil)
	}
}
