package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"vtq.internal/shared/wire"
)

// carrier lets the propagator of W3C read and write the headers of a message as package wire has them: bounded, under lower-case names.
// The library has carriers for HTTP, where names have another case.
type carrier struct{ wire.Trace }

// Get implements propagation.TextMapCarrier.
func (c *carrier) Get(name string) string {
	switch name {
	case wire.HeaderTraceParent:
		return c.Parent
	case wire.HeaderTraceState:
		return c.State
	}
	return ""
}

// Set implements propagation.TextMapCarrier.
func (c *carrier) Set(name, value string) {
	switch name {
	case wire.HeaderTraceParent:
		c.Parent = value
	case wire.HeaderTraceState:
		if len(value) <= wire.MaxTraceState { // Cut, it would mean something else.
			c.State = value
		}
	}
}

// Keys implements propagation.TextMapCarrier.
func (c *carrier) Keys() []string { return []string{wire.HeaderTraceParent, wire.HeaderTraceState} }

// extract reads in which span a message was published; what is none is not valid.
func extract(ctx context.Context, header map[string][]string) trace.SpanContext {
	c := carrier{wire.TraceOf(header)}
	if c.Parent == "" {
		return trace.SpanContext{}
	}
	ctx = trace.ContextWithSpanContext(ctx, trace.SpanContext{}) // What cannot be read must not leave the span that is under way.
	return trace.SpanContextFromContext(propagation.TraceContext{}.Extract(ctx, &c))
}

// inject writes the context of a span into the headers of a message, in place of what stands there: a state is that of its parent alone.
func inject(ctx context.Context, header map[string][]string) {
	delete(header, wire.HeaderTraceParent)
	delete(header, wire.HeaderTraceState)
	var c carrier
	propagation.TraceContext{}.Inject(ctx, &c)
	c.Put(header)
}
