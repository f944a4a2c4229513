package telemetry_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/telemetry"
	"vtq.internal/shared/wire"
)

const (
	parent   = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	parentID = "0af7651916cd43dd8448eb211c80319c"
)

// TestAMessageIsLinkedToWhoPublishedIt follows a message from its publisher to its worker, and the request and the message that come of it.
func TestAMessageIsLinkedToWhoPublishedIt(t *testing.T) {
	ctx, spans := recorded(t)
	header := map[string][]string{}
	published := telemetry.Publish(ctx, "VTQ_JOBS", header)
	published.Tell(telemetry.Facts{IndicatorID: 7, Lane: "fresh"})
	published.End(nil)

	work, delivery := telemetry.Process(ctx, telemetry.Delivery{Stream: "VTQ_JOBS", Consumer: "lookup-fresh-virustotal", Count: 2, Header: header})
	_, request := telemetry.Request(work, telemetry.Call{Method: "GET", Server: "vt.example", Route: "/files/{id}", Peer: "virustotal"})
	request.Answered(200)
	request.End(nil)
	answer := map[string][]string{}
	telemetry.Publish(work, "VTQ_VERDICTS", answer).End(nil)
	delivery.Tell(telemetry.Facts{IndicatorID: 7, Lane: "fresh", Provider: "virustotal", Outcome: "ok"})
	delivery.End(nil)

	all := spans.Ended()
	var got []map[string]any
	for _, span := range all {
		f := facts(span)
		f["name"], f["kind"] = span.Name(), span.SpanKind().String()
		got = append(got, f)
	}
	want := []map[string]any{
		{
			"name": "publish VTQ_JOBS", "kind": "producer", "messaging.system": "nats", "messaging.destination.name": "VTQ_JOBS",
			"messaging.operation.name": "publish", "messaging.operation.type": "send", "vtq.indicator_id": int64(7), "vtq.lane": "fresh",
		},
		{
			"name": "GET /files/{id}", "kind": "client", "http.request.method": "GET", "server.address": "vt.example",
			"url.template": "/files/{id}", "service.peer.name": "virustotal", "http.response.status_code": int64(200),
		},
		{
			"name": "publish VTQ_VERDICTS", "kind": "producer", "messaging.system": "nats", "messaging.destination.name": "VTQ_VERDICTS",
			"messaging.operation.name": "publish", "messaging.operation.type": "send",
		},
		{
			"name": "process VTQ_JOBS", "kind": "consumer", "messaging.system": "nats", "messaging.destination.name": "VTQ_JOBS",
			"messaging.operation.name": "process", "messaging.operation.type": "process",
			"messaging.consumer.group.name": "lookup-fresh-virustotal", "vtq.delivery": int64(2),
			"vtq.indicator_id": int64(7), "vtq.lane": "fresh", "vtq.provider": "virustotal", "vtq.outcome": "ok",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("spans (-want +got):\n%s", diff)
	}
	job, asked, verdict, worked := all[0], all[1], all[2], all[3]
	if worked.Parent().IsValid() || worked.SpanContext().TraceID() == job.SpanContext().TraceID() {
		t.Errorf("the work is in trace %v below %v, want a trace of its own", worked.SpanContext().TraceID(), worked.Parent().SpanID())
	}
	if links := worked.Links(); len(links) != 1 || links[0].SpanContext.SpanID() != job.SpanContext().SpanID() {
		t.Errorf("the work is linked to %v, want the span that published its job", links)
	}
	for _, below := range []trace.SpanContext{asked.Parent(), verdict.Parent()} {
		if below.SpanID() != worked.SpanContext().SpanID() {
			t.Errorf("a span lies below %v, want it below the work", below.SpanID())
		}
	}
	if got := delivery.LinkedID(); got != published.TraceID() || len(got) != 32 || delivery.TraceID() == got {
		t.Errorf("the work is in trace %s, linked to %s; want it linked to %s", delivery.TraceID(), got, published.TraceID())
	}
	if got := wire.TraceOf(answer).Parent; !strings.Contains(got, delivery.TraceID()) || !strings.HasSuffix(got, "-01") {
		t.Errorf("the answer bears %q, want the trace %s of the work, sampled", got, delivery.TraceID())
	}
}

// TestAMessageThatIsSentAgainKeepsItsContext publishes a message that bears the context of who published it first.
func TestAMessageThatIsSentAgainKeepsItsContext(t *testing.T) {
	ctx, spans := recorded(t)
	header := map[string][]string{"traceparent": {parent}, "tracestate": {"a=b"}}
	telemetry.Publish(ctx, "VTQ_JOBS", header).End(nil)
	if diff := cmp.Diff(wire.Trace{Parent: parent, State: "a=b"}, wire.TraceOf(header)); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	links := spans.Ended()[0].Links()
	if len(links) != 1 || links[0].SpanContext.TraceID().String() != parentID {
		t.Errorf("the span is linked to %v, want %s", links, parentID)
	}
}

// TestAHostileContextIsIgnored has headers that anybody may have written.
func TestAHostileContextIsIgnored(t *testing.T) {
	cases := map[string]string{
		"no context":      "<script>",
		"upper case":      strings.ToUpper(parent),
		"too long":        parent + "-" + strings.Repeat("0", 1<<20),
		"zero trace":      "00-00000000000000000000000000000000-b7ad6b7169203331-01",
		"zero span":       "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
		"version ff":      "ff" + parent[2:],
		"line break":      parent[:53] + "\r\n",
		"unknown flags":   parent[:53] + "ff",
		"missing a field": parent[:52],
	}
	for name, text := range cases {
		t.Run(name, func(t *testing.T) {
			ctx, spans := recorded(t)
			header := map[string][]string{"traceparent": {text}, "tracestate": {"of=others"}}
			_, span := telemetry.Process(ctx, telemetry.Delivery{Stream: "VTQ_JOBS", Header: header})
			span.End(nil)
			if links := spans.Ended()[0].Links(); len(links) > 0 || span.LinkedID() != "" || span.TraceID() == "" {
				t.Errorf("the span is linked to %v, id %q", links, span.LinkedID())
			}
			telemetry.Publish(ctx, "VTQ_JOBS", header).End(nil)
			if got := wire.TraceOf(header); got.Parent == "" || got.Parent == text || len(header["tracestate"]) > 0 {
				t.Errorf("a message that is sent again bears %.80q, want a context of its own", header)
			}
		})
	}
}

// TestAStateThatIsTooLongIsLeft takes the parent alone.
func TestAStateThatIsTooLongIsLeft(t *testing.T) {
	ctx, spans := recorded(t)
	header := map[string][]string{"traceparent": {parent}, "tracestate": {"a=" + strings.Repeat("x", wire.MaxTraceState)}}
	_, span := telemetry.Process(ctx, telemetry.Delivery{Stream: "VTQ_JOBS", Header: header})
	span.End(nil)
	link := spans.Ended()[0].Links()[0].SpanContext
	if link.TraceID().String() != parentID || link.TraceState().Len() != 0 {
		t.Errorf("linked to %v with the state %q, want no state", link.TraceID(), link.TraceState())
	}
}

// TestTogether is linked to all deliveries that it is for.
func TestTogether(t *testing.T) {
	ctx, spans := recorded(t)
	var all []telemetry.Span
	for range 3 {
		_, one := telemetry.Process(ctx, telemetry.Delivery{Stream: "VTQ_VERDICTS"})
		all = append(all, one)
	}
	_, span := telemetry.Together(ctx, "VTQ_VERDICTS", append(all, telemetry.Span{}))
	span.End(nil)
	got := spans.Ended()[0]
	if len(got.Links()) != 3 || facts(got)["messaging.batch.message_count"] != int64(4) {
		t.Errorf("a span of %v with %d links, want 3", facts(got), len(got.Links()))
	}
}

func TestErrorsAreToldByTheirKind(t *testing.T) {
	secret := errors.New("token 4711")
	cases := map[string]struct {
		err    error
		status int
		want   any
	}{
		"none":           {nil, 200, nil},
		"not found":      {nil, 404, nil},
		"gone":           {fault.New(fault.Gone, secret), 0, nil},
		"quota":          {fault.New(fault.Quota, secret), 0, nil},
		"interrupted":    {fault.New(fault.Interrupted, secret), 0, nil},
		"transient":      {fault.New(fault.Transient, secret), 0, "transient"},
		"permanent":      {fault.New(fault.Permanent, secret), 0, "permanent"},
		"denied":         {fault.New(fault.Denied, secret), 0, "denied"},
		"unclassified":   {secret, 0, "unknown"},
		"a refusal":      {nil, 429, "429"},
		"a broken other": {nil, 503, "503"},
	}
	for name, c := range cases {
		ctx, spans := recorded(t)
		_, span := telemetry.Request(ctx, telemetry.Call{Method: "GET"})
		span.Answered(c.status)
		span.End(c.err)
		got := spans.Ended()[0]
		failed := got.Status().Code == codes.Error
		if facts(got)["error.type"] != c.want || failed != (c.want != nil) || got.Status().Description != "" || len(got.Events()) > 0 {
			t.Errorf("%s: error %v, status %v, %d events; want error %v and no word of it",
				name, facts(got)["error.type"], got.Status(), len(got.Events()), c.want)
		}
	}
}
