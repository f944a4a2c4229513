package budget

import (
	"context"
	"errors"
	"sync"
	"time"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/wire"
)

// maxVain bounds the doubling of the wait: 25 ms doubled six times is above a second.
const maxVain = 6

// A cadence tells when the server is asked again for a class of lanes. The urgent one has its own, since it may take a slot that the
// backlog may not, and since what it waits for is not to be told by when the backlog asked.
type cadence struct {
	next time.Time // When the next try is due.
	vain int       // Tries since the last that gave something.
}

// tried sets the next try. After tries in vain the server is asked less often, up to once a second: slots can outlive our estimate,
// when its clock steps back or a follower answers that is behind.
func (c *cadence) tried(got bool, wait time.Duration) {
	if c.vain++; got {
		c.vain = 0
	} else {
		wait = max(wait, min(retryWait<<min(c.vain, maxVain), errorWait))
	}
	c.next = time.Now().Add(wait)
}

func (b *Budget) cadenceOf(lane wire.Lane) *cadence {
	if lane == wire.Urgent {
		return &b.urgent
	}
	return &b.backlog
}

// await waits for a turn of the lane, and takes a slot or what is left of one.
func (b *Budget) await(ctx context.Context, want Want) (*ticket, error) {
	lane := want.Lane
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting[lane]++
	defer func() { b.waiting[lane]--; b.wake() }()
	for ctx.Err() == nil {
		if err := errors.Join(b.spent(lane), b.impatient(want)); err != nil {
			return nil, err
		}
		wait, first := b.turn(lane)
		switch {
		case !first || wait > 0:
			b.sleep(ctx, wait, first)
		case b.pooled():
			return b.draw(), nil
		default:
			b.try(ctx, lane)
		}
	}
	return nil, interrupted(ctx)
}

// impatient is the error of who does not wait for the hold that lasts.
func (b *Budget) impatient(want Want) error {
	if left := time.Until(b.holding); want.Patience > 0 && left > want.Patience {
		return fault.After(fault.Quota, left, ErrHeld)
	}
	return nil
}

// turn tells whether a lane may try now, and else when.
func (b *Budget) turn(lane wire.Lane) (wait time.Duration, first bool) {
	first = !b.trying && !b.behind(lane)
	if b.pooled() {
		return 0, first
	}
	return time.Until(b.cadenceOf(lane).next), first
}

// behind tells that somebody waits whose lane goes first.
func (b *Budget) behind(lane wire.Lane) bool {
	for _, other := range wire.Lanes() {
		if other == lane {
			break
		}
		if b.waiting[other] > 0 {
			return true
		}
	}
	return false
}

// Yield waits until nobody waits in Take, in this worker, whose lane goes before this one. It is asked before a refresh is taken from
// its queue, so that no worker has one in hand that only waits behind fresh jobs while another worker could answer it. Urgent and
// fresh jobs yield to nobody. The error is an interrupted fault, when ctx ends.
func (b *Budget) Yield(ctx context.Context, lane wire.Lane) error {
	if lane != wire.Refresh {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for ctx.Err() == nil {
		if !b.behind(lane) {
			return nil
		}
		b.sleep(ctx, 0, false)
	}
	return interrupted(ctx)
}

// Expect counts somebody as waiting in Take who is about to come, until come is called: lanes that go after this one wait for them.
func (b *Budget) Expect(lane wire.Lane) (come func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting[lane]++
	return sync.OnceFunc(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.waiting[lane]--
		b.wake()
	})
}

// try asks the server once, unlocked, and leaves in the pool what it gave.
func (b *Budget) try(ctx context.Context, lane wire.Lane) {
	var tickets []*ticket
	wait := errorWait
	b.trying = true
	b.mu.Unlock()
	defer func() { // Also when it panics: the lock is the caller's.
		b.mu.Lock()
		b.cadenceOf(lane).tried(len(tickets) > 0, wait)
		b.trying = false
		b.pool = append(b.pool, tickets...)
		b.wake()
	}()
	var err error
	tickets, wait, err = b.window.take(ctx, lane)
	b.watch.trouble(ctx, err)
}

// rest lets nobody try for a while: the counters do not answer.
func (b *Budget) rest(ctx context.Context, err error) {
	b.watch.trouble(ctx, err)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pool, b.urgent.next = nil, time.Now().Add(errorWait)
	b.backlog.next = b.urgent.next
	b.wake()
}

// lost tells that a ticket is not to be used any more: it is void, or was asked for before a hold began.
func (b *Budget) lost(t *ticket) bool { return t.void() || !t.asked.After(b.held) }

// pooled drops what is lost, and tells whether anything is left.
func (b *Budget) pooled() bool {
	for len(b.pool) > 0 && b.lost(b.pool[0]) {
		b.pool = b.pool[1:]
	}
	return len(b.pool) > 0
}

// idle is how many permits of the pool can still be used.
func (b *Budget) idle() int {
	n := 0
	for _, t := range b.pool {
		if !b.lost(t) {
			n++
		}
	}
	return n
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
	if !b.lost(t) {
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
