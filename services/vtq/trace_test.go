package vtq_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"vtq.internal/services/vtq/internal/deadletter"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/simulator/dataset"
	tqsim "vtq.internal/shared/simulator/threatq"
	vtsim "vtq.internal/shared/simulator/virustotal"
	"vtq.internal/shared/telemetry"
	"vtq.internal/shared/verdict"
)

// A record is all spans of a world.
type record struct{ *tracetest.SpanRecorder }

// record keeps the spans of all pipelines that are started from now on.
func (w *world) record() record {
	kept := record{tracetest.NewSpanRecorder()}
	w.tracer = telemetry.Using(sdk.NewTracerProvider(sdk.WithSpanProcessor(kept)))
	return kept
}

// fact is an attribute of a span.
func fact(span sdk.ReadOnlySpan, key string) string {
	for _, a := range span.Attributes() {
		if string(a.Key) == key {
			return a.Value.String()
		}
	}
	return ""
}

// way tells what happened with messages, in the order in which it ended: each piece of work with its delivery, its outcome and what it
// is linked to, the requests and publications below it before it.
func (r record) way() []string {
	names := map[trace.SpanID]string{}
	n := map[string]int{}
	var way []string
	for _, span := range r.Ended() {
		if span.SpanKind() != trace.SpanKindConsumer && span.SpanKind() != trace.SpanKindProducer {
			continue
		}
		name := fmt.Sprintf("%s %s", fact(span, "messaging.operation.name"), fact(span, "messaging.destination.name"))
		n[name]++
		name = fmt.Sprintf("%s #%d", name, n[name])
		names[span.SpanContext().SpanID()] = name
		words := []string{name}
		if outcome := fact(span, "vtq.outcome"); outcome != "" {
			words = append(words, outcome)
		}
		if count := fact(span, "vtq.delivery"); count != "" {
			words = append(words, "delivery "+count)
		}
		for _, link := range span.Links() {
			words = append(words, "linked to "+names[link.SpanContext.SpanID()])
		}
		way = append(way, strings.Join(words, ", "))
	}
	return way
}

// below tells of what lies below the work on deliveries, by the names of both.
func (r record) below() []string {
	parents := map[trace.SpanID]string{}
	for _, span := range r.Ended() {
		parents[span.SpanContext().SpanID()] = span.Name()
	}
	var all []string
	for _, span := range r.Ended() {
		if parent := parents[span.Parent().SpanID()]; parent != "" {
			all = append(all, parent+": "+span.Name())
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// TestTheWayOfAnIndicatorIsTraced follows one indicator to its attributes: the provider fails once, ThreatQ refuses the verdict until a
// person has seen to it and sends it again.
func TestTheWayOfAnIndicatorIsTraced(t *testing.T) {
	inWorld(t, func(w *world) {
		spans := w.record()
		file := dataset.Recipe{Kind: indicator.File, Object: hash("traced"), Class: verdict.ClassMalicious}
		id := w.add(dataset.Item{Type: "SHA-256", Value: file.Object, Report: dataset.Report(file)})[0]
		var failed, mended atomic.Bool
		w.vt.Fail = func(r *http.Request) *vtsim.Fault {
			if strings.Contains(r.URL.Path, file.Object) && failed.CompareAndSwap(false, true) {
				return vtsim.ErrorBody(http.StatusServiceUnavailable, "TransientError", "later")
			}
			return nil
		}
		w.tq.Fail = func(r *http.Request) *tqsim.Fault {
			if mended.Load() || r.Method == http.MethodGet || !strings.Contains(r.URL.Path, attributesOf(id)) {
				return nil
			}
			return &tqsim.Fault{Status: http.StatusBadRequest, Body: `{"errors":["poison"]}`}
		}
		r := w.start()
		r.settle(1)
		w.onlyLetter()
		mended.Store(true)
		w.letters(func(box *deadletter.Box) {
			err := box.Redrive(w.tracer.Context(context.Background()), deadletter.Filter{}, func(deadletter.Letter, deadletter.Fate) {})
			if err != nil {
				t.Error(err)
			}
		})
		w.pass(time.Minute)
		r.stop()
		if w.attributes(id)["Verdict"] == "" {
			t.Error("the indicator bears no verdict")
		}
		want := []string{
			"publish VTQ_JOBS #1",
			"process VTQ_JOBS #1, transient, delivery 1, linked to publish VTQ_JOBS #1",
			"publish VTQ_VERDICTS #1",
			"process VTQ_JOBS #2, ok, delivery 2, linked to publish VTQ_JOBS #1",
			"process VTQ_VERDICTS #1, dead, delivery 1, linked to publish VTQ_VERDICTS #1",
			"publish VTQ_VERDICTS #2, linked to publish VTQ_VERDICTS #1",
			"process VTQ_VERDICTS #2, ok, delivery 1, linked to publish VTQ_VERDICTS #1",
		}
		if diff := cmp.Diff(want, spans.way()); diff != "" {
			t.Errorf("the way of an indicator (-want +got):\n%s", diff)
		}
		below := []string{
			"process VTQ_JOBS: GET /api/v3/files/{id}",
			"process VTQ_JOBS: publish VTQ_VERDICTS",
			"process VTQ_VERDICTS: GET /api/indicators/{id}/attributes",
			"process VTQ_VERDICTS: POST /api/indicators/{id}/attributes",
		}
		if diff := cmp.Diff(below, spans.below()); diff != "" {
			t.Errorf("below the work (-want +got):\n%s", diff)
		}
		spans.harmless(t, file.Object)
	}, "VTQ_POLL=1h")
}

// harmless walks over everything that spans say, for what must not leave the house.
func (r record) harmless(t *testing.T, values ...string) {
	t.Helper()
	never := append([]string{
		vtsim.DefaultKey, tqsim.DefaultClientSecret, "http://", "https://", "vtq.job.", "vtq.verdict.", "vtq.dead.", "poison", "Bearer",
	}, values...)
	for _, span := range r.Ended() {
		said := []string{span.Name(), span.Status().Description, span.SpanContext().TraceState().String()}
		tell := func(all []attribute.KeyValue) {
			for _, a := range all {
				said = append(said, string(a.Key), a.Value.String())
			}
		}
		tell(span.Attributes())
		for _, link := range span.Links() {
			tell(link.Attributes)
		}
		for _, event := range span.Events() {
			said = append(said, event.Name)
			tell(event.Attributes)
		}
		for _, word := range said {
			for _, secret := range never {
				if strings.Contains(strings.ToLower(word), strings.ToLower(secret)) {
					t.Errorf("span %q says %q", span.Name(), word)
				}
			}
		}
	}
}

// TestNoSpanSaysWhatItIsAbout runs the demo's indicators, of all kinds, through the pipeline, one by one and in bulk.
func TestNoSpanSaysWhatItIsAbout(t *testing.T) {
	for _, mode := range []string{"attributes", "bulk"} {
		t.Run(mode, func(t *testing.T) {
			inWorld(t, func(w *world) {
				spans := w.record()
				var values []string
				for _, item := range dataset.Demo() {
					values = append(values, item.Value)
				}
				w.add(dataset.Demo()...)
				w.once()
				spans.harmless(t, values...)
				batches := 0
				for _, span := range spans.Ended() {
					if fact(span, "messaging.batch.message_count") != "" {
						batches++
						if len(span.Links()) < 3 {
							t.Errorf("a bulk write is linked to %d deliveries", len(span.Links()))
						}
					}
				}
				if (batches > 0) != (mode == "bulk") {
					t.Errorf("%d bulk writes", batches)
				}
			}, "VTQ_WRITE_MODE="+mode, "VTQ_POLL=1h")
		})
	}
}

// TestLogsAreJoinedWithoutACollector finds the lines of an indicator by the ids of their traces.
func TestLogsAreJoinedWithoutACollector(t *testing.T) {
	inWorld(t, func(w *world) {
		var logs bytes.Buffer
		w.logs = zerolog.SyncWriter(&logs)
		w.tracer = telemetry.New(t.Context(), telemetry.Program{Name: "vtq"})
		w.add(dataset.Demo()...)
		w.once()
		worked, settled := map[string]bool{}, 0
		for line := range strings.Lines(logs.String()) {
			var l struct {
				Message, Stage string
				Trace          string `json:"trace_id"`
				Linked         string `json:"linked_trace_id"`
			}
			if err := json.Unmarshal([]byte(line), &l); err != nil {
				t.Fatal(err)
			}
			if l.Message != "settled" {
				continue
			}
			settled++
			if len(l.Trace) != 32 || len(l.Linked) != 32 {
				t.Errorf("a line without its traces: %s", line)
			}
			if l.Stage == "lookup" {
				worked[l.Trace] = true
			} else if !worked[l.Linked] {
				t.Errorf("the line of a verdict leads to no job: %s", line)
			}
		}
		if settled == 0 {
			t.Error("nothing was settled")
		}
	})
}
