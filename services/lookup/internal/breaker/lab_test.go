package breaker_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vtq.internal/services/lookup/internal/breaker"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

// A lab is a fleet of workers in a bubble, each with its breaker, and their shared state.
type lab struct {
	*testing.T
	watch  func(*breaker.Breaker) // Has a breaker follow the state until the end.
	perDay int
	free   func(context.Context) error
	known  bool // The free page has answered before.

	mu      sync.Mutex
	state   wire.ProviderState
	down    bool // The state can neither be read nor written.
	pauses  int
	reads   int
	told    []string
	trouble int
}

func inLab(t *testing.T, f func(l *lab)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		f(newLab(ctx, t))
	})
}

func newLab(ctx context.Context, t *testing.T) *lab {
	t.Helper()
	return &lab{T: t, watch: func(b *breaker.Breaker) { go func() { _ = b.Watch(ctx) }() }}
}

var errDown = errors.New("no answer from NATS")

// State implements breaker.Fleet.
func (l *lab) State(context.Context) (wire.ProviderState, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reads++
	if l.down {
		return wire.ProviderState{}, errDown
	}
	return l.state, nil
}

// Change implements breaker.Fleet.
func (l *lab) Change(_ context.Context, change func(*wire.ProviderState) bool) (wire.ProviderState, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
		return wire.ProviderState{}, false, errDown
	}
	changed := change(&l.state)
	if changed {
		l.state.Revision++
	}
	return l.state, changed, nil
}

// Pause implements breaker.Fleet.
func (l *lab) Pause(context.Context, wire.ProviderState) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pauses++
	return nil
}

// set changes the state as somebody else does.
func (l *lab) set(change func(*wire.ProviderState)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(&l.state)
}

func (l *lab) cut(down bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = down
}

// A worker is one of the fleet.
type worker struct {
	*breaker.Breaker
	l *lab
}

// join starts a worker.
func (l *lab) join() worker {
	o := breaker.Options{
		Fleet: l, NowFunc: time.Now, Pace: breaker.NewPace(l.perDay),
		ChangedFunc: func(o *wire.Outage) {
			text := "over"
			if o != nil {
				text = o.Fault
			}
			l.mu.Lock()
			defer l.mu.Unlock()
			l.told = append(l.told, text)
		},
		TroubleFunc: func(error) { l.mu.Lock(); defer l.mu.Unlock(); l.trouble++ },
	}
	if l.free != nil {
		o.FreeFunc, o.FreeKnown = l.free, func() bool { return l.known }
	}
	w := worker{breaker.New(o), l}
	l.watch(w.Breaker)
	synctest.Wait() // It has read the state.
	return w
}

func of(kind fault.Kind) error { return fault.New(kind, errors.New(kind.String())) }

func times(n int, err error) []error { return slices.Repeat([]error{err}, n) }

// ask asks once, and tells whether anybody was asked. It does not wait: where the breaker would it gives its ErrOpen.
func (w worker) ask(answer error) (asked bool, err error) {
	ctx, cancel := context.WithTimeoutCause(w.l.Context(), time.Nanosecond, breaker.ErrOpen)
	defer cancel()
	pass, err := w.Enter(ctx)
	if err != nil {
		return false, err
	}
	_, err = pass.Do(w.l.Context(), func() (verdict.Verdict, error) {
		asked = true
		pass.Spent()
		return verdict.Verdict{}, answer
	})
	return asked, err
}

// probes waits for its turn, asks, and tells how long it has waited.
func (w worker) probes(answer error) time.Duration {
	w.l.Helper()
	return w.probesFor(func() error { return answer })
}

// probesFor does so for an answer that depends on when it is asked.
func (w worker) probesFor(answer func() error) time.Duration {
	w.l.Helper()
	began := time.Now()
	for {
		pass, err := w.Enter(w.l.Context())
		if err != nil {
			w.l.Fatalf("Enter = %v", err)
		}
		took := time.Since(began).Round(time.Millisecond) // An ask of before has taken a nanosecond.
		if _, err = pass.Do(w.l.Context(), func() (verdict.Verdict, error) { pass.Spent(); return verdict.Verdict{}, answer() }); !errors.Is(err, breaker.ErrOpen) {
			return took
		}
	}
}

// day asks for a day, as often as it may, and tells how many requests that took. The answer may depend on when it is asked.
func (w worker) day(answer func() error) int {
	w.l.Helper()
	requests, began := 0, time.Now()
	for {
		w.probesFor(answer)
		if time.Since(began) >= 24*time.Hour {
			return requests
		}
		requests++
	}
}

// open makes the breaker open.
func (w worker) open() {
	w.l.Helper()
	for range 5 {
		if asked, err := w.ask(of(fault.Transient)); !asked || fault.KindOf(err) != fault.Transient {
			w.l.Fatalf("asked %v, %v, want the provider's failure", asked, err)
		}
	}
	if !w.Open() {
		w.l.Fatal("closed after five failures in a row")
	}
}

func (l *lab) sleep(d time.Duration) { time.Sleep(d) }

func (l *lab) heard() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return fmt.Sprint(l.told)
}
