package budget

import (
	"context"
	"sync"
	"time"

	"vtq.internal/services/lookup/internal/quota"
	"vtq.internal/shared/wire"
)

// A ticket is one request's part of a taken slot.
type ticket struct {
	asked time.Time     // When the slot was asked for, by our stop-watch and by our wall clock.
	age   time.Duration // After this it is void.
	day   time.Time     // The server's time of the take: the day that it counts for.
}

// void tells that the slot may have expired. The wall clock is asked as well, since a stop-watch stands still in suspension.
func (t *ticket) void() bool {
	stopwatch, wall := since(t.asked)
	return quota.Void(stopwatch, wall, t.age)
}

// A Permit pays for one request, if it is written before the permit is void.
type Permit struct {
	budget *Budget
	lane   wire.Lane
	ticket *ticket
	spent  spending
	once   sync.Once
}

// Units are how many units of the day and the month it has paid for, of those that were wanted.
func (p *Permit) Units() int { return p.spent.units }

// Reduce gives back what was paid for beyond so many units, once each: less is asked about than was thought, or the provider does not
// charge for what it refused. The slot stays taken. A lane that this worker closed meanwhile tries again, as after Release.
func (p *Permit) Reduce(units int) {
	if beyond := p.spent.units - units; beyond > 0 {
		p.budget.ledger.refund(context.Background(), spending{units: beyond, subjects: p.spent.subjects})
		p.spent.units = units
		p.budget.reopen(p.lane)
	}
}

// Void tells that the permit is too old: nothing may be written any more. Ask it immediately before a request is written.
func (p *Permit) Void() bool { return p.ticket.void() }

// Left is how long it is until then, and less than nothing when it is too old already.
func (p *Permit) Left() time.Duration {
	stopwatch, wall := since(p.ticket.asked)
	return quota.Left(stopwatch, wall, p.ticket.age)
}

// Release gives back a permit that paid for nothing. Its units are refunded, once, and the slot's part serves another, if it is young
// enough. Only the first call counts. A lane that this worker closed meanwhile tries again, since the unit may be its last; other
// workers learn of it when they reckon.
func (p *Permit) Release() {
	p.once.Do(func() {
		p.budget.ledger.refund(context.Background(), p.spent)
		p.budget.reopen(p.lane)
		p.budget.giveBack(p.ticket)
	})
}
