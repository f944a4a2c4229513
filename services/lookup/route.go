package lookup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"vtq.internal/services/lookup/internal/budget"
	"vtq.internal/services/lookup/internal/enrich"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/lifecycle"
	"vtq.internal/shared/wire"
)

// readyWait is how soon a job that nobody can be asked about looks again whether somebody can: as often as the breakers look.
const readyWait = 5 * time.Second

// A route is where jobs can be answered: at the first desk that is ready.
type route struct {
	name        string
	desks       []*desk // At least one.
	changedFunc func(route, from, to string)

	mu      sync.Mutex
	present *desk // Which was chosen last.
}

// choose gives the first desk that is ready, but those that were tried, or none.
func (r *route) choose(lane wire.Lane, tried []*desk) *desk {
	for _, d := range r.desks {
		if !slices.Contains(tried, d) && d.ready(lane) {
			r.chosen(d)
			return d
		}
	}
	return nil
}

// chosen takes note of a choice, and tells of another than the last.
func (r *route) chosen(d *desk) {
	r.mu.Lock()
	last := r.present
	r.present = d
	r.mu.Unlock()
	if last == nil {
		last = r.desks[0]
	}
	if last != d {
		r.changedFunc(r.name, last.name, d.name)
	}
}

// spent is for how long nobody on the route has anything left for a lane: zero while somebody has.
func (r *route) spent(lane wire.Lane) time.Duration {
	left := r.desks[0].budget.Spent(lane)
	for _, d := range r.desks[1:] {
		left = min(left, d.budget.Spent(lane))
	}
	return left
}

// yield waits until no lane goes before this one, at the first desk that has something left.
func (r *route) yield(ctx context.Context, lane wire.Lane) error {
	for _, d := range r.desks {
		if d.budget.Spent(lane) <= 0 {
			return d.budget.Yield(ctx, lane)
		}
	}
	return nil
}

// answer answers a job at one of the desks, and tells which.
func (r *route) answer(ctx, working context.Context, t enrich.Ticket, origin wire.Origin) (enrich.Report, *desk, error) {
	at := func(d *desk) enrich.Ticket { t.ID = wire.VerdictID(origin, d.name); return t }
	if len(r.desks) == 1 {
		d := r.desks[0]
		report, err := d.enricher.Answer(ctx, working, at(d))
		return report, d, err
	}
	var all enrich.Report
	var tried []*desk // In vain, since the last wait.
	for t.Elsewhere = true; ; {
		d := r.choose(t.Lane, tried)
		if report, known, err := r.recall(ctx, working, at, d); known != nil || err != nil {
			return all.Plus(report), known, err
		}
		if d != nil {
			report, err := d.enricher.Answer(ctx, working, at(d))
			if all = all.Plus(report); !d.declines(working, t.Lane, err) {
				return all, d, err
			}
			tried = append(tried, d)
			continue
		}
		if left := r.spent(t.Lane); left > 0 {
			return all, r.desks[0], fault.After(fault.Quota, left, fmt.Errorf("%w for lane %s, with all providers", budget.ErrSpent, t.Lane))
		}
		if !lifecycle.Sleep(ctx, readyWait) {
			return all, r.desks[0], fault.New(fault.Interrupted, context.Cause(ctx))
		}
		tried = nil
	}
}

// recall answers a job from what was said at any desk but the chosen one, which looks for itself, and tells at which.
func (r *route) recall(ctx, working context.Context, at func(*desk) enrich.Ticket, chosen *desk) (enrich.Report, *desk, error) {
	for _, d := range r.desks {
		if d == chosen {
			continue
		}
		if report, known, err := d.enricher.Recall(ctx, working, at(d)); known || err != nil {
			return report, d, err
		}
	}
	return enrich.Report{}, nil, nil
}

// declines tells whether a job has to go elsewhere: the desk is out of reach, or of budget, which is written down for all.
func (d *desk) declines(ctx context.Context, lane wire.Lane, err error) bool {
	if errors.Is(err, budget.ErrSpent) {
		_ = d.fleet.Spend(context.WithoutCancel(ctx), lane, fault.RetryAfter(err)) // An economy, while somebody else answers.
		return true
	}
	return errors.Is(err, enrich.ErrElsewhere) || errors.Is(err, budget.ErrHeld)
}
