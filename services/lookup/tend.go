package lookup

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/lifecycle"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

const (
	// tendInterval is how often it is seen to that consumers are paused for as long as they have to be, and no longer: a worker may have
	// died before it could tell the server what it had written down, or gone by limits that were raised since.
	tendInterval = 5 * time.Minute
	// tendLease keeps the other workers from doing the same. It ends before the next turn of whoever holds it.
	tendLease = tendInterval - time.Minute
	// compareTime bounds a comparison, of one request for each stream and consumer, one after another.
	compareTime = 30 * time.Second
)

// tend does so until ctx ends, now and then, in one worker at a time. It begins with it, beside the lanes, which wait for none of it: a
// worker that lacks a right, or a server that is not as it should be, then shows with every start, and not minutes later.
func (w *worker) tend(ctx context.Context) error {
	for {
		w.tendOnce(ctx)
		if !lifecycle.Sleep(ctx, tendInterval+rand.N(time.Minute)) { //nolint:gosec // Jitter, not a secret.
			return nil
		}
	}
}

func (w *worker) tendOnce(ctx context.Context) {
	for _, d := range w.desks {
		err := d.budget.SetClock(ctx) // A worker without work asks for it nowhere else.
		if err == nil {
			err = errors.Join(d.budget.Hear(ctx), w.mend(ctx, d))
		}
		if err != nil && ctx.Err() == nil {
			w.trouble(err)
		}
	}
	w.compare(ctx)
}

// compare counts how the server differs from what the settings ask for. Every worker looks for itself, so that none tells what was so
// hours ago; while the server cannot be asked, what was seen last stands, and nothing where nothing was.
func (w *worker) compare(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, compareTime)
	defer cancel()
	if n, known := stream.Differences(stream.Diff(ctx, w.js, w.topology)); known {
		w.metrics.drift.WithLabelValues().Set(float64(n))
	}
}

func (w *worker) mend(ctx context.Context, d *desk) error {
	ours, err := d.budget.Lease(ctx, "tend", tendLease)
	if err != nil || !ours {
		return err
	}
	state, err := d.fleet.State(ctx)
	if err != nil {
		return err
	}
	for _, name := range wire.Lanes() {
		if _, spent := state.Spent[name]; spent {
			w.reconsider(ctx, d, name)
		}
	}
	if state, err = d.fleet.State(ctx); err != nil {
		return err
	}
	return d.fleet.Pause(ctx, state)
}

// reconsider ends a pause for want of budget when there is some: the limit may have been raised since.
func (w *worker) reconsider(ctx context.Context, d *desk, name wire.Lane) {
	left, err := d.budget.Reckon(ctx, name)
	if err == nil && left <= 0 {
		err = d.fleet.Restore(ctx, name)
	}
	if err != nil && ctx.Err() == nil {
		w.trouble(err)
	}
}

// spent has the lane's consumer paused until there is something left again, and the job may then go back at once: it comes again with
// the end of the pause, or when somebody raises the limit. Where the consumer cannot be paused, or is not, since others on the route
// have something left and only do not answer the kind, the job itself stays away for as long.
func (w *worker) spent(ctx context.Context, from lane, d *desk, err error) error {
	left := fault.RetryAfter(err)
	if trouble := d.fleet.Spend(context.WithoutCancel(ctx), from.name, left); trouble != nil {
		w.trouble(trouble)
		return err
	}
	if len(from.route.desks) > 1 {
		return err
	}
	return fault.New(fault.Quota, err)
}
