package pace

import (
	"context"
	"sync"
	"time"

	"vtq.internal/shared/wire"
)

// margin is the share of the distance that is added to it.
const margin = 60

// A Budget gives permits.
type Budget struct {
	distance time.Duration // Between two permits; zero for no limit.

	mu      sync.Mutex
	next    time.Time // When the next permit falls due.
	held    time.Time // None is given before, whatever is due.
	waiting map[wire.Lane]int
	changed chan struct{} // Closed, and replaced, when a waiter may have become first.
}

// New makes a budget of so many requests in a window; zero means no limit.
func New(requests int, window time.Duration) *Budget {
	b := &Budget{waiting: map[wire.Lane]int{}, changed: make(chan struct{})}
	if requests > 0 {
		b.distance = window / time.Duration(requests)
		b.distance += b.distance / margin
	}
	return b
}

// A Permit pays for one request.
type Permit struct {
	budget      *Budget
	given, next time.Time // Its place, and the one behind it.
	once        sync.Once
}

// Release gives an unused permit back. Only the first call counts.
func (p *Permit) Release() {
	p.once.Do(func() {
		b := p.budget
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.next.Equal(p.next) { // No later one was given.
			b.next = p.given
			b.wake()
		}
	})
}

// Take waits for a permit, or for the end of ctx, whose cause it returns.
func (b *Budget) Take(ctx context.Context, lane wire.Lane) (*Permit, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting[lane]++
	defer func() { b.waiting[lane]--; b.wake() }()
	for ctx.Err() == nil {
		wait, first := b.turn(lane)
		if first && wait <= 0 {
			now := time.Now()
			b.next = now.Add(b.distance)
			return &Permit{budget: b, given: now, next: b.next}, nil
		}
		b.sleep(ctx, wait, first)
	}
	return nil, context.Cause(ctx)
}

// Hold gives no permit for a while: the provider says that the quota is spent.
func (b *Budget) Hold(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held = later(b.held, time.Now().Add(d))
	b.wake()
}

// turn tells how long until the next permit falls due, and whether the lane may have it.
func (b *Budget) turn(lane wire.Lane) (wait time.Duration, first bool) {
	first = lane == wire.Fresh || b.waiting[wire.Fresh] == 0
	return time.Until(later(b.next, b.held)), first
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
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
