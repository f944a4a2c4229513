package writer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"vtq.internal/services/writer/internal/apply"
	"vtq.internal/services/writer/internal/ledger"
	"vtq.internal/shared/admin"
	"vtq.internal/shared/lifecycle"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/telemetry"
	"vtq.internal/shared/threatq"
	"vtq.internal/shared/verdict"
)

// Options are what a writer is made of. All are required but Grace, PulseFunc and Tracer.
type Options struct {
	Config  Config
	NATS    *nats.Conn
	ThreatQ *threatq.Client
	Policy  verdict.Policy
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

// A Writer is one replica of the writer stage.
type Writer struct {
	options Options
	js      jetstream.JetStream
	metrics *metrics
	pulse   *admin.Pulse
}

// New makes a writer. It touches nothing yet.
func New(o Options) (*Writer, error) {
	if o.NATS == nil || o.ThreatQ == nil || o.Policy.Classes == nil || o.Registerer == nil {
		return nil, errors.New("making a writer: NATS, ThreatQ, Policy and Registerer are required")
	}
	if err := o.Config.Validate(); err != nil {
		return nil, fmt.Errorf("making a writer: %w", err)
	}
	js, err := jetstream.New(o.NATS)
	if err != nil {
		return nil, fmt.Errorf("making a writer: %w", err)
	}
	m, err := newMetrics(o.Registerer)
	if err != nil {
		return nil, fmt.Errorf("making a writer: %w", err)
	}
	return &Writer{options: o, js: js, metrics: m, pulse: o.pulse(stage)}, nil
}

// Run writes verdicts until ctx ends, finishes the batch in hand within the grace, and returns nil. Outages do not end it.
func (w *Writer) Run(ctx context.Context) error {
	if err := w.run(w.options.Tracer.Context(ctx)); ctx.Err() == nil {
		return err
	}
	return nil // Also when it was still starting: to be stopped is no failure.
}

func (w *Writer) run(ctx context.Context) error {
	var verdicts jetstream.Stream
	var consumer jetstream.Consumer
	var book *ledger.Ledger
	o := w.options
	waiting := func(err error) { o.Logger.Warn().Err(err).Msg("waiting for NATS to begin") }
	err := stream.Patiently(ctx, waiting, func(ctx context.Context) (err error) {
		verdicts, consumer, book, err = w.open(ctx)
		return err
	})
	if err != nil {
		return err
	}
	applier := &apply.Applier{
		Library: o.ThreatQ, Mapping: o.Config.mapping(o.Policy), Source: o.Config.Source, Scoring: o.Config.scoring(),
	}
	applier.Saw(book.NewestRow(ctx))
	created := verdicts.CachedInfo().Created
	b := &batcher{
		applier: applier, ledger: book, manner: applier.Mapping.Manner(),
		gate:    newGate(o.ThreatQ.Check, o.Logger, w.metrics),
		settler: stream.NewSettler(w.js, stage, created), js: w.js, created: created,
		limit: o.Config.Concurrency, log: o.Logger, metrics: w.metrics,
	}
	full := stream.Fill{}
	if o.Config.Mode == modeBulk {
		b.bulk = &bulk{library: o.ThreatQ}
		full = stream.Fill{Messages: threatq.MaxConsume, Linger: bulkLinger}
	}
	defer w.watchRoom(ctx, verdicts)()
	working, done := lifecycle.Grace(ctx, o.Grace)
	defer done()
	defer b.wait()
	for ctx.Err() == nil {
		w.pulse.Beat(stream.TakeTime)
		err := stream.Batch(ctx, consumer, full, func(messages []jetstream.Msg) {
			w.pulse.Rest() // An outage of ThreatQ is waited for with the batch in hand.
			b.write(ctx, working, messages)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// open opens all that the writer needs of the server.
func (w *Writer) open(ctx context.Context) (jetstream.Stream, jetstream.Consumer, *ledger.Ledger, error) {
	verdicts, err := w.js.Stream(ctx, stream.Verdicts)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("opening stream %s: %w", stream.Verdicts, err)
	}
	consumer, err := w.js.Consumer(ctx, stream.Verdicts, stream.Writer)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("opening consumer %s: %w", stream.Writer, err)
	}
	book, err := w.ledger(ctx, verdicts, consumer)
	return verdicts, consumer, book, err
}

// ledger opens the ledger, and begins it when no verdict was ever taken. The consumer alone does not tell: one that was reset, for a
// replay, says of itself what a new one says.
func (w *Writer) ledger(ctx context.Context, verdicts jetstream.Stream, consumer jetstream.Consumer) (*ledger.Ledger, error) {
	c := w.options.Config
	book, err := ledger.Open(ctx, ledger.Config{JetStream: w.js, Sources: c.sources(), Settings: c.fingerprint()})
	if err != nil {
		return nil, err
	}
	if consumer.CachedInfo().Delivered.Consumer > 0 || !book.Precedes(verdicts.CachedInfo().State) {
		return book, nil
	}
	return book, book.Begin(ctx)
}
