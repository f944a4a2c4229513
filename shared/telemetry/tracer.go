package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/trace"
)

// scope names whose spans they are, among those of libraries.
const scope = "vtq.internal/shared/telemetry"

// A Tracer makes spans. Nil makes none.
type Tracer struct {
	tracer    trace.Tracer
	closeFunc func()
}

// Using is a tracer of a provider that somebody else made, and ends.
func Using(provider trace.TracerProvider) *Tracer {
	return &Tracer{tracer: provider.Tracer(scope)}
}

// key is under which a context holds its tracer.
type key struct{}

// Context gives a context in which this tracer makes the spans. Nil leaves it as it is.
func (t *Tracer) Context(ctx context.Context) context.Context {
	if t == nil {
		return ctx
	}
	return context.WithValue(ctx, key{}, t)
}

// Close sends what is left, for FlushTime at most. Call it when all work has ended: spans that end later are lost.
func (t *Tracer) Close() {
	if t != nil && t.closeFunc != nil {
		t.closeFunc()
	}
}

// start begins a span, if there is somebody in the context to make it.
func start(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, Span) {
	t, ok := ctx.Value(key{}).(*Tracer)
	if !ok {
		return ctx, Span{}
	}
	ctx, span := t.tracer.Start(ctx, name, options...)
	return ctx, Span{span: span}
}
