package budget

import (
	"context"
	"sync"
	"time"

	"vtq.internal/shared/wire"
)

// A ticket is one request's part of a taken slot.
type ticket struct {
	asked time.Time     // When the slot was asked for, by our monotonic clock.
	age   time.Duration // After this it is void.
	day   time.Time     // The server's time of the take: the day that it counts for.
}

func (t *ticket) void() bool { return time.Since(t.asked) > t.age }

// A Permit pays for one request, if it is written before the permit is void.
type Permit struct {
	budget *Budget
	lane   wire.Lane
	ticket *ticket
	moved  []string // The counters that it has moved.
	once   sync.Once
}

// Void tells that the permit is too old: nothing may be written any more. Ask it immediately before a request is written.
func (p *Permit) Void() bool { return p.ticket.void() }

// Release gives back a permit that paid for nothing. Its units are refunded, once, and the slot's part serves another, if it is young
// enough. Only the first call counts. A lane that was closed meanwhile tries again: the unit may be its last.
func (p *Permit) Release() {
	p.once.Do(func() {
		p.budget.ledger.refund(context.Background(), p.moved)
		p.budget.reopen(p.lane)
		p.budget.giveBack(p.ticket)
	})
}
