package budget

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/lookup/internal/quota"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// Limits are what an account may do.
type Limits struct {
	Window     quota.Window // No requests means no limit.
	Day, Month int          // Requests in a UTC day and month; 0 means no limit.
}

// ErrSpent means that nothing is left of the day or the month.
var ErrSpent = errors.New("the budget is spent")

// A Budget is the quota of one account, shared by every worker that serves it.
type Budget struct {
	window *window
	ledger *ledger
	clock  *clock

	mu      sync.Mutex
	pool    []*ticket // Permits of a slot that nobody has used yet.
	trying  bool      // Somebody asks the server.
	next    time.Time // When the next try is due.
	vain    int       // Tries since the last that gave something.
	closed  time.Time // Until when the budget is spent, in the server's time.
	waiting map[wire.Lane]int
	changed chan struct{} // Closed, and replaced, when a waiter may have become first.
}

// Open makes the budget of an account. It reads the server's clock once.
func Open(ctx context.Context, js jetstream.JetStream, account wire.Account, limits Limits) (*Budget, error) {
	quotas, err := js.Stream(ctx, stream.Quota)
	if err != nil {
		return nil, fmt.Errorf("opening stream %s: %w", stream.Quota, err)
	}
	b := &Budget{clock: &clock{}, waiting: map[wire.Lane]int{}, changed: make(chan struct{})}
	b.clock.set(quotas.CachedInfo().TimeStamp, time.Now())
	b.window = &window{js: js, quotas: quotas, account: account, clock: b.clock, dated: limits.Day > 0 || limits.Month > 0}
	if limits.Window.Requests > 0 {
		b.window.slots = limits.Window.Slots()
	}
	b.ledger = &ledger{js: js, account: account, limits: limits}
	return b, nil
}

// Take waits for a permit. It returns an interrupted fault when ctx ends, and a quota fault that wraps ErrSpent, with the time to
// come back, when the day or the month is spent.
func (b *Budget) Take(ctx context.Context, lane wire.Lane) (*Permit, error) {
	for {
		t, err := b.ticket(ctx, lane)
		if err != nil {
			return nil, err
		}
		moved, left, err := b.ledger.spend(ctx, t.day)
		if err != nil {
			b.rest() // Not the job's fault: it waits here until counting works again.
			continue
		}
		if left > 0 {
			b.giveBack(t)
			return nil, b.close(left)
		}
		permit := &Permit{budget: b, ticket: t, moved: moved}
		if !permit.Void() {
			return permit, nil
		}
		permit.Release() //nolint:contextcheck // A refund is worth its second even when ctx has ended.
	}
}

// close remembers that the budget is spent.
func (b *Budget) close(left time.Duration) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = b.clock.now().Add(left)
	b.wake()
	return spent(left)
}

func spent(left time.Duration) error {
	return fault.After(fault.Quota, left, fmt.Errorf("%w for %v", ErrSpent, left.Round(time.Second)))
}

// Spent tells for how long nothing is left, as far as this worker knows.
func (b *Budget) Spent() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return max(0, b.closed.Sub(b.clock.now()))
}

// ticket waits for a turn of the lane, and takes a slot or what is left of one.
func (b *Budget) ticket(ctx context.Context, lane wire.Lane) (*ticket, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting[lane]++
	defer func() { b.waiting[lane]--; b.wake() }()
	for ctx.Err() == nil {
		if left := b.closed.Sub(b.clock.now()); left > 0 {
			return nil, spent(left)
		}
		wait, first := b.turn(lane)
		switch {
		case !first || wait > 0:
			b.sleep(ctx, wait, first)
		case b.pooled():
			return b.draw(), nil
		default:
			b.try(ctx)
		}
	}
	return nil, fault.New(fault.Interrupted, context.Cause(ctx))
}

// turn tells whether a lane may try now, and else when. Fresh jobs go before refreshes.
func (b *Budget) turn(lane wire.Lane) (wait time.Duration, first bool) {
	first = !b.trying && (lane == wire.Fresh || b.waiting[wire.Fresh] == 0)
	if b.pooled() {
		return 0, first
	}
	return time.Until(b.next), first
}

// try asks the server once, unlocked, and leaves in the pool what it gave. After tries in vain it asks less often, up to once a second:
// slots can outlive our estimate, when the server's clock steps back or a follower answers that is behind.
func (b *Budget) try(ctx context.Context) {
	var tickets []*ticket
	wait := errorWait
	b.trying = true
	b.mu.Unlock()
	defer func() { // Also when it panics: the lock is the caller's.
		b.mu.Lock()
		if b.vain++; len(tickets) > 0 {
			b.vain = 0
		} else {
			wait = max(wait, min(retryWait<<min(b.vain, maxVain), errorWait))
		}
		b.trying, b.next = false, time.Now().Add(wait)
		b.pool = append(b.pool, tickets...)
		b.wake()
	}()
	tickets, wait = b.window.take(ctx)
}

// maxVain bounds the doubling of the wait: 25 ms doubled six times is above a second.
const maxVain = 6

// rest lets nobody try for a while: the counters do not answer.
func (b *Budget) rest() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pool, b.next = nil, time.Now().Add(errorWait)
	b.wake()
}

// pooled drops what has become void, and tells whether anything is left.
func (b *Budget) pooled() bool {
	for len(b.pool) > 0 && b.pool[0].void() {
		b.pool = b.pool[1:]
	}
	return len(b.pool) > 0
}

func (b *Budget) draw() *ticket {
	t := b.pool[0]
	b.pool = b.pool[1:]
	return t
}

// giveBack keeps an unused ticket for the next one who waits.
func (b *Budget) giveBack(t *ticket) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !t.void() {
		b.pool = append([]*ticket{t}, b.pool...)
		b.wake()
	}
}

// sleep waits, unlocked, until the wait is over or something changed. Who is not first waits for a change alone.
func (b *Budget) sleep(ctx context.Context, wait time.Duration, first bool) {
	changed := b.changed
	b.mu.Unlock()
	defer b.mu.Lock()
	var due <-chan time.Time
	if first {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-due:
	case <-changed:
	case <-ctx.Done():
	}
}

func (b *Budget) wake() {
	close(b.changed)
	b.changed = make(chan struct{})
}
