package lookup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"vtq.internal/services/lookup/internal/enrich"
	"vtq.internal/shared/admin"
	"vtq.internal/shared/fleet"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/lifecycle"
	"vtq.internal/shared/logging"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/telemetry"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

// Options are what a lookup worker is made of. All are required but Topology, Grace, PulseFunc and Tracer.
type Options struct {
	Config Config
	NATS   *nats.Conn
	// Providers are those that the worker can ask.
	Providers []Provider
	// Routes are those whose jobs it answers. Jobs that still wait on others, as they were routed before, are answered as well.
	Routes  []provider.Route
	Policy  verdict.Policy
	Refresh verdict.Refresh
	// Topology is what the settings ask of the server. What of it concerns a lookup worker is compared with what is there. Defaults to
	// nothing.
	Topology stream.Topology
	// Grace is how long work in hand may go on after the end of Run's context.
	Grace      time.Duration
	Logger     zerolog.Logger
	Registerer prometheus.Registerer
	// PulseFunc posts a loop for liveness. Defaults to none that is watched.
	PulseFunc func(loop string) *admin.Pulse
	// Tracer makes spans. Defaults to that of Run's context, if there is one.
	Tracer *telemetry.Tracer
}

// pulse posts a loop of the stage.
func (o Options) pulse(loop string) *admin.Pulse {
	if o.PulseFunc == nil {
		return nil
	}
	return o.PulseFunc(loop)
}

// A Provider is one that can be asked. Quota, Many and UsageFunc are optional.
type Provider struct {
	Name   string // In subjects: one of package provider.
	Looker enrich.Looker
	// Many answers about up to Most files of the backlog in one request, for one unit of the quota each. Optional.
	Many enrich.ManyLooker
	Most int
	// Kinds are what it answers. Defaults to all.
	Kinds []indicator.Kind
	// Account names the quota among those of the provider, and Quota says what it allows.
	Account string
	Quota   Quota
	// UsageFunc asks the provider what was used of the day and the month, by whomever, free of charge; nil where it cannot tell.
	UsageFunc func(context.Context) (Usage, error)
}

func (p Provider) account() wire.Account { return wire.Account{Provider: p.Name, Name: p.Account} }

// A Lookup is one worker of the lookup stage.
type Lookup struct {
	options Options
	js      jetstream.JetStream
	metrics *metrics
	begun   *admin.Pulse // Of the stage as a whole, which beats once it has begun.
}

// New makes a worker. It touches nothing yet.
func New(o Options) (*Lookup, error) {
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("making a lookup worker: %w", err)
	}
	js, err := jetstream.New(o.NATS)
	if err != nil {
		return nil, fmt.Errorf("making a lookup worker: %w", err)
	}
	var names []string
	for _, p := range o.Providers {
		names = append(names, p.Name)
	}
	m, err := newMetrics(o.Registerer, names)
	if err != nil {
		return nil, fmt.Errorf("making a lookup worker: %w", err)
	}
	return &Lookup{options: o, js: js, metrics: m, begun: o.pulse(stage)}, nil
}

func (o Options) validate() error {
	if o.NATS == nil || o.Registerer == nil || len(o.Providers) == 0 || len(o.Routes) == 0 {
		return errors.New("NATS, Registerer, Providers and Routes are required")
	}
	for _, p := range o.Providers {
		if p.Looker == nil || !wire.Token(p.Name) || !wire.Token(p.Account) {
			return fmt.Errorf("provider %q: Name, Looker and Account are required", p.Name)
		}
	}
	return nil
}

// Run answers jobs until ctx ends, finishes what is in hand within the grace, and returns nil.
func (l *Lookup) Run(ctx context.Context) error {
	if err := l.run(l.options.Tracer.Context(ctx)); ctx.Err() == nil {
		return err
	}
	return nil // Also when it was still starting: to be stopped is no failure.
}

func (l *Lookup) run(ctx context.Context) error {
	var desks []*desk
	var lanes []lane
	err := stream.Patiently(ctx, l.waiting, func(ctx context.Context) (err error) {
		desks, lanes, err = l.open(ctx)
		return err
	})
	if err != nil {
		return err
	}
	w := &worker{desks: desks, js: l.js, topology: l.options.Topology.ForLookup(), trouble: l.trouble("the lanes"), log: l.options.Logger, metrics: l.metrics}
	var group lifecycle.Group
	for _, d := range desks {
		if d.truth.usageFunc != nil {
			d.truth.learn(ctx, "usage", truthLease, d.truth.compare) // Before anything is spent.
		}
		for _, name := range wire.Lanes() {
			w.reconsider(ctx, d, name)
		}
		group.Add("truth of "+d.name, d.truth.run)
		group.Add("breaker of "+d.name, d.guard.Watch)
	}
	group.Add("tending", w.tend)
	for _, from := range lanes {
		name := fmt.Sprintf("lane %s of %s", from.name, from.route.name)
		from.pulse = l.options.pulse(name)
		group.Add(name, func(ctx context.Context) error {
			working, done := lifecycle.Grace(ctx, l.options.Grace)
			defer done()
			return w.serve(ctx, working, from)
		})
	}
	l.begun.Rest()
	return group.Run(ctx)
}

// waiting tells why the worker has not begun yet.
func (l *Lookup) waiting(err error) {
	l.options.Logger.Warn().Err(err).Msg("waiting for NATS to begin")
}

// open opens all that the worker needs of the server.
func (l *Lookup) open(ctx context.Context) ([]*desk, []lane, error) {
	routes, err := l.routes(ctx)
	if err != nil {
		return nil, nil, err
	}
	desks, err := l.desks(ctx, routes)
	if err != nil {
		return nil, nil, err
	}
	lanes, err := l.lanes(ctx, routes, desks)
	return desks, lanes, err
}

// routes are those of the options, and those on which jobs may wait since they were routed before, if somebody on them can be asked.
func (l *Lookup) routes(ctx context.Context) ([]provider.Route, error) {
	routes := slices.Clone(l.options.Routes)
	jobs, err := l.js.Stream(ctx, stream.Jobs)
	if err != nil {
		return nil, fmt.Errorf("opening stream %s: %w", stream.Jobs, err)
	}
	names := jobs.ConsumerNames(ctx)
	for consumer := range names.Name() {
		name, ok := stream.LookupRoute(consumer)
		if ok && !slices.ContainsFunc(routes, func(r provider.Route) bool { return r.Name == name }) {
			routes = append(routes, provider.ParseRoute(name))
		}
	}
	if err := names.Err(); err != nil {
		return nil, fmt.Errorf("looking for consumers of %s: %w", stream.Jobs, err)
	}
	return slices.DeleteFunc(routes, l.unable), nil
}

// unable tells, and says, that nobody on a route can be asked here.
func (l *Lookup) unable(r provider.Route) bool {
	if len(l.able(r)) > 0 {
		return false
	}
	l.options.Logger.Warn().Str("route", r.Name).Msg("jobs of this route wait: none of its providers is set up here; vtq check counts them")
	return true
}

func (l *Lookup) configured(r provider.Route) bool {
	return slices.ContainsFunc(l.options.Routes, func(of provider.Route) bool { return of.Name == r.Name })
}

// able lists the providers of a route that this worker can ask, in the order of the route.
func (l *Lookup) able(r provider.Route) []Provider {
	var all []Provider
	for _, name := range r.Providers {
		for _, p := range l.options.Providers {
			if p.Name == name {
				all = append(all, p)
			}
		}
	}
	return all
}

// desks makes one for each provider.
func (l *Lookup) desks(ctx context.Context, routes []provider.Route) ([]*desk, error) {
	var all []*desk
	for _, p := range l.options.Providers {
		var on []fleet.Route
		for _, r := range routes {
			if slices.Contains(r.Providers, p.Name) {
				on = append(on, l.fellows(r))
			}
		}
		d, err := l.desk(ctx, p, on)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}

// fellows are the accounts on a route.
func (l *Lookup) fellows(r provider.Route) fleet.Route {
	on := fleet.Route{Name: r.Name}
	for _, p := range l.able(r) {
		on.Accounts = append(on.Accounts, p.account())
	}
	return on
}

// lanes opens the consumers of all routes, each with what its stream needs.
func (l *Lookup) lanes(ctx context.Context, routes []provider.Route, desks []*desk) ([]lane, error) {
	var all []lane
	for _, name := range wire.Lanes() {
		from, err := l.js.Stream(ctx, stream.LaneStream(name))
		if err != nil {
			return nil, fmt.Errorf("opening stream %s: %w", stream.LaneStream(name), err)
		}
		created := from.CachedInfo().Created
		settler := stream.NewSettler(l.js, stage, created)
		for _, r := range routes {
			consumer, err := from.Consumer(ctx, stream.LookupConsumer(name, r.Name))
			if errors.Is(err, jetstream.ErrConsumerNotFound) && !l.configured(r) {
				continue // Somebody clears up after former settings.
			}
			if err != nil {
				return nil, fmt.Errorf("opening the consumer of lane %s and route %s (vtq setup creates it): %w", name, r.Name, err)
			}
			on := l.route(r, name, desks)
			all = append(all, lane{name: name, route: on, hands: l.hands(name, on), consumer: consumer, created: created, settler: settler})
		}
	}
	return all, nil
}

// hands is how many jobs of a lane are in hand at most: two requests about many files, one under way and one that gathers, where there
// are such.
func (l *Lookup) hands(name wire.Lane, on *route) int {
	hands := l.options.Config.Concurrency
	for _, d := range on.desks {
		if name != wire.Urgent && d.enricher.Many != nil {
			hands = max(hands, 2*d.enricher.Most)
		}
	}
	return hands
}

// route brings together the desks of a route.
func (l *Lookup) route(r provider.Route, name wire.Lane, desks []*desk) *route {
	on := &route{name: r.Name, changedFunc: func(from, to string) { l.changed(r.Name, name, from, to) }}
	for _, name := range r.Providers {
		for _, d := range desks {
			if d.name == name {
				on.desks = append(on.desks, d)
			}
		}
	}
	return on
}

// changed tells that the jobs of a route are answered by another provider from now on.
func (l *Lookup) changed(route string, name wire.Lane, from, to string) {
	l.metrics.failovers.WithLabelValues(from, to).Inc()
	l.options.Logger.Warn().Str("route", route).Str("lane", string(name)).Str("from", from).Str("to", to).Msg("jobs go to another provider")
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
