package lookup

import (
	"context"
	"sync/atomic"
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
	usageFunc func(context.Context) (Usage, error) // Nil where the provider cannot tell.
	log       zerolog.Logger
	doubts    chan struct{} // Has room for one: that somebody doubts is all there is to know.
	answered  atomic.Bool   // The provider has told, once at least.
}

// usage asks the provider.
func (t *truth) usage(ctx context.Context) (Usage, error) {
	usage, err := t.usageFunc(ctx)
	if err == nil {
		t.answered.Store(true)
	}
	return usage, err
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
	turn := ticker.C
	if t.usageFunc == nil {
		turn = nil // Never.
	}
	for {
		select {
		case <-turn:
			t.learn(ctx, "usage", truthLease, t.compare)
		case <-t.doubts:
			t.learn(ctx, "doubt", doubtLease, t.explain)
		case <-ctx.Done():
			return nil
		}
	}
}

// learn does its work if nobody else does. The first lease sets the pace, the second sees to it that never two compare at once: both
// would add the same. What goes wrong is tried again at the next turn: until then our own counters hold.
func (t *truth) learn(ctx context.Context, pace string, d time.Duration, work func(context.Context) error) {
	if ours, err := t.budget.Lease(ctx, pace, d); err != nil || !ours {
		return
	}
	if ours, err := t.budget.Lease(ctx, "compare", compareLease); err != nil || !ours {
		return
	}
	if err := work(ctx); err != nil && ctx.Err() == nil {
		t.log.Warn().Err(err).Str("fault", fault.KindOf(err).String()).Msg("usage not known")
	}
}

// compare adds what others have spent.
func (t *truth) compare(ctx context.Context) error {
	_, _, err := t.figures(ctx)
	return err
}

// explain compares, and names both figures: a request that had a permit was refused, so that one of them is wrong, or the limit is.
func (t *truth) explain(ctx context.Context) error {
	ours, theirs, err := t.figures(ctx)
	event := t.log.Warn().Int("counted_day", ours.Day).Int("counted_month", ours.Month)
	if t.usageFunc != nil && err == nil {
		event = event.Int("provider_day", theirs.Day).Int("provider_month", theirs.Month)
	}
	event.Msg("the provider refused a request for its quota (429), though our count left room; do others use the key, or is a limit set too high?")
	return err
}

// figures reads our counters first: what is spent while the provider is asked may then be counted twice, and never not at all. Then it
// adds to ours what is beyond them. Around midnight nothing is compared, since the provider's page may still tell of the day before.
func (t *truth) figures(ctx context.Context) (ours, theirs Usage, err error) {
	at := t.budget.Now()
	ctx, cancel := context.WithTimeout(ctx, compareLease/2)
	defer cancel()
	if ours.Day, ours.Month, err = t.budget.Counted(ctx, at); err != nil || t.usageFunc == nil || quota.NearMidnight(at, truthMargin) {
		return ours, Usage{}, err
	}
	if theirs, err = t.usage(ctx); err != nil {
		return ours, theirs, err
	}
	return ours, theirs, t.budget.Add(ctx, at, theirs.Day-ours.Day, theirs.Month-ours.Month)
}
