package lookup_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"vtq.internal/services/lookup"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/simulator/dataset"
	simulator "vtq.internal/shared/simulator/virustotal"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/virustotal"
	"vtq.internal/shared/wire"
)

const (
	day   = 24 * time.Hour
	grace = 20 * time.Second
)

// A lab is what is around a worker, in a bubble: a server with all streams, and a VirusTotal that answers in 100 ms.
type lab struct {
	*testing.T
	server  *testkit.Server
	vt      *simulator.Server
	wire    http.RoundTripper // To vt.
	timeout time.Duration     // Of the client; 0 for its own.
	js      jetstream.JetStream
	quota   int  // Of the worker, a minute; 0 for none.
	public  bool // The worker has a public key's quota, and asks what was used of it,
	// unless it is pageless.
	pageless bool
	limits   lookup.Quota // Instead of quota, where it is set.
	config   lookup.Config
	more     func(*lookup.Options) // Changes the options, where it is set.
	logs     *journal
}

func inLab(t *testing.T, f func(l *lab)) {
	t.Helper()
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		t.Helper()
		l := &lab{T: t, server: s, logs: &journal{}, vt: &simulator.Server{
			Keys: map[string]simulator.Key{simulator.DefaultKey: {}}, Latency: 100 * time.Millisecond,
		}}
		nc := s.Connect()
		defer nc.Close()
		transport, stop := testkit.Serve(t, l.vt)
		defer stop()
		l.wire, l.js = transport, topology(t, nc)
		f(l)
	})
}

func (l *lab) client() *virustotal.Client {
	l.Helper()
	c, err := virustotal.New(virustotal.Config{
		BaseURL: "http://virustotal.test/api/v3", APIKey: simulator.DefaultKey, Tool: "vtq/test", Transport: l.wire, Timeout: l.timeout,
	})
	if err != nil {
		l.Fatalf("making a client: %v", err)
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

// A run is a worker at work, on a connection of its own.
type run struct {
	l        *lab
	nc       *nats.Conn
	registry *prometheus.Registry
	cancel   context.CancelFunc
	ended    chan error
}

func (l *lab) options(nc *nats.Conn) lookup.Options {
	client := l.client()
	quota, usage := lookup.Quota{Requests: l.quota}, (func(context.Context) (lookup.Usage, error))(nil)
	if l.public {
		quota, usage = lookup.Quota{Requests: 4, Day: 500, Month: 15_500}, lookup.UsageOf(client)
	}
	config := l.config
	config.Concurrency = cmp.Or(config.Concurrency, 4)
	if l.pageless {
		usage = nil
	}
	if l.limits != (lookup.Quota{}) {
		quota = l.limits
	}
	o := lookup.Options{
		Config: config, NATS: nc, Grace: grace,
		Providers: []lookup.Provider{{Name: provider.VirusTotal, Looker: client, Account: "main", Quota: quota, UsageFunc: usage}},
		Routes:    provider.Only(provider.VirusTotal).Routes(),
		Policy:    verdict.DefaultPolicy(), Refresh: verdict.Refresh{Malicious: 7 * day, Clean: 30 * day, NotFound: 7 * day},
		Logger: zerolog.New(l.logs), Registerer: prometheus.NewRegistry(),
	}
	if l.more != nil {
		l.more(&o)
	}
	return o
}

func (l *lab) start() *run {
	l.Helper()
	return l.begin(l.server.Connect())
}

// begin starts a worker on a connection, which becomes its own.
func (l *lab) begin(nc *nats.Conn) *run {
	l.Helper()
	o := l.options(nc)
	worker, err := lookup.New(o)
	if err != nil {
		l.Fatalf("New = %v", err)
	}
	ctx, cancel := context.WithCancel(l.Context())
	r := &run{l: l, nc: nc, registry: o.Registerer.(*prometheus.Registry), cancel: cancel, ended: make(chan error, 1)}
	go func() { r.ended <- worker.Run(ctx) }()
	return r
}

// stop stops the worker in order, and tells how long that took.
func (r *run) stop() time.Duration {
	r.l.Helper()
	began := time.Now()
	r.cancel()
	if err := <-r.ended; err != nil {
		r.l.Errorf("Run = %v at the end of its context, want nil", err)
	}
	took := time.Since(began)
	r.nc.Close()
	return took
}

// crash takes the connection away from the worker, so that it can settle nothing.
func (r *run) crash() {
	r.nc.Close()
	r.cancel()
	if err := <-r.ended; err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
		r.l.Errorf("Run = %v, want the end of the connection, or nil", err)
	}
}

// until waits for something, for some time at most.
func (l *lab) until(most time.Duration, ready func() bool) {
	l.Helper()
	for began := time.Now(); !ready(); time.Sleep(max(most/500, 100*time.Millisecond)) {
		if time.Since(began) > most {
			l.Fatalf("waited %v in vain; the log says:\n%s", most, l.logs.text())
		}
	}
}

func (l *lab) sleep(d time.Duration) { time.Sleep(d) }

// drained waits until no job is left, for some time at most.
func (l *lab) drained(most time.Duration) {
	l.Helper()
	l.until(most, func() bool { return l.messages(stream.Jobs) == 0 })
}

func (l *lab) messages(name string) int {
	l.Helper()
	return int(l.stream(name).CachedInfo().State.Msgs)
}

func (l *lab) stream(name string) jetstream.Stream {
	l.Helper()
	s, err := l.js.Stream(l.Context(), name)
	if err != nil {
		l.Fatalf("opening %s: %v", name, err)
	}
	return s
}

// site is one of many names; the provider knows none of them unless they are reported.
func site(n int) indicator.Object {
	return indicator.Object{Kind: indicator.Domain, Value: fmt.Sprintf("quiet-harbor-%d.com", n)}
}

// report lets the provider know an object.
func (l *lab) report(object indicator.Object, class verdict.Class) {
	l.Helper()
	if err := l.vt.AddReport(dataset.Report(dataset.Recipe{Kind: object.Kind, Object: object.Value, Class: class})); err != nil {
		l.Fatalf("adding a report: %v", err)
	}
}

func subject(id int64, object indicator.Object) string {
	return wire.JobAddress{Lane: wire.Fresh, Route: provider.VirusTotal, Key: object.Key(), ID: id}.Subject()
}

// push asks about an object for an indicator.
func (l *lab) push(id int64, object indicator.Object) {
	l.Helper()
	body, err := wire.EncodeJob(wire.Job{
		Created: time.Now().UTC(), Indicator: indicator.Indicator{ID: id, Type: "FQDN", Value: object.Value}, Object: object,
	})
	if err != nil {
		l.Fatalf("encoding a job: %v", err)
	}
	l.store(subject(id, object), body)
}

// pushSites asks about n names, for the indicators 1 to n.
func (l *lab) pushSites(n int) {
	l.Helper()
	for i := range n {
		l.push(int64(i+1), site(i+1))
	}
}

func (l *lab) store(subject string, body []byte) {
	l.Helper()
	if _, err := l.js.Publish(l.Context(), subject, body); err != nil {
		l.Fatalf("publishing to %s: %v", subject, err)
	}
}

// verdict reads the verdict for an indicator.
func (l *lab) verdict(id int64, object indicator.Object) (wire.Verdict, bool) {
	l.Helper()
	at := wire.VerdictAddress{Provider: provider.VirusTotal, Key: object.Key(), ID: id}
	message, err := l.stream(stream.Verdicts).GetLastMsgForSubject(l.Context(), at.Subject())
	if err != nil {
		return wire.Verdict{}, false
	}
	v, err := wire.DecodeVerdict(message.Data)
	if err != nil {
		l.Fatalf("decoding a verdict: %v", err)
	}
	return v, true
}

// answered checks that each of n names has its verdict, and nothing died.
func (l *lab) answered(n int) {
	l.Helper()
	for i := range n {
		if _, ok := l.verdict(int64(i+1), site(i+1)); !ok {
			l.Errorf("no verdict for indicator %d", i+1)
		}
	}
	if dead := l.messages(stream.DeadLetters); dead > 0 {
		l.Errorf("%d dead letters, want none", dead)
	}
}

// letter reads the dead letter of a job.
func (l *lab) letter(id int64, object indicator.Object) *jetstream.RawStreamMsg {
	l.Helper()
	message, err := l.stream(stream.DeadLetters).GetLastMsgForSubject(l.Context(), wire.DeadSubject("lookup", subject(id, object)))
	if err != nil {
		l.Fatalf("reading the dead letter of job %d: %v; the log says:\n%s", id, err, l.logs.text())
	}
	return message
}

// A journal keeps what was logged.
type journal struct {
	mu    sync.Mutex
	lines bytes.Buffer
}

// Write implements io.Writer.
func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.lines.Write(line)
}

func (j *journal) text() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.lines.String()
}

// count tells how many lines have all the parts.
func (j *journal) count(parts ...string) int {
	n := 0
	for line := range strings.Lines(j.text()) {
		if !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(line, part) }) {
			n++
		}
	}
	return n
}

// spendByHand asks the simulator as somebody else does who has the key.
func (l *lab) spendByHand(n int) {
	l.Helper()
	client := l.client()
	for i := range n {
		if _, err := client.Look(l.Context(), site(1_000_000+i)); err != nil {
			l.Fatalf("asking by hand: %v", err)
		}
		l.sleep(time.Second)
	}
}
