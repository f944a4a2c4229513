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
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/lifecycle"
	"vtq.internal/shared/wire"
)

// readyWait is how soon a job that nobody can be asked about looks again whether somebody can: as often as the breakers look.
const readyWait = 5 * time.Second

// unroutedWait is how long a job stays away that nobody on its route is asked about: 20 tries are most of a day, in which somebody may
// find out that two services have different settings.
const unroutedWait = time.Hour

// errUnrouted means that the settings of whoever made the job are others than ours.
var errUnrouted = errors.New("no provider of the route is asked about this kind here; do all services have the same VTQ_PROVIDERS, VTQ_ROUTES and VT_KINDS?")

// A route is where jobs can be answered: at the first desk that is ready.
type route struct {
	name        string
	desks       []*desk // At least one.
	changedFunc func(from, to string)

	mu      sync.Mutex
	present *desk // Which has answered last.
}

// choose gives the first of some desks that is ready, but those that were tried, or none.
func choose(desks []*desk, lane wire.Lane, tried []*desk) *desk {
	for _, d := range desks {
		if !slices.Contains(tried, d) && d.ready(lane) {
			return d
		}
	}
	return nil
}

// able lists the desks that answer a kind.
func (r *route) able(kind indicator.Kind) []*desk {
	return slices.DeleteFunc(slices.Clone(r.desks), func(d *desk) bool { return !d.answers(kind) })
}

// answered takes note of who has answered, and tells of another than the last.
func (r *route) answered(d *desk) {
	r.mu.Lock()
	last := r.present
	r.present = d
	r.mu.Unlock()
	if last == nil {
		last = r.desks[0]
	}
	if last != d {
		r.changedFunc(last.name, d.name)
	}
}

// spent is for how long nobody on the route has anything left for a lane: zero while somebody has.
func (r *route) spent(lane wire.Lane) time.Duration { return spent(r.desks, lane) }

func spent(desks []*desk, lane wire.Lane) time.Duration {
	left := desks[0].budget.Spent(lane)
	for _, d := range desks[1:] {
		left = min(left, d.budget.Spent(lane))
	}
	return left
}

// yield waits until no lane goes before this one, at the first desk that is ready.
func (r *route) yield(ctx context.Context, lane wire.Lane) error {
	if d := choose(r.desks, lane, nil); d != nil {
		return d.budget.Yield(ctx, lane)
	}
	return r.desks[0].budget.Yield(ctx, lane)
}

// answer answers a job at one of the desks, and tells which.
func (r *route) answer(ctx, working context.Context, t enrich.Ticket, origin wire.Origin) (enrich.Report, *desk, error) {
	at := func(d *desk) enrich.Ticket { t.ID = wire.VerdictID(origin, d.name); return t }
	desks := r.able(t.Job.Object.Kind)
	switch len(desks) {
	case 0:
		return enrich.Report{}, r.desks[0], fault.After(fault.Quota, unroutedWait, errUnrouted)
	case 1:
		report, err := desks[0].enricher.Answer(ctx, working, at(desks[0]))
		return report, desks[0], err
	}
	var all enrich.Report
	var tried []*desk // In vain, since the last wait.
	for t.Elsewhere = true; ; {
		d := choose(desks, t.Lane, tried)
		if report, known, err := remembered(ctx, working, at, desks, d); known != nil || err != nil {
			return all.Plus(report), known, err
		}
		if d != nil {
			report, err := d.enricher.Answer(ctx, working, at(d))
			if all = all.Plus(report); !d.declines(working, t.Lane, err) {
				if err == nil {
					r.answered(d)
				}
				return all, d, err
			}
			tried = append(tried, d)
			continue
		}
		if left := spent(desks, t.Lane); left > 0 {
			return all, desks[0], fault.After(fault.Quota, left, fmt.Errorf("%w for lane %s, with all providers", budget.ErrSpent, t.Lane))
		}
		if !lifecycle.Sleep(ctx, readyWait) {
			return all, desks[0], fault.New(fault.Interrupted, context.Cause(ctx))
		}
		tried = nil
	}
}

// remembered answers a job from what was said at any desk but the chosen one, which looks for itself, and tells at which.
func remembered(ctx, working context.Context, at func(*desk) enrich.Ticket, desks []*desk, chosen *desk) (enrich.Report, *desk, error) {
	for _, d := range desks {
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
