package lookup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"vtq.internal/services/lookup/internal/breaker"
	"vtq.internal/services/lookup/internal/budget"
	"vtq.internal/services/lookup/internal/enrich"
	"vtq.internal/services/lookup/internal/quota"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/fleet"
	"vtq.internal/shared/lifecycle"
	"vtq.internal/shared/logging"
	"vtq.internal/shared/recall"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

// Options are what a lookup worker is made of. All are required but Quota, UsageFunc and Grace.
type Options struct {
	Config   Config
	NATS     *nats.Conn
	Provider enrich.Looker
	// Name is the provider's name in subjects, and Route the route whose jobs it answers.
	Name, Route string
	// Account names the quota among those of the provider, and Quota says what it allows.
	Account string
	Quota   Quota
	// UsageFunc asks the provider what was used of the day and the month, by whomever, free of charge; nil where it cannot tell.
	UsageFunc func(context.Context) (Usage, error)
	Policy    verdict.Policy
	Refresh   verdict.Refresh
	// Grace is how long work in hand may go on after the end of Run's context.
	Grace      time.Duration
	Logger     zerolog.Logger
	Registerer prometheus.Registerer
}

// A Lookup is one worker of the lookup stage.
type Lookup struct {
	options Options
	js      jetstream.JetStream
	metrics *metrics
}

// New makes a worker. It touches nothing yet.
func New(o Options) (*Lookup, error) {
	if o.NATS == nil || o.Provider == nil || o.Registerer == nil || !wire.Token(o.Name) || !wire.Token(o.Route) || !wire.Token(o.Account) {
		return nil, errors.New("making a lookup worker: NATS, Provider, Registerer, Name, Route and Account are required")
	}
	js, err := jetstream.New(o.NATS)
	if err != nil {
		return nil, fmt.Errorf("making a lookup worker: %w", err)
	}
	m, err := newMetrics(o.Registerer)
	if err != nil {
		return nil, fmt.Errorf("making a lookup worker: %w", err)
	}
	return &Lookup{options: o, js: js, metrics: m}, nil
}

// Run answers jobs until ctx ends, finishes what is in hand within the grace, and returns nil.
func (l *Lookup) Run(ctx context.Context) error {
	if err := l.run(ctx); ctx.Err() == nil {
		return err
	}
	return nil // Also when it was still starting: to be stopped is no failure.
}

func (l *Lookup) run(ctx context.Context) error {
	lanes, err := l.lanes(ctx)
	if err != nil {
		return err
	}
	w, err := l.worker(ctx)
	if err != nil {
		return err
	}
	if l.options.UsageFunc != nil {
		w.truth.learn(ctx, "usage", truthLease, w.truth.compare) // Before anything is spent.
	}
	var group lifecycle.Group
	group.Add("truth", w.truth.run)
	group.Add("breaker", w.guard.Watch)
	group.Add("tending", func(ctx context.Context) error { return w.tend(ctx, lanes) })
	for _, lane := range lanes {
		w.reconsider(ctx, lane)
		group.Add("lane "+string(lane.name), func(ctx context.Context) error {
			working, done := lifecycle.Grace(ctx, l.options.Grace)
			defer done()
			return w.serve(ctx, working, lane)
		})
	}
	return group.Run(ctx)
}

// lanes opens the consumers, each with what its stream needs.
func (l *Lookup) lanes(ctx context.Context) ([]lane, error) {
	var all []lane
	for _, name := range wire.Lanes() {
		from, err := l.js.Stream(ctx, stream.LaneStream(name))
		if err != nil {
			return nil, fmt.Errorf("opening stream %s: %w", stream.LaneStream(name), err)
		}
		consumer, err := from.Consumer(ctx, stream.LookupConsumer(name, l.options.Route))
		if err != nil {
			return nil, fmt.Errorf("opening the consumer of lane %s: %w", name, err)
		}
		created := from.CachedInfo().Created
		all = append(all, lane{name: name, consumer: consumer, created: created, settler: stream.NewSettler(l.js, stage, created)})
	}
	return all, nil
}

// worker brings together what the lanes share.
func (l *Lookup) worker(ctx context.Context) (*worker, error) {
	o := l.options
	verdicts, err := l.js.Stream(ctx, stream.Verdicts)
	if err != nil {
		return nil, fmt.Errorf("opening stream %s: %w", stream.Verdicts, err)
	}
	account := wire.Account{Provider: o.Name, Name: o.Account}
	shared, err := budget.Open(ctx, l.js, account, l.limits(), budget.Watch{
		TroubleFunc: l.trouble("the quota"), VoidFunc: l.metrics.void.Inc,
	})
	if err != nil {
		return nil, fmt.Errorf("opening the budget: %w", err)
	}
	fellows, err := fleet.Open(ctx, l.js, account, o.Route, shared.Now)
	if err != nil {
		return nil, err
	}
	facts := &truth{budget: shared, usageFunc: o.UsageFunc, log: o.Logger, doubts: make(chan struct{}, 1)}
	guard := breaker.New(l.guard(fellows, shared, facts))
	return &worker{
		enricher: &enrich.Enricher{
			JS:     l.js,
			Memory: &recall.Memory{Stream: verdicts, Provider: o.Name, Policy: o.Policy, Refresh: o.Refresh},
			Budget: permits{shared, facts, l.metrics.refused}, Guard: gate{guard}, Provider: o.Provider, Name: o.Name,
			QuotaWait: max(time.Minute, o.Quota.Window), OtherScheme: o.Config.OtherScheme,
			VoidFunc: l.metrics.void.Inc, TroubleFunc: l.trouble("the memory"),
		},
		budget: shared, fleet: fellows, guard: guard, truth: facts, hands: o.Config.Concurrency, trouble: l.trouble("the lanes"), log: o.Logger, metrics: l.metrics,
	}, nil
}

// limits are those of the account, as all workers share them.
func (l *Lookup) limits() budget.Limits {
	q, c := l.options.Quota, l.options.Config
	return budget.Limits{
		Window: quota.Window{Requests: q.Requests, Per: cmp.Or(q.Window, time.Minute)}, Day: q.Day, Month: q.Month,
		Reserve: c.UrgentReserve,
		Ceilings: map[wire.Lane]float64{ // One that is not set is none.
			wire.Urgent: cmp.Or(c.ShareUrgent, 1), wire.Fresh: cmp.Or(c.ShareFresh, 1), wire.Refresh: cmp.Or(c.ShareRefresh, 1),
		},
	}
}

func (l *Lookup) guard(fellows *fleet.Fleet, shared *budget.Budget, facts *truth) breaker.Options {
	options := breaker.Options{
		Fleet: fellows, NowFunc: shared.Now, Pace: breaker.NewPace(l.options.Quota.Day), PermitWait: l.limits().Window.Per,
		ChangedFunc: l.outage, TroubleFunc: l.trouble("the fleet's state"),
	}
	if l.options.UsageFunc != nil {
		options.FreeFunc = func(ctx context.Context) error { _, err := facts.usage(ctx); return err }
		options.FreeKnown = facts.answered.Load
	}
	return options
}

// outage tells of one that begins, as this worker hears of it, and of its end.
func (l *Lookup) outage(o *wire.Outage) {
	if o == nil {
		l.metrics.open.Set(0)
		l.options.Logger.Info().Str("provider", l.options.Name).Msg("provider answers again")
		return
	}
	l.metrics.open.Set(1)
	level := zerolog.WarnLevel
	message := "provider not asked for now"
	if o.Fault == fault.Denied.String() {
		level, message = zerolog.ErrorLevel, "provider refuses the API key; nothing is asked until it works"
	}
	l.options.Logger.WithLevel(level).Str("provider", l.options.Name).Str("fault", o.Fault).Str("cause", o.Cause).Time("since", o.Since).Msg(message)
}

// trouble tells of what goes wrong with something that all workers share, and heals by itself: once a minute, as long as it lasts.
func (l *Lookup) trouble(with string) func(error) {
	var fold logging.Fold
	return func(err error) {
		l.metrics.trouble.Inc()
		if repeats, ok := fold.Allow(with); ok {
			l.options.Logger.Warn().Int("repeats", repeats).Err(err).Msg("trouble with " + with)
		}
	}
}

// gate is the breaker as the enricher knows it.
type gate struct{ *breaker.Breaker }

// Enter implements enrich.Guard.
func (g gate) Enter(ctx context.Context) (enrich.Pass, error) {
	pass, err := g.Breaker.Enter(ctx)
	if err != nil {
		return nil, err
	}
	return pass, nil
}

// permits hands out the budget's permits as the enricher knows them.
type permits struct {
	*budget.Budget
	facts   *truth
	refused prometheus.Counter
}

// Take implements enrich.Budget.
func (p permits) Take(ctx context.Context, lane wire.Lane) (enrich.Permit, error) {
	permit, err := p.Budget.Take(ctx, lane)
	if err != nil {
		return nil, err
	}
	return permit, nil
}

// Refused implements enrich.Budget.
func (p permits) Refused(ctx context.Context, d time.Duration) {
	p.refused.Inc()
	p.Hold(ctx, d)
	p.facts.doubt()
}
