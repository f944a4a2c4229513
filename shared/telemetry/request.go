package telemetry

import (
	"context"
	"net/http"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// A Call is a request over HTTP. It has nothing of what is sent.
type Call struct {
	Method string
	Server string // The host's name or address.
	Route  string // The path with its variable parts left out, as "/files/{id}".
	Peer   string // What the service is called here, as "virustotal".
}

// Request begins the span of a request.
func Request(ctx context.Context, c Call) (context.Context, Span) {
	ctx, span := start(ctx, c.Method+" "+c.Route, trace.WithSpanKind(trace.SpanKindClient))
	if span.recorded() {
		span.span.SetAttributes(attribute.String(keyMethod, c.Method), attribute.String(keyServer, c.Server),
			attribute.String(keyTemplate, c.Route), attribute.String(keyPeer, c.Peer))
	}
	return ctx, span
}

// Answered tells the status of the answer; 0 is none. That something is not found is an answer like any other.
func (s Span) Answered(status int) {
	if status == 0 || !s.recorded() {
		return
	}
	s.span.SetAttributes(attribute.Int(keyStatus, status))
	if status >= http.StatusBadRequest && status != http.StatusNotFound {
		s.failed(strconv.Itoa(status))
	}
}
