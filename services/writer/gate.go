package writer

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/lifecycle"
	"vtq.internal/shared/threatq"
)

const (
	// minProbe and maxProbe bound the wait between two probes of a ThreatQ that is down: an upgrade takes minutes, and one that is
	// back is seen within one.
	minProbe = 2 * time.Second
	maxProbe = time.Minute
	// calm is how long nothing is refused after which a refusal is a new one: longer than the longest wait between two tries, as recent.
	calm = 15 * time.Minute
	// recent is for how long a write proves that ThreatQ takes writes: longer than the longest wait between two tries of a message
	// (10 min and a fifth), so that one that fails is blamed when another was written since it last failed.
	recent = 15 * time.Minute
)

// A gate keeps a batch in hand while ThreatQ is down. Whether it is down, or only this item fails, is asked of ThreatQ itself: who
// am I, which costs nothing and touches no indicator.
type gate struct {
	check func(context.Context) (threatq.User, error)
	log   zerolog.Logger
	down  prometheus.Gauge
	told  *denials

	took   atomic.Pointer[time.Time] // When ThreatQ last took a write.
	spared atomic.Bool               // A message has outlived its tries.

	turn chan struct{} // Has room for one: who fills it probes, the others wait for what it finds.
	// What follows belongs to whose turn it is.
	back    time.Time // When ThreatQ was last found to answer again.
	denied  time.Time // When it last refused a write.
	retried time.Time // When the wait for a refusal last ended.
}

func newGate(check func(context.Context) (threatq.User, error), log zerolog.Logger, m *metrics) *gate {
	return &gate{check: check, log: log, down: m.down, told: m.denials, turn: make(chan struct{}, 1)}
}

// waits tells whether a fault of this kind may be ThreatQ's and not the item's.
func waits(kind fault.Kind) bool {
	switch kind {
	case fault.Transient, fault.Denied, fault.Quota:
		return true
	case fault.Unknown, fault.Permanent, fault.Interrupted, fault.Gone:
	}
	return false
}

// pass tells whether a write that failed with err is worth another try at once: because ThreatQ was down and is up again. It
// returns when that is so, or when it is known that ThreatQ was never down, or when ctx ends.
func (g *gate) pass(ctx context.Context, err error) bool {
	kind, failed := fault.KindOf(err), time.Now()
	if err == nil || !waits(kind) {
		return false
	}
	select {
	case g.turn <- struct{}{}:
		defer func() { <-g.turn }()
	case <-ctx.Done():
		return false
	}
	if g.back.After(failed) {
		return true // It was down when this failed, too: somebody else has waited for it.
	}
	_, down := g.check(ctx)
	switch {
	case down == nil:
		return kind == fault.Denied && g.refused(ctx, err, failed) // What is transient while ThreatQ answers is likely this item's own.
	case ctx.Err() != nil:
		return false
	}
	return g.outage(ctx, down)
}

// wrote notes that ThreatQ takes writes.
func (g *gate) wrote() {
	now := time.Now()
	g.took.Store(&now)
	g.told.took()
}

// blames tells whether a message that failed as often as one may is at fault itself, which shows when ThreatQ takes what others
// bring. While it answers, but takes nothing (no right to write, a full disk), nobody can tell, and the message is tried on.
func (g *gate) blames() bool {
	if last := g.took.Load(); last != nil && time.Since(*last) < recent {
		return true
	}
	g.spared.Store(true)
	return false
}

// refused waits a little: ThreatQ knows us, but does not let us do this. Either an administrator has taken the right to write away,
// or 403 is ThreatQ's word for a bad request, as its documentation says it mostly is. So the item is tried once more, and then goes
// its own way. It waits once for a series of refusals, and whatever failed meanwhile is tried once more with it: a batch with many bad
// items would otherwise wait for each.
func (g *gate) refused(ctx context.Context, err error, failed time.Time) bool {
	series := time.Since(g.denied) < calm
	g.denied = time.Now()
	g.told.refused()
	if series {
		return failed.Before(g.retried)
	}
	g.log.Error().Err(err).Msg("ThreatQ refuses to be written; does the account have a role that may add attributes?")
	if !lifecycle.Sleep(ctx, maxProbe) {
		return false
	}
	g.denied, g.retried = time.Now(), time.Now()
	return true
}

// outage waits until ThreatQ answers again, and says why it does not, as often as that changes.
func (g *gate) outage(ctx context.Context, down error) bool {
	g.down.Set(1)
	defer g.down.Set(0)
	defer g.told.outage.Store(false)
	began, said := time.Now(), ""
	for wait := minProbe; down != nil; wait = min(2*wait, maxProbe) {
		g.told.outage.Store(fault.KindOf(down) == fault.Denied)
		if kind := fault.KindOf(down).String(); kind != said {
			g.log.WithLevel(loudness(down)).Err(down).Str("fault", kind).Msg("ThreatQ takes nothing, waiting")
			said = kind
		}
		if !lifecycle.Sleep(ctx, wait) {
			return false
		}
		if _, down = g.check(ctx); ctx.Err() != nil {
			return false
		}
	}
	g.back = time.Now()
	g.log.Info().Float64("down_s", time.Since(began).Seconds()).Msg("ThreatQ answers again")
	return true
}

// loudness is the level at which an outage is told: refused credentials do not heal without a person.
func loudness(down error) zerolog.Level {
	if fault.KindOf(down) == fault.Denied {
		return zerolog.ErrorLevel
	}
	return zerolog.WarnLevel
}
