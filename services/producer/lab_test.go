package producer_test

import (
	"bytes"
	"context"
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

	"vtq.internal/services/producer"
	"vtq.internal/services/producer/internal/admit"
	"vtq.internal/shared/config"
	"vtq.internal/shared/provider"
	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/threatq"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

const (
	day = 24 * time.Hour
	// site is the simulator's address; the pipe leads there from any.
	site = "http://threatq.test"
)

// A lab is what is around a producer, in a bubble: a server with all streams, and a ThreatQ.
type lab struct {
	*testing.T
	server  *testkit.Server
	tq      *simulator.Server
	library *threatq.Client
	nc      *nats.Conn
	js      jetstream.JetStream
	config  producer.Config
	logs    *journal
}

// settings are the defaults, with smaller pages.
func settings() producer.Config {
	return producer.Config{
		PageSize: 10, Poll: time.Minute, Overlap: 5 * time.Minute, Sweep: day, MaxTLP: admit.Amber, SkipStatuses: []string{"Whitelisted"},
	}
}

func inLab(t *testing.T, f func(l *lab), changes ...func(*stream.Topology)) {
	t.Helper()
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		t.Helper()
		l := &lab{T: t, server: s, tq: &simulator.Server{}, nc: s.Connect(), config: settings(), logs: &journal{}}
		defer l.nc.Close()
		transport, stop := testkit.Serve(t, l.tq)
		defer stop()
		l.library = client(t, transport)
		l.js = topology(t, l.nc, changes)
		f(l)
	})
}

func client(t *testing.T, transport http.RoundTripper) *threatq.Client {
	t.Helper()
	c, err := threatq.New(threatq.Config{
		BaseURL: site, ClientID: simulator.DefaultClientID, ClientSecret: config.NewSecret(simulator.DefaultClientSecret),
		Transport: transport,
	})
	if err != nil {
		t.Fatalf("making a client: %v", err)
	}
	return c
}

func topology(t *testing.T, nc *nats.Conn, changes []func(*stream.Topology)) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatalf("opening JetStream: %v", err)
	}
	all, err := stream.NewTopology(stream.Options{Routes: provider.Only(provider.VirusTotal).RouteNames(), VerdictAge: 60 * day})
	if err != nil {
		t.Fatalf("making the topology: %v", err)
	}
	for _, change := range changes {
		change(&all)
	}
	if err := stream.Ensure(t.Context(), js, all); err != nil {
		t.Fatalf("creating the topology: %v", err)
	}
	return js
}

// A run is a producer at work.
type run struct {
	*producer.Producer
	l        *lab
	registry *prometheus.Registry
	cancel   context.CancelFunc
	ended    chan error
}

func (l *lab) options() producer.Options {
	return producer.Options{
		Config: l.config, NATS: l.nc, ThreatQ: l.library, Site: site,
		Policy: verdict.DefaultPolicy(), Refresh: verdict.Refresh{Malicious: 7 * day, Clean: 30 * day, NotFound: 7 * day},
		Routes: provider.Only(provider.VirusTotal), Logger: zerolog.New(l.logs), Registerer: prometheus.NewRegistry(),
	}
}

func (l *lab) start() *run {
	l.Helper()
	return l.startWith(l.options())
}

func (l *lab) startWith(o producer.Options) *run {
	l.Helper()
	p, err := producer.New(o)
	if err != nil {
		l.Fatalf("New = %v", err)
	}
	ctx, cancel := context.WithCancel(l.Context())
	r := &run{Producer: p, l: l, registry: o.Registerer.(*prometheus.Registry), cancel: cancel, ended: make(chan error, 1)}
	go func() { r.ended <- p.Run(ctx) }()
	return r
}

func (r *run) stop() {
	r.l.Helper()
	r.cancel()
	if err := <-r.ended; err != nil {
		r.l.Errorf("Run = %v at the end of its context, want nil", err)
	}
}

// walked waits until so many walks have come to their end.
func (r *run) walked(walks int) {
	r.l.Helper()
	for began := time.Now(); r.Walks() < walks; time.Sleep(100 * time.Millisecond) {
		if time.Since(began) > time.Hour {
			r.l.Fatalf("%d walks in an hour, want %d; the log says:\n%s", r.Walks(), walks, r.l.logs.text())
		}
	}
}

// sweepOnce runs a producer over one walk.
func (l *lab) sweepOnce() {
	l.Helper()
	r := l.start()
	r.walked(1)
	r.stop()
}

// until waits for something, for some time at most.
func (l *lab) until(most time.Duration, ready func() bool) {
	l.Helper()
	for began := time.Now(); !ready(); time.Sleep(max(most/500, time.Second)) {
		if time.Since(began) > most {
			l.Fatalf("waited %v in vain; the log says:\n%s", most, l.logs.text())
		}
	}
}

func (l *lab) sleep(d time.Duration) { time.Sleep(d) }

// add puts n names into ThreatQ, a second apart, and returns their ids.
func (l *lab) add(n int) []int64 {
	l.Helper()
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = l.addAt(fmt.Sprintf("host-%d-%d.com", l.tq.Len(), i), time.Now().Add(time.Duration(i-n)*time.Second))
	}
	return ids
}

// addAt puts a name into ThreatQ that says it was updated at some time.
func (l *lab) addAt(name string, updated time.Time) int64 {
	l.Helper()
	return l.tq.AddIndicator(simulator.Indicator{Type: "FQDN", Value: name, CreatedAt: updated, UpdatedAt: updated})
}

// jobs lists the ids whose jobs wait, by lane.
func (l *lab) jobs(lane wire.Lane) []int64 {
	l.Helper()
	info, err := l.stream(stream.Jobs).Info(l.Context(), jetstream.WithSubjectFilter(wire.LaneSubject(lane, provider.VirusTotal)))
	if err != nil {
		l.Fatalf("looking at the jobs: %v", err)
	}
	var ids []int64
	for subject := range info.State.Subjects {
		at, err := wire.ParseJobSubject(subject)
		if err != nil {
			l.Fatalf("a job under %s: %v", subject, err)
		}
		ids = append(ids, at.ID)
	}
	slices.Sort(ids)
	return ids
}

// published counts the jobs that were ever stored: a job that was pending already is not.
func (l *lab) published() int {
	l.Helper()
	return int(l.stream(stream.Jobs).CachedInfo().State.LastSeq)
}

func (l *lab) stream(name string) jetstream.Stream {
	l.Helper()
	s, err := l.js.Stream(l.Context(), name)
	if err != nil {
		l.Fatalf("opening %s: %v", name, err)
	}
	return s
}

// answerAll does what the lookup stage would: every job that waits becomes a verdict.
func (l *lab) answerAll() {
	l.Helper()
	jobs := l.stream(stream.Jobs)
	state := jobs.CachedInfo().State
	for seq := state.FirstSeq; state.Msgs > 0 && seq <= state.LastSeq; seq++ {
		message, err := jobs.GetMsg(l.Context(), seq)
		if err != nil {
			continue // Answered before.
		}
		l.answer(message.Data)
		if err := jobs.DeleteMsg(l.Context(), seq); err != nil {
			l.Fatalf("deleting job %d: %v", seq, err)
		}
	}
}

func (l *lab) answer(body []byte) {
	l.Helper()
	job, err := wire.DecodeJob(body)
	if err != nil {
		l.Fatalf("decoding a job: %v", err)
	}
	body, err = wire.EncodeVerdict(wire.Verdict{Indicator: job.Indicator, Object: job.Object, Verdict: verdict.Verdict{
		Provider: provider.VirusTotal, Kind: job.Object.Kind, Asked: time.Now().UTC().Truncate(time.Second),
	}})
	if err != nil {
		l.Fatalf("encoding a verdict: %v", err)
	}
	at := wire.VerdictAddress{Provider: provider.VirusTotal, Key: job.Object.Key(), ID: job.Indicator.ID}
	if _, err := l.js.Publish(l.Context(), at.Subject(), body); err != nil {
		l.Fatalf("publishing a verdict: %v", err)
	}
}

func (l *lab) purge(name string) {
	l.Helper()
	if err := l.stream(name).Purge(l.Context()); err != nil {
		l.Fatalf("purging %s: %v", name, err)
	}
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
