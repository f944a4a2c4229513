package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// Operations on messages, and what the conventions call their sort.
const (
	publish, send = "publish", "send"
	process       = "process"
)

// Publish begins the span of a message that is published to a stream, and writes its context into the headers. Where they have a context
// already the message was published before, by somebody else: that stays, and the span is linked to it.
func Publish(ctx context.Context, stream string, header map[string][]string) Span {
	before := extract(ctx, header)
	options := []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindProducer)}
	if before.IsValid() {
		options = append(options, trace.WithLinks(trace.Link{SpanContext: before}))
	}
	ctx, span := start(ctx, publish+" "+stream, options...)
	span.from = before
	if span.span != nil && !before.IsValid() {
		inject(ctx, header)
	}
	if span.recorded() {
		span.span.SetAttributes(attribute.String(keySystem, nats), attribute.String(keyDestination, stream),
			attribute.String(keyOperation, publish), attribute.String(keyOperationType, send))
	}
	return span
}

// A Delivery is a message that a consumer was given.
type Delivery struct {
	Stream, Consumer string
	Count            int                 // Which delivery of the message it is; 1 is the first.
	Header           map[string][]string // From outside: what is no context in them is ignored.
}

// Process begins the span of the work on a delivery: a trace of its own, linked to whoever published the message.
func Process(ctx context.Context, d Delivery) (context.Context, Span) {
	from := extract(ctx, d.Header)
	options := []trace.SpanStartOption{trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindConsumer)}
	if from.IsValid() {
		options = append(options, trace.WithLinks(trace.Link{SpanContext: from}))
	}
	ctx, span := start(ctx, process+" "+d.Stream, options...)
	span.from = from
	if span.recorded() {
		span.span.SetAttributes(attribute.String(keySystem, nats), attribute.String(keyDestination, d.Stream),
			attribute.String(keyOperation, process), attribute.String(keyOperationType, process),
			attribute.String(keyGroup, d.Consumer), attribute.Int(keyDelivery, d.Count))
	}
	return ctx, span
}

// Together begins the span of what is done for several deliveries at once, linked to the spans of all of them. It keeps the first 128
// links, unless OTEL_SPAN_LINK_COUNT_LIMIT says otherwise.
func Together(ctx context.Context, stream string, all []Span) (context.Context, Span) {
	var links []trace.Link
	for _, one := range all {
		if one.recorded() {
			links = append(links, trace.Link{SpanContext: one.span.SpanContext()})
		}
	}
	ctx, span := start(ctx, process+" "+stream, trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindConsumer), trace.WithLinks(links...))
	if span.recorded() {
		span.span.SetAttributes(attribute.String(keySystem, nats), attribute.String(keyDestination, stream),
			attribute.String(keyOperation, process), attribute.String(keyOperationType, process), attribute.Int(keyBatch, len(all)))
	}
	return ctx, span
}
