package lookup

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"vtq.internal/services/lookup/internal/budget"
	"vtq.internal/services/lookup/internal/quota"
	"vtq.internal/shared/fault"
)

const (
	// truthInterval is how often the provider is asked what was used: people and other tools may share the key.
	truthInterval = 15 * time.Minute
	// truthLease is for how long nobody else asks. It ends before the next turn of whoever holds it.
	truthLease = truthInterval - time.Minute
	// doubtLease is the same after a 429: every worker that gets one doubts, and one question is enough.
	doubtLease = time.Minute
	// compareLease is for how long a comparison may take at most, twice over.
	compareLease = 2 * time.Minute
	// truthMargin is how near to midnight nothing is compared: longer than a comparison takes, and than a page should lag.
	truthMargin = 5 * time.Minute
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

// learn adds to the counters what the provider says beyond them, if nobody else does. The first lease sets the pace, the second sees
// to it that never two compare at once: both would add the same. What goes wrong is tried again at the next turn: until then our own
// counters hold.
func (t *truth) learn(ctx context.Context, pace string, d time.Duration) {
	if ours, err := t.budget.Lease(ctx, pace, d); err != nil || !ours {
		return
	}
	if ours, err := t.budget.Lease(ctx, "compare", compareLease); err != nil || !ours {
		return
	}
	if err := t.compare(ctx); err != nil && ctx.Err() == nil {
		t.log.Warn().Err(err).Str("fault", fault.KindOf(err).String()).Msg("usage not known")
	}
}

// compare reads our counters first: what is spent while the provider is asked may then be counted twice, and never not at all. Around
// midnight nothing is compared, since the provider's page may still tell of the day before.
func (t *truth) compare(ctx context.Context) error {
	at := t.budget.Now()
	if quota.NearMidnight(at, truthMargin) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, compareLease/2)
	defer cancel()
	day, month, err := t.budget.Counted(ctx, at)
	if err != nil {
		return err
	}
	usage, err := t.usageFunc(ctx)
	if err != nil {
		return err
	}
	return t.budget.Add(ctx, at, usage.Day-day, usage.Month-month)
}
