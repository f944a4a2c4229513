package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"vtq.internal/shared/fault"
)

// A Span is one piece of work. The zero value is none: it takes everything, and does nothing.
type Span struct {
	span trace.Span
	from trace.SpanContext // Of whoever published the message that is worked on.
}

// Facts are what is told of a message in a span. Zero fields are left out.
type Facts struct {
	IndicatorID int64 // ThreatQ's number. The value is never told.
	Lane        string
	Provider    string
	Outcome     string // As the canonical line has it.
}

// In gives a context whose spans lie below this one.
func (s Span) In(ctx context.Context) context.Context {
	if s.span == nil {
		return ctx
	}
	return trace.ContextWithSpan(ctx, s.span)
}

// TraceID is that of the span's trace, in 32 hex digits; empty for none.
func (s Span) TraceID() string {
	if s.span == nil {
		return ""
	}
	return idOf(s.span.SpanContext())
}

// LinkedID is the id of the trace in which the message was published; empty for none.
func (s Span) LinkedID() string { return idOf(s.from) }

func idOf(c trace.SpanContext) string {
	if !c.HasTraceID() {
		return ""
	}
	return c.TraceID().String()
}

// Tell adds facts.
func (s Span) Tell(f Facts) {
	if !s.recorded() {
		return
	}
	if f.IndicatorID != 0 {
		s.span.SetAttributes(attribute.Int64(keyIndicatorID, f.IndicatorID))
	}
	s.text(keyLane, f.Lane)
	s.text(keyProvider, f.Provider)
	s.text(keyOutcome, f.Outcome)
}

func (s Span) text(key, value string) {
	if value != "" {
		s.span.SetAttributes(attribute.String(key, value))
	}
}

// End ends the span. An error is told by its kind alone, whatever it says; what is nobody's failure is none.
func (s Span) End(err error) {
	if s.span == nil {
		return
	}
	if err != nil {
		switch kind := fault.KindOf(err); kind {
		case fault.Gone, fault.Quota, fault.Interrupted:
		case fault.Transient, fault.Permanent, fault.Denied, fault.Unknown:
			s.failed(kind.String())
		}
	}
	s.span.End()
}

// failed marks the span as an error of a class.
func (s Span) failed(class string) {
	if s.recorded() {
		s.span.SetStatus(codes.Error, "")
		s.span.SetAttributes(attribute.String(keyErrorType, class))
	}
}

func (s Span) recorded() bool { return s.span != nil && s.span.IsRecording() }
