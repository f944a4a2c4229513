package budget

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/lifecycle"
	"vtq.internal/shared/logging"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// ErrSpent means that nothing is left for a lane of the day or the month, and ErrHeld that a hold lasts longer than whoever asked wants
// to wait.
var (
	ErrSpent = errors.New("the budget is spent")
	ErrHeld  = errors.New("the provider wants to be left alone")
)

// doubtWait is how long a counter that was full is waited for, give or take a half, before it is read again: whoever counted a unit
// too many refunds it within milliseconds.
const doubtWait = time.Second

// A Budget is the quota of one account, shared by every worker that serves it.
type Budget struct {
	window *window
	ledger *ledger
	clock  *clock
	watch  *watcher

	mu      sync.Mutex
	pool    []*ticket // Permits of a slot that nobody has used yet: for any lane.
	trying  bool      // Somebody asks the server.
	held    time.Time // When a hold began last: what was asked for before is not used.
	holding time.Time // Until when one lasts, as far as this worker has seen.
	urgent  cadence
	backlog cadence
	closed  map[wire.Lane]time.Time // Until when nothing is left for a lane, in the server's time.
	waiting map[wire.Lane]int
	changed chan struct{} // Closed, and replaced, when a waiter may have become first.
}

// Open makes the budget of an account. It reads the server's clock once.
func Open(ctx context.Context, js jetstream.JetStream, account wire.Account, limits Limits, watch Watch) (*Budget, error) {
	quotas, err := js.Stream(ctx, stream.Quota)
	if err != nil {
		return nil, fmt.Errorf("opening stream %s: %w", stream.Quota, err)
	}
	b := &Budget{
		clock: &clock{}, watch: &watcher{Watch: watch, told: logging.Fold{Interval: troubleInterval}},
		closed: map[wire.Lane]time.Time{}, waiting: map[wire.Lane]int{}, changed: make(chan struct{}),
	}
	b.window = &window{
		js: js, quotas: quotas, account: account, clock: b.clock,
		slots: limits.Window.Slots(), dated: limits.Day > 0 || limits.Month > 0,
	}
	if b.window.backlog = len(b.window.slots.Shares); limits.Reserve > 0 {
		b.window.backlog = b.window.slots.Backlog()
	}
	b.window.heldFunc = b.holds
	b.ledger = &ledger{js: js, account: account, limits: limits}
	return b, b.window.setClock(ctx)
}

// A Want is what a permit is taken for.
type Want struct {
	Lane wire.Lane
	// Units are what the request costs of the day and the month: a request about many objects may cost one for each. Defaults to 1. Of
	// the window it is one request in any case.
	Units int
	// Patience is the longest hold that is waited for. Defaults to any.
	Patience time.Duration
}

// Take waits for a permit. It returns an interrupted fault when ctx ends, and a quota fault that wraps ErrSpent, with the time to
// come back, when the lane may use nothing more of the day or the month: at the release, where its reserve or its ceiling keeps the
// rest from it, and else when the period has ended. Where fewer units are left than are wanted it grants those. A quota fault that
// wraps ErrHeld tells of a hold beyond the patience.
func (b *Budget) Take(ctx context.Context, want Want) (*Permit, error) {
	lane := want.Lane
	for {
		t, err := b.await(ctx, want)
		if err != nil {
			return nil, err
		}
		spent, full, err := b.ledger.spend(ctx, lane, max(want.Units, 1), t.day)
		switch {
		case err != nil:
			b.rest(ctx, err) // Not the job's fault: it waits here until counting works again.
		case len(full) > 0:
			b.giveBack(t)
			if err := b.refused(ctx, lane, full); err != nil {
				return nil, err
			}
		default:
			permit := &Permit{budget: b, lane: lane, ticket: t, spent: spent}
			if !permit.Void() {
				return permit, nil
			}
			permit.Release() //nolint:contextcheck // A refund is worth its second even when ctx has ended.
			b.watch.void()
		}
	}
}

// refused closes a lane, and tells so, if the counters that refused it are full indeed. What made them full may have been takes that
// others refund: then there is no error, and the lane tries again.
func (b *Budget) refused(ctx context.Context, lane wire.Lane, full []counter) error {
	if !lifecycle.Sleep(ctx, doubtWait/2+rand.N(doubtWait)) { //nolint:gosec // Jitter, not a secret.
		return interrupted(ctx)
	}
	if err := b.reckon(ctx, lane, full); err != nil {
		b.rest(ctx, err)
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.spent(lane)
}

// Reckon reads the counters of a lane, and tells for how long nothing is left for it: zero while there is. Take need not be asked
// first, and goes by what was read. The error is a transient fault.
func (b *Budget) Reckon(ctx context.Context, lane wire.Lane) (time.Duration, error) {
	err := b.reckon(ctx, lane, b.ledger.limits.counters(b.ledger.account, lane, b.clock.now()))
	return b.Spent(lane), err
}

func (b *Budget) reckon(ctx context.Context, lane wire.Lane, counters []counter) error {
	until, err := b.ledger.still(ctx, counters)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed[lane] = until
	b.wake()
	return nil
}

// spent is the error of a closed lane, and nil for any other.
func (b *Budget) spent(lane wire.Lane) error {
	left := b.closed[lane].Sub(b.clock.now())
	if left <= 0 {
		return nil
	}
	return fault.After(fault.Quota, left, fmt.Errorf("%w for lane %s, for %v", ErrSpent, lane, left.Round(time.Second)))
}

// holds takes note of how long a hold lasts; zero for none.
func (b *Budget) holds(left time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.holding = time.Now().Add(left)
}

// Held tells for how long a hold lasts, as far as this worker has seen: zero for none.
func (b *Budget) Held() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return max(0, time.Until(b.holding))
}

// Spent tells for how long nothing is left for a lane, as far as this worker knows: zero while there is.
func (b *Budget) Spent(lane wire.Lane) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return max(0, b.closed[lane].Sub(b.clock.now()))
}

// reopen forgets that this worker closed a lane: a unit of it was given back. The others keep it closed until they reckon, at the
// latest when it would have come back by itself.
func (b *Budget) reopen(lane wire.Lane) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.closed, lane)
}

// SetClock reads the server's clock if what is known of it cannot be gone by any more, and has whoever waits try again. It is to be
// called every few minutes: while lanes are closed nobody takes, and on a machine that was suspended they would stay so for as much
// longer, as waits go by a stop-watch that stood still. The error is a transient fault.
func (b *Budget) SetClock(ctx context.Context) error {
	if !b.clock.stale() {
		return nil
	}
	if err := b.window.setClock(ctx); err != nil {
		return fault.New(fault.Transient, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.urgent.next, b.backlog.next = time.Time{}, time.Time{}
	b.wake()
	return nil
}

func interrupted(ctx context.Context) error { return fault.New(fault.Interrupted, context.Cause(ctx)) }
