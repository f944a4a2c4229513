package writer_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"vtq.internal/services/writer"
	"vtq.internal/shared/config"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/threatq"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

const day = 24 * time.Hour

// A lab is what is around a writer, in a bubble: a server with all streams, and a ThreatQ.
type lab struct {
	*testing.T
	server  *testkit.Server
	tq      *simulator.Server
	library *threatq.Client
	pipe    http.RoundTripper // To the ThreatQ.
	nc      *nats.Conn
	js      jetstream.JetStream
	config  writer.Config
	grace   time.Duration
	logs    *journal

	mu    sync.Mutex
	fault func(*http.Request) *simulator.Fault
}

// settings are the defaults, with fewer fields.
func settings() writer.Config {
	return writer.Config{
		Fields: []string{"verdict", "detections", "malicious", "tags"}, Prefix: "VT", Source: "VirusTotal", Score: "off", Concurrency: 4, Mode: "attributes",
	}
}

func inLab(t *testing.T, f func(l *lab)) {
	t.Helper()
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		t.Helper()
		l := &lab{T: t, server: s, nc: s.Connect(), config: settings(), grace: 20 * time.Second, logs: &journal{}}
		defer l.nc.Close()
		l.tq = &simulator.Server{Fail: l.ask}
		transport, stop := testkit.Serve(t, l.tq)
		defer stop()
		l.library, l.pipe = client(t, transport), transport
		l.js = topology(t, l.nc)
		f(l)
	})
}

func client(t *testing.T, transport http.RoundTripper) *threatq.Client {
	t.Helper()
	c, err := threatq.New(threatq.Config{
		BaseURL: "http://threatq.test", ClientID: simulator.DefaultClientID,
		ClientSecret: config.NewSecret(simulator.DefaultClientSecret), Transport: transport,
	})
	if err != nil {
		t.Fatalf("making a client: %v", err)
	}
	return c
}

func topology(t *testing.T, nc *nats.Conn) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatalf("opening JetStream: %v", err)
	}
	all, err := stream.NewTopology(stream.Options{Routes: provider.Only(provider.VirusTotal).RouteNames(), VerdictAge: 60 * day})
	if err != nil {
		t.Fatalf("making the topology: %v", err)
	}
	if err := stream.Ensure(t.Context(), js, all); err != nil {
		t.Fatalf("creating the topology: %v", err)
	}
	return js
}

// ask is the simulator's hook.
func (l *lab) ask(r *http.Request) *simulator.Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fault == nil {
		return nil
	}
	return l.fault(r)
}

// fail lets ThreatQ fail from now on; nil mends it.
func (l *lab) fail(fault func(*http.Request) *simulator.Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault = fault
}

// add puts n names into ThreatQ and returns their ids.
func (l *lab) add(n int) []int64 {
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = l.tq.AddIndicator(simulator.Indicator{Type: "FQDN", Value: fmt.Sprintf("host-%d.com", l.tq.Len()+1)})
	}
	return ids
}

// found is a verdict as malicious as that, of 70 engines.
func found(malicious int, tags ...string) verdict.Verdict {
	return verdict.Verdict{
		Provider: provider.VirusTotal, Kind: indicator.Domain, Found: true, Asked: time.Now().UTC().Truncate(time.Second),
		Counts: verdict.Counts{verdict.Malicious: malicious, verdict.Undetected: 70 - malicious},
		Facts:  verdict.Facts{Tags: tags},
	}
}

// answer publishes a verdict on an indicator.
func (l *lab) answer(id int64, v verdict.Verdict) {
	l.Helper()
	l.answerAbout(id, fmt.Sprintf("host-%d.com", id), v)
}

// answerAbout publishes a verdict on an object that is not to be expected of the indicator.
func (l *lab) answerAbout(id int64, name string, v verdict.Verdict) {
	l.Helper()
	object := indicator.Object{Kind: indicator.Domain, Value: name}
	body, err := wire.EncodeVerdict(wire.Verdict{
		Indicator: indicator.Indicator{ID: id, Type: "FQDN", Value: name}, Object: object, Verdict: v,
	})
	if err != nil {
		l.Fatalf("encoding a verdict: %v", err)
	}
	l.publish(wire.VerdictAddress{Provider: v.Provider, Key: object.Key(), ID: id}.Subject(), body)
}

func (l *lab) publish(subject string, body []byte) {
	l.Helper()
	if _, err := l.js.Publish(l.Context(), subject, body); err != nil {
		l.Fatalf("publishing to %s: %v", subject, err)
	}
}

// A run is a writer at work.
type run struct {
	l        *lab
	registry *prometheus.Registry
	cancel   context.CancelFunc
	ended    chan error
}

func (l *lab) options() writer.Options {
	return writer.Options{
		Config: l.config, NATS: l.nc, ThreatQ: l.library, Policy: verdict.DefaultPolicy(), Grace: l.grace,
		Logger: zerolog.New(l.logs), Registerer: prometheus.NewRegistry(),
	}
}

func (l *lab) start() *run {
	l.Helper()
	return l.startWith(l.options())
}

func (l *lab) startWith(o writer.Options) *run {
	l.Helper()
	w, err := writer.New(o)
	if err != nil {
		l.Fatalf("New = %v", err)
	}
	ctx, cancel := context.WithCancel(l.Context())
	r := &run{l: l, registry: o.Registerer.(*prometheus.Registry), cancel: cancel, ended: make(chan error, 1)}
	go func() { r.ended <- w.Run(ctx) }()
	return r
}

func (r *run) stop() {
	r.l.Helper()
	r.cancel()
	if err := <-r.ended; err != nil {
		r.l.Errorf("Run = %v at the end of its context, want nil", err)
	}
}

// drain runs a writer until everything is settled for good.
func (l *lab) drain() {
	l.Helper()
	r := l.start()
	l.settled(time.Hour)
	r.stop()
}

// sleep lets virtual time pass.
func (l *lab) sleep(d time.Duration) { time.Sleep(d) }
