package telemetry_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	collected "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"vtq.internal/shared/telemetry"
)

// secret is a key that nobody may ever read.
const secret = "4711-top-secret"

// sent makes a tracer with an environment, which is that of the process too, since the libraries read that, ends a few spans under it and
// closes it. It gives the log.
func sent(t *testing.T, spans int, env ...string) string {
	t.Helper()
	for _, entry := range env {
		name, text, _ := strings.Cut(entry, "=")
		t.Setenv(name, text)
	}
	var log bytes.Buffer
	tracer := telemetry.New(t.Context(), telemetry.Program{Env: env, Name: "vtq-test", Version: "v1.2.3", Log: zerolog.New(&log)})
	ctx := tracer.Context(t.Context())
	for range spans {
		telemetry.Publish(ctx, "VTQ_JOBS", map[string][]string{}).End(nil)
	}
	tracer.Close()
	if strings.Contains(log.String(), secret) {
		t.Errorf("the log has a secret: %s", log.String())
	}
	return log.String()
}

// A stand is what a collector has heard.
type stand struct {
	paths chan string
	spans chan *collected.ExportTraceServiceRequest
}

// collect starts a stand-in for a collector.
func collect(t *testing.T) (address string, heard stand) {
	t.Helper()
	heard = stand{make(chan string, 100), make(chan *collected.ExportTraceServiceRequest, 100)}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var body io.Reader = r.Body
		if r.Header.Get("Content-Encoding") == "gzip" {
			body, _ = gzip.NewReader(r.Body)
		}
		all, _ := io.ReadAll(body)
		var request collected.ExportTraceServiceRequest
		if err := proto.Unmarshal(all, &request); err != nil {
			t.Errorf("the collector was sent no spans: %v", err)
		}
		heard.paths <- r.URL.Path
		heard.spans <- &request
	}))
	t.Cleanup(server.Close)
	return server.URL, heard
}

func TestSpansReachTheCollector(t *testing.T) {
	address, heard := collect(t)
	all, traces := "OTEL_EXPORTER_OTLP_ENDPOINT=", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="
	cases := map[string]struct {
		path string
		env  []string
	}{
		"for all signals":   {"/v1/traces", []string{all + address}},
		"below a path":      {"/otlp/v1/traces", []string{all + address + "/otlp/"}},
		"for traces":        {"/spans", []string{traces + address + "/spans"}},
		"for traces, first": {"/spans", []string{all + "http://192.0.2.1:4318", traces + address + "/spans"}},
		"with all else": {"/v1/traces", []string{
			all + address, "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "OTEL_EXPORTER_OTLP_HEADERS=x-key=a%20b, y=",
			"OTEL_EXPORTER_OTLP_TIMEOUT=10000", "OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name=a%2Cb, service.namespace=c",
			"OTEL_TRACES_SAMPLER=parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG=1",
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			log := sent(t, 3, append(c.env, "OTEL_TRACES_EXPORTER=otlp")...)
			request := <-heard.spans
			if path := <-heard.paths; path != c.path {
				t.Errorf("sent to %s, want %s", path, c.path)
			}
			of := request.GetResourceSpans()[0]
			if n := len(of.GetScopeSpans()[0].GetSpans()); n != 3 {
				t.Errorf("%d spans came, want 3", n)
			}
			named := map[string]string{}
			for _, a := range of.GetResource().GetAttributes() {
				named[a.GetKey()] = a.GetValue().GetStringValue()
			}
			if named["service.name"] != "vtq-test" || named["service.version"] != "v1.2.3" {
				t.Errorf("the spans are of %v", named)
			}
			if !strings.Contains(log, `"sending spans"`) || strings.Contains(log, "warn") {
				t.Errorf("the log says %s", log)
			}
		})
	}
}

// wrong has variables that cannot be read, most with a secret: addresses and headers have them by their nature, the rest by a mistake.
func wrong() []string {
	var all []string
	for _, prefix := range []string{"OTEL_EXPORTER_OTLP_", "OTEL_EXPORTER_OTLP_TRACES_"} {
		all = append(
			all, prefix+"ENDPOINT="+secret, prefix+"ENDPOINT=unix:///"+secret, prefix+"ENDPOINT=http://u:"+secret+"@host:port%zz",
			prefix+"HEADERS="+secret, prefix+"HEADERS=a b="+secret, prefix+"HEADERS=authorization=%zz"+secret, prefix+"HEADERS=a=b,"+secret,
			prefix+"TIMEOUT="+secret, prefix+"TIMEOUT=10s", prefix+"TIMEOUT=-1",
			prefix+"CERTIFICATE=/nowhere/"+secret, prefix+"CERTIFICATE=program_test.go",
			prefix+"CLIENT_CERTIFICATE=/nowhere/"+secret, prefix+"CLIENT_KEY=/nowhere/"+secret,
		)
	}
	return append(
		all, "OTEL_RESOURCE_ATTRIBUTES="+secret, "OTEL_RESOURCE_ATTRIBUTES=a=b,"+secret, "OTEL_RESOURCE_ATTRIBUTES=a=%zz"+secret,
		"OTEL_RESOURCE_ATTRIBUTES==a", "OTEL_TRACES_SAMPLER="+secret, "OTEL_TRACES_SAMPLER=parentbased_", "OTEL_TRACES_SAMPLER_ARG="+secret,
		"OTEL_TRACES_SAMPLER_ARG=-0.1", "OTEL_TRACES_SAMPLER_ARG=1.1", "OTEL_TRACES_SAMPLER_ARG=NaN",
	)
}

func TestNothingIsSentUnlessAskedFor(t *testing.T) {
	address, heard := collect(t)
	to := "OTEL_EXPORTER_OTLP_ENDPOINT=" + address
	cases := map[string]struct {
		env  []string
		warn string // The variable that is complained of.
	}{
		"nothing":         {nil, ""},
		"an empty one":    {[]string{"OTEL_EXPORTER_OTLP_ENDPOINT="}, ""},
		"no endpoint":     {[]string{"OTEL_TRACES_EXPORTER=otlp"}, ""},
		"disabled":        {[]string{to, "OTEL_SDK_DISABLED=TRUE"}, ""},
		"none":            {[]string{to, "OTEL_TRACES_EXPORTER=none"}, ""},
		"another":         {[]string{to, "OTEL_TRACES_EXPORTER=zipkin"}, "OTEL_TRACES_EXPORTER"},
		"gRPC":            {[]string{to, "OTEL_EXPORTER_OTLP_PROTOCOL=grpc"}, "OTEL_EXPORTER_OTLP_PROTOCOL"},
		"gRPC for traces": {[]string{to, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=grpc"}, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"},
	}
	for _, one := range wrong() {
		name, _, _ := strings.Cut(one, "=")
		cases[one] = struct {
			env  []string
			warn string
		}{[]string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + address, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=" + address, one}, name}
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			log := sent(t, 1, c.env...)
			if len(heard.spans) > 0 {
				t.Errorf("spans were sent")
			}
			if warned := strings.Contains(log, `"warn"`); warned != (c.warn != "") || !strings.Contains(log, c.warn) {
				t.Errorf("the log says %q, want a warning of %q", log, c.warn)
			}
		})
	}
}

// TestACollectorThatRefuses repeats what it was sent, which must not be in the log.
func TestACollectorThatRefuses(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "bad key "+secret, http.StatusUnauthorized)
	}))
	defer server.Close()
	log := sent(t, 2, "OTEL_EXPORTER_OTLP_ENDPOINT="+server.URL)
	if !strings.Contains(log, "the collector answers with status 401") || !strings.Contains(log, `"spans":2`) {
		t.Errorf("the log says %s", log)
	}
}

// TestACollectorThatIsGone is told once, in the system's words.
func TestACollectorThatIsGone(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	log := sent(t, 2, "OTEL_EXPORTER_OTLP_ENDPOINT=http://someone:"+secret+"@"+address)
	if strings.Count(log, "spans were not sent") != 1 || !strings.Contains(log, "connection refused") {
		t.Errorf("the log says %s", log)
	}
}

// TestACollectorThatHangs holds nobody up: not whoever ends spans, more of them than there is room for, and its stop no longer than it
// may. That it is no longer is told by the collector, which is left when the time is over.
func TestACollectorThatHangs(t *testing.T) {
	left := make(chan struct{}, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
		left <- struct{}{}
	}))
	defer server.Close()
	// The library would wait for an hour, once for each 512 spans.
	log := sent(t, 5000, "OTEL_EXPORTER_OTLP_ENDPOINT="+server.URL, "OTEL_EXPORTER_OTLP_TIMEOUT=3600000", "OTEL_BSP_EXPORT_TIMEOUT=3600000")
	if !strings.Contains(log, "the last spans were not sent") || !strings.Contains(log, "no answer in time") {
		t.Errorf("the log says %s", log)
	}
	<-left
}

// BenchmarkPublish compares what a span costs in a process without a collector to none at all.
func BenchmarkPublish(b *testing.B) {
	for name, ctx := range map[string]context.Context{"none": b.Context(), "unrecorded": unrecorded(b)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				span := telemetry.Publish(ctx, "VTQ_JOBS", map[string][]string{})
				span.Tell(telemetry.Facts{IndicatorID: 7, Lane: "fresh"})
				span.End(nil)
			}
		})
	}
}
