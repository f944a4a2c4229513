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
	"golang.org/x/sync/errgroup"

	"vtq.internal/services/lookup/internal/breaker"
	"vtq.internal/services/lookup/internal/budget"
	"vtq.internal/services/lookup/internal/enrich"
	"vtq.internal/services/lookup/internal/quota"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/lifecycle"
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
	guard   *breaker.Breaker
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
	l := &Lookup{options: o, js: js, metrics: m}
	l.guard = breaker.New(o.Name, l.breakerChanged)
	return l, nil
}

func (l *Lookup) breakerChanged(open bool, cause error) {
	if !open {
		l.metrics.open.Set(0)
		l.options.Logger.Info().Str("provider", l.options.Name).Msg("provider answers again")
		return
	}
	l.metrics.open.Set(1)
	level := zerolog.WarnLevel
	if fault.KindOf(cause) == fault.Denied {
		level = zerolog.ErrorLevel
	}
	l.options.Logger.WithLevel(level).Str("provider", l.options.Name).Str("fault", fault.KindOf(cause).String()).Err(cause).Msg("provider not asked for now")
}

// Run answers jobs until ctx ends, finishes what is in hand within the grace, and returns nil.
func (l *Lookup) Run(ctx context.Context) error {
	if err := l.run(ctx); ctx.Err() == nil {
		return err
	}
	return nil // Also when it was still starting: to be stopped is no failure.
}

func (l *Lookup) run(ctx context.Context) error {
	jobs, err := l.js.Stream(ctx, stream.Jobs)
	if err != nil {
		return fmt.Errorf("opening stream %s: %w", stream.Jobs, err)
	}
	verdicts, err := l.js.Stream(ctx, stream.Verdicts)
	if err != nil {
		return fmt.Errorf("opening stream %s: %w", stream.Verdicts, err)
	}
	consumers, err := l.consumers(ctx)
	if err != nil {
		return err
	}
	shared, err := l.budget(ctx)
	if err != nil {
		return err
	}
	facts := &truth{budget: shared, usageFunc: l.options.UsageFunc, log: l.options.Logger, doubts: make(chan struct{}, 1)}
	created := jobs.CachedInfo().Created
	w := &worker{
		created: created, settler: stream.NewSettler(l.js, stage, created), enricher: l.enricher(verdicts, permits{shared, facts}),
		budget: shared, guard: l.guard, log: l.options.Logger, metrics: l.metrics,
	}
	group, ctx := errgroup.WithContext(ctx) // Ends for all loops when one of them cannot go on.
	working, done := lifecycle.Grace(ctx, l.options.Grace)
	defer done()
	if l.options.UsageFunc != nil {
		facts.learn(ctx, "usage", truthLease) // Before anything is spent.
		group.Go(func() error { return facts.run(ctx) })
	}
	for lane, consumer := range consumers {
		for range l.options.Config.Concurrency {
			group.Go(func() error { return w.loop(ctx, working, lane, consumer) })
		}
	}
	return group.Wait()
}

func (l *Lookup) consumers(ctx context.Context) (map[wire.Lane]jetstream.Consumer, error) {
	all := map[wire.Lane]jetstream.Consumer{}
	for _, lane := range wire.Lanes() {
		consumer, err := l.js.Consumer(ctx, stream.LaneStream(lane), stream.LookupConsumer(lane, l.options.Route))
		if err != nil {
			return nil, fmt.Errorf("opening consumer of lane %s: %w", lane, err)
		}
		all[lane] = consumer
	}
	return all, nil
}

// budget opens the quota of the account, as all workers share it.
func (l *Lookup) budget(ctx context.Context) (*budget.Budget, error) {
	o := l.options
	return budget.Open(ctx, l.js, wire.Account{Provider: o.Name, Name: o.Account}, budget.Limits{
		Window: quota.Window{Requests: o.Quota.Requests, Per: cmp.Or(o.Quota.Window, time.Minute)},
		Day:    o.Quota.Day, Month: o.Quota.Month,
	})
}

func (l *Lookup) enricher(verdicts jetstream.Stream, permits permits) *enrich.Enricher {
	o := l.options
	return &enrich.Enricher{
		JS:     l.js,
		Memory: &recall.Memory{Stream: verdicts, Provider: o.Name, Policy: o.Policy, Refresh: o.Refresh},
		Budget: permits, Guard: l.guard, Provider: o.Provider, Name: o.Name, OtherScheme: o.Config.OtherScheme,
	}
}

// permits hands out the budget's permits as the enricher knows them.
type permits struct {
	budget *budget.Budget
	facts  *truth
}

func (p permits) Take(ctx context.Context, lane wire.Lane) (enrich.Permit, error) {
	permit, err := p.budget.Take(ctx, lane)
	if err != nil {
		return nil, err
	}
	return permit, nil
}

func (p permits) Hold(ctx context.Context, d time.Duration) {
	p.budget.Hold(ctx, d)
	p.facts.doubt()
}
