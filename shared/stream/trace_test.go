package stream_test

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/telemetry"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/wire"
)

// TestADeliveryIsTraced publishes a job in a replay, and works on it twice: the first time in vain, the second time to its death.
func TestADeliveryIsTraced(t *testing.T) {
	inLab(t, func(l *lab) {
		spans := tracetest.NewSpanRecorder()
		ctx := telemetry.Using(sdk.NewTracerProvider(sdk.WithSpanProcessor(spans))).Context(l.Context())
		history := nats.Header{}
		wire.PutReplay(history, "2026-03-01T09:30:15.000Z")
		for range 2 { // The second one is refused.
			if _, err := stream.Resubmit(ctx, l.js, jobAddress(1), history, body(1)); err != nil {
				l.Fatal(err)
			}
		}
		origin := spans.Ended()[0].SpanContext()
		for _, kind := range []fault.Kind{fault.Transient, fault.Permanent} {
			message, began := l.take(l.jobs()), time.Now()
			_, span := stream.Process(ctx, message)
			outcome := l.settler(stream.Jobs).Settle(ctx, message, fault.New(kind, errWork))
			var log bytes.Buffer
			event := stream.Event(message, outcome, began)
			event.IndicatorID, event.Lane = 1, "fresh"
			stream.Write(event, outcome, span, zerolog.New(&log))
			var line map[string]any
			if err := json.Unmarshal(log.Bytes(), &line); err != nil {
				l.Fatal(err)
			}
			if line["trace_id"] != span.TraceID() || line["linked_trace_id"] != origin.TraceID().String() || line["replay"] != "2026-03-01T09:30:15.000Z" {
				l.Errorf("the line of a delivery is %v, want trace %s linked to %s", line, span.TraceID(), origin.TraceID())
			}
		}
		var story []string
		for _, span := range spans.Ended() {
			words := []string{span.Name()}
			for _, a := range span.Attributes() {
				switch a.Key {
				case "vtq.outcome", "vtq.delivery", "error.type", "messaging.consumer.group.name", "vtq.indicator_id", "vtq.lane":
					words = append(words, a.Value.String())
				}
			}
			if links := span.Links(); len(links) == 1 && links[0].SpanContext.Equal(origin.WithRemote(true)) {
				words = append(words, "linked")
			}
			story = append(story, strings.Join(words, " "))
		}
		want := []string{
			"publish VTQ_JOBS 1 fresh",
			"publish VTQ_JOBS 1 fresh pending",
			"process VTQ_JOBS lookup-fresh-virustotal 1 1 fresh transient transient linked",
			"process VTQ_JOBS lookup-fresh-virustotal 2 1 fresh dead permanent linked",
		}
		if diff := cmp.Diff(want, story); diff != "" {
			l.Errorf("spans (-want +got):\n%s", diff)
		}
		letter := l.letters()[0]
		if got := wire.TraceOf(letter.Header).Parent; !strings.Contains(got, origin.TraceID().String()+"-"+origin.SpanID().String()) {
			l.Errorf("the letter bears the context %q, want that of its job", got)
		}
	})
}

// TestTheHeadersHaveRoom stores a job and a verdict at their bounds, with as many headers as anything of ours can have.
func TestTheHeadersHaveRoom(t *testing.T) {
	inLab(t, func(l *lab) {
		header := nats.Header{}
		wire.History{Redriven: 1<<31 - 1, Deaths: []string{
			strings.Repeat("x", 120), strings.Repeat("x", 120), strings.Repeat("x", 120), strings.Repeat("x", 120), strings.Repeat("x", 120),
		}}.Put(header)
		wire.PutReplay(header, strings.Repeat("x", wire.MaxReplay))
		wire.Trace{Parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", State: "a=" + strings.Repeat("x", wire.MaxTraceState-2)}.Put(header)
		if stored, err := stream.Resubmit(l.Context(), l.js, jobAddress(1), header, make([]byte, wire.MaxJob)); err != nil || !stored {
			l.Errorf("Resubmit of the largest job = %v, %v; want it stored", stored, err)
		}
		id := wire.RedriveID(time.Unix(0, 1<<62), 1<<63)
		verdict := &nats.Msg{Subject: verdictSubject(1), Header: header, Data: make([]byte, wire.MaxVerdict)}
		if _, err := l.js.PublishMsg(l.Context(), verdict, jetstream.WithMsgID(id), jetstream.WithExpectStream(stream.Verdicts),
			jetstream.WithExpectLastSequencePerSubject(0)); err != nil {
			l.Errorf("publishing the largest verdict: %v", err)
		}
	})
}

// BenchmarkResubmit compares what a job costs that nobody traces, one in a process without a collector, and one whose span is kept. They
// take turns: a stream that grows, and a server that warms up, make whoever goes first look slow by a factor of two.
func BenchmarkResubmit(b *testing.B) {
	server := testkit.Loopback(b, testkit.Access{})
	nc, err := nats.Connect(server.URL())
	if err != nil {
		b.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		b.Fatal(err)
	}
	all, err := stream.NewTopology(options())
	if err != nil {
		b.Fatal(err)
	}
	if err := stream.Ensure(b.Context(), js, all); err != nil {
		b.Fatal(err)
	}
	tracers := []struct {
		name   string
		tracer *telemetry.Tracer
	}{
		{"untraced", nil},
		{"uncollected", telemetry.New(b.Context(), telemetry.Program{Name: "bench"})},
		{"recorded", telemetry.Using(sdk.NewTracerProvider(sdk.WithBatcher(tracetest.NewNoopExporter())))},
	}
	id := 0
	publish := func(ctx context.Context) time.Duration {
		id++
		began := time.Now()
		if _, err := stream.Resubmit(ctx, js, jobAddress(id), nil, body(id)); err != nil {
			b.Fatal(err)
		}
		return time.Since(began)
	}
	took := make([][]time.Duration, len(tracers))
	for n := 0; b.Loop(); n++ {
		for i := range tracers { // Each takes each turn as often as the others.
			at := (i + n) % len(tracers)
			took[at] = append(took[at], publish(tracers[at].tracer.Context(b.Context())))
		}
	}
	base := median(took[0])
	for i, c := range tracers {
		b.ReportMetric(float64(median(took[i]).Nanoseconds()), c.name+"-ns")
		b.ReportMetric(float64(median(took[i]))/float64(base), c.name+"-ratio")
	}
}

// median is robust against the moments in which the server writes to its disk.
func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}
