package cli_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"

	collected "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"vtq.internal/services/vtq/internal/simulation"
)

// collectorKey is what the collector of these tests wants to see, and nobody else may.
const collectorKey = "4711-collector-key"

// A collector keeps what it is sent: the names of spans by the service that they are of, each with its trace.
type collector struct {
	*httptest.Server

	mu     sync.Mutex
	traces map[string]map[string]bool // By service and name of a span.
	links  map[string]bool            // Traces that spans are linked to.
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{traces: map[string]map[string]bool{}, links: map[string]bool{}}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

// ServeHTTP takes spans as a collector does.
func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var request collected.ExportTraceServiceRequest
	if err != nil || proto.Unmarshal(body, &request) != nil || r.URL.Path != "/v1/traces" || r.Header.Get("X-Key") != collectorKey {
		http.Error(w, "what is this? "+r.Header.Get("X-Key"), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, of := range request.GetResourceSpans() {
		service := ""
		for _, a := range of.GetResource().GetAttributes() {
			if a.GetKey() == "service.name" {
				service = a.GetValue().GetStringValue()
			}
		}
		for _, scope := range of.GetScopeSpans() {
			for _, span := range scope.GetSpans() {
				name := service + ": " + span.GetName()
				if c.traces[name] == nil {
					c.traces[name] = map[string]bool{}
				}
				c.traces[name][string(span.GetTraceId())] = true
				for _, link := range span.GetLinks() {
					c.links[string(link.GetTraceId())] = true
				}
			}
		}
	}
}

// linked tells whether some span of that name is what another one is linked to.
func (c *collector) linked(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for trace := range c.traces[name] {
		if c.links[trace] {
			return true
		}
	}
	return false
}

// TestSpansOfProcessesReachACollector runs a pipeline, and a command that asks it something: the spans of both meet.
func TestSpansOfProcessesReachACollector(t *testing.T) {
	to := newCollector(t)
	sim := simulators(t, simulation.Options{}, simulation.Synthetic()[:1])
	env := append(sim.Environment(), "VTQ_DATA_DIR="+t.TempDir(),
		"OTEL_EXPORTER_OTLP_ENDPOINT="+to.URL, "OTEL_EXPORTER_OTLP_HEADERS=x-key="+collectorKey, "OTEL_BSP_SCHEDULE_DELAY=100")
	p := start(t, append(env, "OTEL_SERVICE_NAME=pipeline"), "up")
	eventually(t, "an indicator that bears a verdict", func() bool { return enriched(sim) == 1 })
	if _, stderr, code := run(t, append(env, "OTEL_SERVICE_NAME=asker"), "lookup", "never-heard-of.example.com"); code != 0 || stderr != "" {
		t.Errorf("lookup ended with %d: %s", code, stderr)
	}
	p.signal(syscall.SIGTERM)
	if code := p.wait(); code != 0 {
		t.Errorf("exit code %d, want 0:\n%s", code, p.stderr)
	}
	for _, name := range []string{"pipeline: publish VTQ_JOBS", "asker: publish VTQ_URGENT", "pipeline: process VTQ_URGENT", "pipeline: process VTQ_JOBS"} {
		if !to.linked(name) {
			t.Errorf("no span is linked to one called %q; there are %v", name, to.traces)
		}
	}
	said := p.stderr.String()
	if strings.Contains(said, collectorKey) || strings.Contains(said, "OTEL_") || strings.Contains(said, "spans were not sent") {
		t.Errorf("the pipeline says:\n%s", said)
	}
}

// TestACollectorThatHangsHoldsNobodyUp runs a pipeline whose collector takes everything and never answers.
func TestACollectorThatHangsHoldsNobodyUp(t *testing.T) {
	hanging := make(chan struct{}, 1000)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		hanging <- struct{}{}
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	sim := simulators(t, simulation.Options{}, simulation.Synthetic()[:12])
	p := start(t, append(sim.Environment(), "OTEL_EXPORTER_OTLP_ENDPOINT="+server.URL, "OTEL_EXPORTER_OTLP_HEADERS=x-key="+collectorKey,
		"OTEL_BSP_SCHEDULE_DELAY=1", "OTEL_BSP_MAX_QUEUE_SIZE=2", "OTEL_BSP_EXPORT_TIMEOUT=3600000", "OTEL_EXPORTER_OTLP_TIMEOUT=3600000"), "up")
	eventually(t, "12 indicators that bear a verdict", func() bool { return enriched(sim) == 12 })
	<-hanging
	p.signal(syscall.SIGTERM) // An hour, if it waited for the collector.
	if code := p.wait(); code != 0 {
		t.Errorf("exit code %d, want 0:\n%s", code, p.stderr)
	}
	if said := p.stderr.String(); !strings.Contains(said, "the last spans were not sent") || strings.Contains(said, collectorKey) {
		t.Errorf("the pipeline says:\n%s", said)
	}
}
