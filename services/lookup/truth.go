package lookup

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"vtq.internal/services/lookup/internal/budget"
	"vtq.internal/shared/fault"
)

const (
	// truthInterval is how often the provider is asked what was used: people and other tools may share the key.
	truthInterval = 15 * time.Minute
	// truthLease is for how long nobody else asks. It ends before the next turn of whoever holds it.
	truthLease = truthInterval - time.Minute
	// doubtLease is the same after a 429: every worker that gets one doubts, and one question is enough.
	doubtLease = time.Minute
)

// A truth keeps our counters of the day and the month as high as the provider's own. Of all workers one asks at a time.
type truth struct {
	budget    *budget.Budget
	usageFunc func(context.Context) (Usage, error)
	log       zerolog.Logger
	doubts    chan struct{} // Has room for one: that somebody doubts is all there is to know.
}

// doubt has the provider asked soon: it said that the quota is spent.
func (t *truth) doubt() {
	select {
	case t.doubts <- struct{}{}:
	default:
	}
}

// run asks in every interval and in doubt, until ctx ends.
func (t *truth) run(ctx context.Context) error {
	ticker := time.NewTicker(truthInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			t.learn(ctx, "usage", truthLease)
		case <-t.doubts:
			t.learn(ctx, "doubt", doubtLease)
		case <-ctx.Done():
			return nil
		}
	}
}

// learn adds to the counters what the provider says beyond them, if nobody else does. What goes wrong is tried again at the next turn:
// until then our own counters hold.
func (t *truth) learn(ctx context.Context, lease string, d time.Duration) {
	ours, err := t.budget.Lease(ctx, lease, d)
	if err != nil || !ours {
		return
	}
	if err := t.compare(ctx); err != nil && ctx.Err() == nil {
		t.log.Warn().Err(err).Str("fault", fault.KindOf(err).String()).Msg("usage not known")
	}
}

// compare reads our counters first: what is spent while the provider is asked may then be counted twice, and never not at all.
func (t *truth) compare(ctx context.Context) error {
	day, month, err := t.budget.Counted(ctx)
	if err != nil {
		return err
	}
	usage, err := t.usageFunc(ctx)
	if err != nil {
		return err
	}
	return t.budget.Add(ctx, usage.Day-day, usage.Month-month)
}
