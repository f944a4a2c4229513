package telemetry_test

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"vtq.internal/shared/telemetry"
)

// recorded gives a context whose spans are kept, and what has ended of them.
func recorded(t *testing.T) (context.Context, *tracetest.SpanRecorder) {
	t.Helper()
	spans := tracetest.NewSpanRecorder()
	provider := sdk.NewTracerProvider(sdk.WithSpanProcessor(spans))
	return telemetry.Using(provider).Context(t.Context()), spans
}

// unrecorded gives a context as that of a process that has no collector.
func unrecorded(tb testing.TB) context.Context {
	tb.Helper()
	return telemetry.New(tb.Context(), telemetry.Program{Name: "vtq-test"}).Context(tb.Context())
}

// facts are the attributes of a span.
func facts(span sdk.ReadOnlySpan) map[string]any {
	all := map[string]any{}
	for _, a := range span.Attributes() {
		all[string(a.Key)] = plain(a.Value)
	}
	return all
}

func plain(v attribute.Value) any {
	if v.Type() == attribute.INT64 {
		return v.AsInt64()
	}
	return v.AsString()
}
