package lookup

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"vtq.internal/services/lookup/internal/breaker"
	"vtq.internal/services/lookup/internal/budget"
	"vtq.internal/services/lookup/internal/enrich"
	"vtq.internal/services/lookup/internal/quota"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/fleet"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/recall"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// A desk is where one provider is asked: with a budget, a breaker and a memory of its own.
type desk struct {
	name     string
	enricher *enrich.Enricher
	budget   *budget.Budget
	fleet    *fleet.Fleet
	guard    *breaker.Breaker
	truth    *truth
	kinds    []indicator.Kind // That it answers; none for all.
}

// desk makes the desk of a provider, which is on these routes.
func (l *Lookup) desk(ctx context.Context, p Provider, on []fleet.Route) (*desk, error) {
	verdicts, err := l.js.Stream(ctx, stream.Verdicts)
	if err != nil {
		return nil, fmt.Errorf("opening stream %s: %w", stream.Verdicts, err)
	}
	o, void := l.options, l.metrics.void.WithLabelValues(p.Name)
	shared, err := budget.Open(ctx, l.js, p.account(), limits(p.Quota, o.Config), budget.Watch{
		TroubleFunc: l.trouble("the quota"), VoidFunc: void.Inc,
	})
	if err != nil {
		return nil, fmt.Errorf("opening the budget: %w", err)
	}
	l.metrics.quota.of(p.Name, shared.Figures)
	fellows, err := fleet.Open(ctx, l.js, p.account(), on, shared.Now)
	if err != nil {
		return nil, err
	}
	facts := &truth{budget: shared, usageFunc: p.UsageFunc, log: o.Logger.With().Str("provider", p.Name).Logger(), doubts: make(chan struct{}, 1)}
	guard := breaker.New(l.guard(p, fellows, shared, facts))
	return &desk{
		name: p.Name,
		enricher: &enrich.Enricher{
			JS:     l.js,
			Memory: &recall.Memory{Stream: verdicts, Provider: p.Name, Policy: o.Policy, Refresh: o.Refresh},
			Budget: permits{shared, facts, l.metrics, p.Name}, Guard: gate{guard}, Provider: p.Looker, Name: p.Name,
			Many: p.Many, Most: p.Most, Singles: o.Config.Concurrency,
			QuotaWait: max(time.Minute, p.Quota.Window), OtherScheme: o.Config.OtherScheme,
			VoidFunc: void.Inc, TroubleFunc: l.trouble("the memory"), AskedFunc: l.metrics.asked(p.Name),
		},
		budget: shared, fleet: fellows, guard: guard, truth: facts, kinds: p.Kinds,
	}, nil
}

// limits are those of an account, as all workers share them.
func limits(q Quota, c Config) budget.Limits {
	return budget.Limits{
		Window: quota.Window{Requests: q.Requests, Per: cmp.Or(q.Window, time.Minute)}, Day: q.Day, Month: q.Month,
		Reserve: c.UrgentReserve,
		Ceilings: map[wire.Lane]float64{ // One that is not set is none.
			wire.Urgent: cmp.Or(c.ShareUrgent, 1), wire.Fresh: cmp.Or(c.ShareFresh, 1), wire.Refresh: cmp.Or(c.ShareRefresh, 1),
		},
	}
}

// guard is how the breaker of a provider is made.
func (l *Lookup) guard(p Provider, fellows *fleet.Fleet, shared *budget.Budget, facts *truth) breaker.Options {
	options := breaker.Options{
		Fleet: fellows, NowFunc: shared.Now, Pace: breaker.NewPace(p.Quota.Day / max(1, p.Most)), // A probe may be about as many files.
		PermitWait:  cmp.Or(p.Quota.Window, time.Minute),
		ChangedFunc: func(o *wire.Outage) { l.outage(p.Name, o) }, TroubleFunc: l.trouble("the fleet's state"),
	}
	if p.UsageFunc != nil {
		options.FreeFunc = func(ctx context.Context) error { _, err := facts.usage(ctx); return err }
		options.FreeKnown = facts.answered.Load
	}
	return options
}

// outage tells of one that begins, as this worker hears of it, and of its end.
func (l *Lookup) outage(name string, o *wire.Outage) {
	if o == nil {
		l.metrics.outage(name, false, false)
		l.options.Logger.Info().Str("provider", name).Msg("provider answers again")
		return
	}
	denied := o.Fault == fault.Denied.String()
	l.metrics.outage(name, true, denied)
	level := zerolog.WarnLevel
	message := "provider not asked for now"
	if denied {
		level, message = zerolog.ErrorLevel, "provider refuses the API key; nothing is asked until it works"
	}
	l.options.Logger.WithLevel(level).Str("provider", name).Str("fault", o.Fault).Str("cause", o.Cause).Time("since", o.Since).Msg(message)
}

// answers tells whether the provider is asked about a kind.
func (d *desk) answers(kind indicator.Kind) bool {
	return len(d.kinds) == 0 || slices.Contains(d.kinds, kind)
}

// ready tells whether a job of a lane may be asked about now, as far as is known: at most a wait for the window is before it.
func (d *desk) ready(lane wire.Lane) bool {
	return d.guard.Ready() && d.budget.Spent(lane) <= 0 && d.budget.Held() <= d.enricher.QuotaWait
}

// gate is the breaker as the enricher knows it.
type gate struct{ *breaker.Breaker }

// Enter implements enrich.Guard.
func (g gate) Enter(ctx context.Context) (enrich.Pass, error) { return pass(g.Breaker.Enter(ctx)) }

// Try implements enrich.Guard.
func (g gate) Try(ctx context.Context) (enrich.Pass, error) { return pass(g.Breaker.Try(ctx)) }

func pass(p *breaker.Pass, err error) (enrich.Pass, error) {
	if err != nil {
		return nil, err
	}
	return p, nil
}

// permits hands out the budget's permits as the enricher knows them.
type permits struct {
	*budget.Budget
	facts    *truth
	metrics  *metrics
	provider string
}

// Take implements enrich.Budget.
func (p permits) Take(ctx context.Context, want enrich.Want) (enrich.Permit, error) {
	permit, err := p.Budget.Take(ctx, budget.Want(want))
	p.metrics.decided(p.provider, err)
	if err != nil {
		return nil, err
	}
	return permit, nil
}

// Refused implements enrich.Budget.
func (p permits) Refused(ctx context.Context, d time.Duration) {
	p.metrics.refused.WithLabelValues(p.provider).Inc()
	p.Hold(ctx, d)
	p.facts.doubt()
}
