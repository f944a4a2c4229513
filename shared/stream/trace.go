package stream

import (
	"context"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/logging"
	"vtq.internal/shared/telemetry"
)

// Process begins the span of the work on a delivery.
func Process(ctx context.Context, message jetstream.Msg) (context.Context, telemetry.Span) {
	d := telemetry.Delivery{Header: message.Headers(), Count: Delivery(message)}
	if meta, err := message.Metadata(); err == nil {
		d.Stream, d.Consumer = meta.Stream, meta.Consumer
	}
	return telemetry.Process(ctx, d)
}

// Write writes the canonical line of a delivery that is settled, with the ids of its traces, and ends its span with the same facts.
func Write(event logging.Event, outcome Outcome, span telemetry.Span, log zerolog.Logger) {
	event.TraceID, event.LinkedTraceID = span.TraceID(), span.LinkedID()
	event.Write(log)
	span.Tell(telemetry.Facts{IndicatorID: event.IndicatorID, Lane: event.Lane, Provider: event.Provider, Outcome: event.Outcome})
	span.End(outcome.fault())
}

// fault is the error of an outcome with the kind that it has now: a lost settlement is a failure of its own.
func (o Outcome) fault() error {
	if o.Err == nil {
		return nil
	}
	return fault.New(o.Kind, o.Err)
}
