package vtq

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"vtq.internal/services/lookup"
	"vtq.internal/services/producer"
	"vtq.internal/services/writer"
	"vtq.internal/shared/admin"
	"vtq.internal/shared/lifecycle"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/telemetry"
	"vtq.internal/shared/threatq"
)

// Options are what a pipeline is made of. All are required but PulseFunc and Tracer.
type Options struct {
	Settings   Settings
	NATS       *nats.Conn
	ThreatQ    *threatq.Client
	Providers  []lookup.Provider
	Logger     zerolog.Logger
	Registerer prometheus.Registerer
	// PulseFunc posts a loop for liveness. Defaults to none that is watched.
	PulseFunc func(loop string) *admin.Pulse
	// Tracer makes spans. Defaults to that of Run's context, if there is one.
	Tracer *telemetry.Tracer
}

// A Pipeline is the three stages in one process.
type Pipeline struct {
	js       jetstream.JetStream
	producer *producer.Producer
	lookup   *lookup.Lookup
	writer   *writer.Writer
	tracer   *telemetry.Tracer
}

// New creates the streams, or brings them up to date, and makes the three stages. Where NATS_URL names a server it refuses to take
// something away from it: the error is stream.ErrShrinks, and nothing was changed.
func New(ctx context.Context, o Options) (*Pipeline, error) {
	js, topology, err := prepare(ctx, o)
	if err != nil {
		return nil, err
	}
	policy, err := o.Settings.Verdicts.Policy()
	if err != nil {
		return nil, err
	}
	logger := func(stage string) zerolog.Logger { return o.Logger.With().Str("stage", stage).Logger() }
	p := &Pipeline{js: js, tracer: o.Tracer}
	var errs [3]error
	p.producer, errs[0] = producer.New(producer.Options{
		Config: o.Settings.Producer, NATS: o.NATS, ThreatQ: o.ThreatQ, Site: o.Settings.ThreatQ.URL.String(),
		Policy: policy, Refresh: o.Settings.Verdicts.Refresh(), Routes: o.Settings.Providers.Routing.Table(),
		Logger: logger("producer"), Registerer: o.Registerer, PulseFunc: o.PulseFunc,
	})
	p.lookup, errs[1] = lookup.New(lookup.Options{
		Config: o.Settings.Lookup, NATS: o.NATS, Providers: o.Providers, Routes: o.Settings.Providers.Routing.Table().Routes(),
		Policy: policy, Refresh: o.Settings.Verdicts.Refresh(), Topology: topology,
		Grace: o.Settings.Shutdown.Grace, Logger: logger("lookup"), Registerer: o.Registerer, PulseFunc: o.PulseFunc,
	})
	p.writer, errs[2] = writer.New(writer.Options{
		Config: o.Settings.Writer, NATS: o.NATS, ThreatQ: o.ThreatQ, Policy: policy,
		Grace: o.Settings.Shutdown.Grace, Logger: logger("writer"), Registerer: o.Registerer, PulseFunc: o.PulseFunc,
	})
	return p, errors.Join(errs[:]...)
}

func prepare(ctx context.Context, o Options) (jetstream.JetStream, stream.Topology, error) {
	if o.NATS == nil || o.ThreatQ == nil || len(o.Providers) == 0 || o.Registerer == nil {
		return nil, stream.Topology{}, errors.New("making a pipeline: NATS, ThreatQ, Providers and Registerer are required")
	}
	if err := stream.CheckServer(o.NATS); err != nil {
		return nil, stream.Topology{}, err
	}
	js, err := jetstream.New(o.NATS)
	if err != nil {
		return nil, stream.Topology{}, fmt.Errorf("making a pipeline: %w", err)
	}
	topology, err := o.Settings.Topology()
	if err != nil {
		return nil, stream.Topology{}, err
	}
	if len(o.Settings.NATS.URL) == 0 {
		return js, topology, stream.Ensure(ctx, js, topology) // The server of this process alone follows its settings.
	}
	return js, topology, stream.Extend(ctx, js, topology)
}

// Topology is what the settings need of a NATS server.
func (s Settings) Topology() (stream.Topology, error) {
	return stream.NewTopology(stream.Options{
		Replicas: s.NATS.Replicas, Routes: s.Providers.Routing.Table().RouteNames(), VerdictAge: s.Verdicts.Keep(),
	})
}

// Run runs the stages until ctx ends or one of them cannot go on.
func (p *Pipeline) Run(ctx context.Context) error {
	var group lifecycle.Group
	group.Add("producer", p.producer.Run)
	group.Add("lookup", p.lookup.Run)
	group.Add("writer", p.writer.Run)
	return group.Run(p.tracer.Context(ctx))
}

// A Progress is how far a pipeline has come.
type Progress struct {
	Walks   int    // Walks over ThreatQ that came to their end.
	Waiting uint64 // Jobs not answered yet.
	Writing uint64 // Verdicts not written yet.
	Known   uint64 // Verdicts and aliases that are kept.
}

// Idle tells that everything that was read is answered and written.
func (p Progress) Idle() bool { return p.Walks > 0 && p.Waiting == 0 && p.Writing == 0 }

// Progress asks the server how far the pipeline has come.
func (p *Pipeline) Progress(ctx context.Context) (Progress, error) {
	jobs, err := p.js.Stream(ctx, stream.Jobs)
	if err != nil {
		return Progress{}, fmt.Errorf("asking for progress: %w", err)
	}
	writer, err := p.js.Consumer(ctx, stream.Verdicts, stream.Writer)
	if err != nil {
		return Progress{}, fmt.Errorf("asking for progress: %w", err)
	}
	verdicts, err := p.js.Stream(ctx, stream.Verdicts)
	if err != nil {
		return Progress{}, fmt.Errorf("asking for progress: %w", err)
	}
	info := writer.CachedInfo()
	return Progress{
		Walks: p.producer.Walks(), Waiting: jobs.CachedInfo().State.Msgs,
		Writing: info.NumPending + uint64(max(info.NumAckPending, 0)),
		Known:   verdicts.CachedInfo().State.Msgs,
	}, nil
}
