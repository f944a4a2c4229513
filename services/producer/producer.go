package producer

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"vtq.internal/services/producer/internal/admit"
	"vtq.internal/services/producer/internal/enqueue"
	"vtq.internal/shared/admin"
	"vtq.internal/shared/lifecycle"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/telemetry"
	"vtq.internal/shared/threatq"
	"vtq.internal/shared/verdict"
)

// Options are what a producer is made of. All are required but PulseFunc and Tracer.
type Options struct {
	Config  Config
	NATS    *nats.Conn
	ThreatQ *threatq.Client
	// Site names the ThreatQ, so that another one gets a cursor of its own: its address.
	Site    string
	Policy  verdict.Policy
	Refresh verdict.Refresh
	// Routes are those of the kinds; a kind without any is not asked about.
	Routes     provider.Table
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

// A Producer reads ThreatQ and fills the job stream.
type Producer struct {
	config  Config
	js      jetstream.JetStream
	library *threatq.Client
	site    string
	rules   admit.Rules
	queue   *enqueue.Queue
	log     zerolog.Logger
	metrics *metrics
	pulse   *admin.Pulse
	tracer  *telemetry.Tracer
	walks   atomic.Int64
	page    int // Indicators in a page: halved when pages turn out too large.
}

// New makes a producer. It touches nothing yet.
func New(o Options) (*Producer, error) {
	if o.NATS == nil || o.ThreatQ == nil || len(o.Routes.Kinds()) == 0 || o.Registerer == nil {
		return nil, errors.New("making a producer: NATS, ThreatQ, Routes and Registerer are required")
	}
	js, err := jetstream.New(o.NATS)
	if err != nil {
		return nil, fmt.Errorf("making a producer: %w", err)
	}
	m, err := newMetrics(o.Registerer, o.Config.Sweep)
	if err != nil {
		return nil, fmt.Errorf("making a producer: %w", err)
	}
	return &Producer{
		config: o.Config, js: js, library: o.ThreatQ, site: o.Site, rules: rules(o),
		queue: &enqueue.Queue{
			JS: js, Policy: o.Policy, Refresh: o.Refresh, Routes: o.Routes,
			OnFull: func() { o.Logger.Warn().Str("stream", stream.Jobs).Msg("job stream full, waiting") },
		},
		log: o.Logger, metrics: m, pulse: o.pulse("producer"), tracer: o.Tracer, page: o.Config.PageSize,
	}, nil
}

func rules(o Options) admit.Rules {
	return admit.Rules{
		InternalSuffixes: o.Config.InternalSuffixes, SkipStatuses: o.Config.SkipStatuses,
		MaxTLP: o.Config.MaxTLP, DefaultTLP: o.Config.DefaultTLP, Kinds: o.Routes.Kinds(),
	}
}

// Walks tells how many walks have come to their end.
func (p *Producer) Walks() int { return int(p.walks.Load()) }

// Run walks until ctx ends, and then returns nil. Outages do not end it.
func (p *Producer) Run(ctx context.Context) error {
	if err := p.run(p.tracer.Context(ctx)); ctx.Err() == nil {
		return err
	}
	return nil // Also when it was still starting: to be stopped is no failure.
}

func (p *Producer) run(ctx context.Context) error {
	var w *walker
	err := stream.Patiently(ctx, p.waiting, func(ctx context.Context) (err error) {
		w, err = p.begin(ctx)
		return err
	})
	if err != nil {
		return err
	}
	p.metrics.stands(w.state)
	for ctx.Err() == nil {
		wait := p.untilNext(w)
		if wait <= 0 {
			p.pulse.Rest() // A full stream is waited for without end.
			if err = p.walk(ctx, w); err == nil || ctx.Err() != nil {
				continue
			}
			wait = p.trouble(ctx, w, err)
		}
		p.pulse.Beat(wait)
		lifecycle.Sleep(ctx, wait)
	}
	return nil
}

// waiting tells why the producer has not begun yet.
func (p *Producer) waiting(err error) { p.log.Warn().Err(err).Msg("waiting for NATS to begin") }
