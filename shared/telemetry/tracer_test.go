package telemetry_test

import (
	"strings"
	"testing"

	"vtq.internal/shared/telemetry"
	"vtq.internal/shared/wire"
)

// TestWithoutATracerNothingIsMade holds everything to doing nothing.
func TestWithoutATracerNothingIsMade(t *testing.T) {
	var none *telemetry.Tracer
	none.Close()
	ctx := none.Context(t.Context())
	header := map[string][]string{}
	span := telemetry.Publish(ctx, "VTQ_JOBS", header)
	span.Tell(telemetry.Facts{IndicatorID: 7})
	span.Answered(200)
	span.End(nil)
	if len(header) > 0 || span.TraceID() != "" || span.In(ctx) != ctx {
		t.Errorf("headers %v, trace %q", header, span.TraceID())
	}
	header = map[string][]string{"traceparent": {parent}}
	work, span := telemetry.Process(ctx, telemetry.Delivery{Stream: "VTQ_JOBS", Header: header})
	if work != ctx || span.TraceID() != "" || span.LinkedID() != parentID {
		t.Errorf("trace %q, linked to %q; want no trace, linked to that of the message", span.TraceID(), span.LinkedID())
	}
}

// TestWithoutACollectorThereAreIDs has ids that flow from message to message, and claims for none that it is kept.
func TestWithoutACollectorThereAreIDs(t *testing.T) {
	ctx := unrecorded(t)
	header := map[string][]string{}
	published := telemetry.Publish(ctx, "VTQ_JOBS", header)
	work, span := telemetry.Process(ctx, telemetry.Delivery{Stream: "VTQ_JOBS", Header: header})
	answer := map[string][]string{}
	telemetry.Publish(work, "VTQ_VERDICTS", answer)
	if len(span.TraceID()) != 32 || span.TraceID() == published.TraceID() || span.LinkedID() != published.TraceID() {
		t.Errorf("trace %q, linked to %q; want it linked to %q", span.TraceID(), span.LinkedID(), published.TraceID())
	}
	for trace, h := range map[string]map[string][]string{published.TraceID(): header, span.TraceID(): answer} {
		if got := wire.TraceOf(h).Parent; !strings.HasPrefix(got, "00-"+trace+"-") || !strings.HasSuffix(got, "-00") {
			t.Errorf("the message bears %q, want trace %s, not sampled", got, trace)
		}
	}
}
