package writer_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
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

// Bounds of how much a replay may let the heap grow, in bytes: of a writer by itself, whatever the length, two batches of verdicts and
// entries, and what was allocated since the last collection; in one process the server's buffers, which grow with its streams: 971 MB were
// seen over a million.
const (
	maxReplayHeap = 64 << 20
	maxSharedHeap = 2 << 30
)

// BenchmarkWriter prints what a writer costs ThreatQ, in requests for 1,000 indicators, and how fast it goes over verdicts that were
// written. WRITER_REPLAY says over how many; the default is 100,000.
func BenchmarkWriter(b *testing.B) {
	b.Run("requests", func(b *testing.B) {
		for b.Loop() {
			measureRequests(b)
		}
	})
	b.Run("replay", func(b *testing.B) { // Of a writer in one process with its server, as with vtq up.
		for b.Loop() {
			measureReplay(b, newRig(b), replays(b), maxSharedHeap)
		}
	})
	b.Run("replay-apart", func(b *testing.B) { // Of a writer in a process of its own: its memory is its own.
		for b.Loop() {
			measureReplay(b, newRigAt(b, serve(b)), replays(b), maxReplayHeap)
		}
	})
}

func replays(b *testing.B) int {
	b.Helper()
	text := os.Getenv("WRITER_REPLAY")
	if text == "" {
		return 100_000
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		b.Fatalf("WRITER_REPLAY: wants a number (got %q)", text)
	}
	return n
}

// serving makes this very program a server, for serve.
const serving = "WRITER_SERVES"

// serve starts a server in a process of its own, so that its memory is not counted as the writer's, and says where it listens.
func serve(b *testing.B) (address string) {
	b.Helper()
	server := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^TestServe$", "-test.v") // This very program.
	server.Env = append(os.Environ(), serving+"=1")
	stdin, err := server.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := server.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = stdin.Close()
		_ = server.Wait()
	})
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if at := strings.Index(lines.Text(), "nats://"); at >= 0 {
			return strings.TrimSpace(lines.Text()[at:])
		}
	}
	b.Fatal("the server does not say where it listens")
	return ""
}

// TestServe is that server, until its standard input ends.
func TestServe(t *testing.T) {
	if os.Getenv(serving) == "" {
		t.Skip("a part of BenchmarkWriter")
	}
	_, _ = fmt.Fprintln(os.Stdout, testkit.Loopback(t, testkit.Access{}).URL())
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// A rig is a writer's surroundings in real time.
type rig struct {
	*testing.B
	nc *nats.Conn
	js jetstream.JetStream
	tq *simulator.Server
	// To the ThreatQ.
	library *threatq.Client
}

func newRig(b *testing.B) *rig {
	b.Helper()
	return newRigAt(b, testkit.Loopback(b, testkit.Access{}).URL())
}

func newRigAt(b *testing.B, address string) *rig {
	b.Helper()
	nc, err := nats.Connect(address)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(nc.Close)
	tq := &simulator.Server{}
	transport, stop := testkit.Serve(b, tq)
	b.Cleanup(stop)
	library, err := threatq.New(threatq.Config{
		BaseURL: "http://threatq.test", ClientID: simulator.DefaultClientID,
		ClientSecret: config.NewSecret(simulator.DefaultClientSecret), Transport: transport,
	})
	if err != nil {
		b.Fatal(err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		b.Fatal(err)
	}
	all, err := stream.NewTopology(stream.Options{Routes: provider.Only(provider.VirusTotal).RouteNames(), VerdictAge: 60 * day})
	if err != nil {
		b.Fatal(err)
	}
	if err := stream.Ensure(b.Context(), js, all); err != nil {
		b.Fatal(err)
	}
	return &rig{B: b, nc: nc, js: js, tq: tq, library: library}
}

// reported is a verdict on an indicator as a busy site has it: 2 KiB, and fifteen attributes.
func reported(id int64, malicious int) wire.Verdict {
	name := fmt.Sprintf("host-%d.example.com", id)
	v := verdict.Verdict{
		Provider: provider.VirusTotal, Kind: indicator.Domain, Object: name, Found: true, Asked: time.Unix(1772357415, 0).UTC(),
		Counts: verdict.Counts{verdict.Malicious: malicious, verdict.Suspicious: 1, verdict.Harmless: 40, verdict.Undetected: 25},
		Facts: verdict.Facts{
			Link: "https://www.virustotal.com/gui/domain/" + name, LastAnalysis: time.Unix(1772350000, 0).UTC(), Tags: []string{"dga", "phishing"},
			Registrar: "Example Registrar, Inc.", Categories: []string{"phishing and other frauds", "newly registered"}, Country: "NL",
		},
	}
	for i := range malicious {
		v.Engines = append(v.Engines, verdict.Engine{Name: fmt.Sprintf("Engine %02d of the vendor", i), Category: verdict.Malicious, Result: "malware site"})
	}
	return wire.Verdict{
		Indicator: indicator.Indicator{ID: id, Type: "FQDN", Value: name}, Object: indicator.Object{Kind: indicator.Domain, Value: name}, Verdict: v,
	}
}

// publish publishes verdicts on indicators; sent waits until they are stored.
func (r *rig) publish(ids []int64, malicious int) {
	r.Helper()
	for _, id := range ids {
		v := reported(id, malicious)
		body, err := wire.EncodeVerdict(v)
		if err != nil {
			r.Fatal(err)
		}
		r.send(wire.VerdictAddress{Provider: provider.VirusTotal, Key: v.Object.Key(), ID: id}.Subject(), body)
	}
}

func (r *rig) send(subject string, body []byte) {
	r.Helper()
	if _, err := r.js.PublishAsync(subject, body); err != nil {
		r.Fatal(err)
	}
}

func (r *rig) sent() {
	r.Helper()
	select {
	case <-r.js.PublishAsyncComplete():
	case <-time.After(time.Minute):
		r.Fatal("the server does not store what was published")
	}
}

// add puts so many indicators into ThreatQ.
func (r *rig) add(n int) []int64 {
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = r.tq.AddIndicator(simulator.Indicator{Type: "FQDN", Value: fmt.Sprintf("host-%d.example.com", r.tq.Len()+1)})
	}
	return ids
}

// drain runs a writer until everything is settled.
func (r *rig) drain() {
	r.Helper()
	r.drainBy("attributes")
}

// drainBy is drain in a way of writing.
func (r *rig) drainBy(mode string) {
	r.Helper()
	var c writer.Config
	if err := config.Load([]string{"VTQ_WRITE_MODE=" + mode}, &c); err != nil {
		r.Fatal(err)
	}
	w, err := writer.New(writer.Options{
		Config: c, NATS: r.nc, ThreatQ: r.library, Policy: verdict.DefaultPolicy(), Grace: time.Second,
		Logger: zerolog.New(io.Discard), Registerer: prometheus.NewRegistry(),
	})
	if err != nil {
		r.Fatal(err)
	}
	ctx, cancel := context.WithCancel(r.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	r.settled()
	cancel()
	if err := <-ended; err != nil {
		r.Fatal(err)
	}
}

// settled waits until no verdict is to come or in hand.
func (r *rig) settled() {
	r.Helper()
	for range time.Tick(20 * time.Millisecond) {
		consumer, err := r.js.Consumer(r.Context(), stream.Verdicts, stream.Writer)
		if err != nil {
			r.Fatal(err)
		}
		if info := consumer.CachedInfo(); info.NumPending == 0 && info.NumAckPending == 0 {
			return
		}
	}
}

// replay lets every verdict come again.
func (r *rig) replay() {
	r.Helper()
	verdicts, err := r.js.Stream(r.Context(), stream.Verdicts)
	if err != nil {
		r.Fatal(err)
	}
	if _, err := verdicts.ResetConsumerToSequence(r.Context(), stream.Writer, 1); err != nil {
		r.Fatal(err)
	}
}

// known is over how many indicators a new ledger looks before it is believed.
const known = 101

func measureRequests(b *testing.B) {
	b.Helper()
	r := newRig(b)
	r.publish(r.add(known), 14)
	r.sent()
	r.drain()
	b.ReportMetric(0, "ns/op")
	ids := r.add(1000)
	more := r.add(1000)
	const attributes, bulk = "attributes", "bulk"
	const looks = 1000 // One at each indicator before its rows are changed: with three rows each, one request and a third a row.
	for _, step := range []struct {
		name, mode string
		make       func()
		of         float64 // The number of engines stands in three attributes.
		most       int
	}{
		{"first-time/1000", attributes, func() { r.publish(ids, 14) }, 1, 1000},
		{"unchanged/1000", attributes, func() { r.publish(ids, 14) }, 1, 0},
		{"replayed/1000", attributes, r.replay, 1, 0},
		{"changed-with-looks/1000-rows", attributes, func() { r.publish(ids, 15) }, 3, 3000 + looks},
		{"bulk-first-time/1000", bulk, func() { r.publish(more, 14) }, 1, 4},
		{"bulk-unchanged/1000", bulk, func() { r.publish(more, 14) }, 1, 0},
		{"bulk-replayed/1000", bulk, r.replay, 1, 0},
		{"bulk-changed-with-looks/1000-rows", bulk, func() { r.publish(more, 15) }, 3, 3000 + looks},
	} {
		before := r.tq.Requests()
		step.make()
		r.sent()
		r.drainBy(step.mode)
		asked := r.tq.Requests() - before
		if asked > step.most {
			b.Errorf("%s: ThreatQ was asked %d times, want %d at most", step.name, asked, step.most)
		}
		b.ReportMetric(float64(asked)/step.of, step.name)
	}
}

// measureReplay writes one verdict, and makes the ledger say of all others that they were written alike.
func measureReplay(b *testing.B, r *rig, n int, most uint64) {
	b.Helper()
	r.publish(r.add(1), 14)
	r.sent()
	r.drain()
	r.pretend(n)
	r.replay()
	before, peak := r.tq.Requests(), watchHeap(b)
	began, spent := time.Now(), cpu(b)
	r.drain()
	requests, grown := r.tq.Requests()-before, peak()
	if requests != 0 || grown > most {
		b.Errorf("a replay asked ThreatQ %d times and let the heap grow by %d bytes, want 0 and at most %d", requests, grown, most)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64((cpu(b)-spent).Microseconds())/float64(n), "cpu-us/verdict")
	b.ReportMetric(float64(n)/time.Since(began).Seconds(), "verdicts/s")
	b.ReportMetric(float64(requests), "requests")
	b.ReportMetric(float64(grown)/(1<<20), "peak-heap-growth-MiB")
}

// pretend publishes verdicts on indicators 2 to n, and entries as the first one has.
func (r *rig) pretend(n int) {
	r.Helper()
	ledger, err := r.js.Stream(r.Context(), stream.Written)
	if err != nil {
		r.Fatal(err)
	}
	first, err := ledger.GetLastMsgForSubject(r.Context(), wire.WrittenSubject(1))
	if err != nil {
		r.Fatal(err)
	}
	for id := int64(2); id <= int64(n); id++ {
		r.publish([]int64{id}, 14)
		r.send(wire.WrittenSubject(id), r.alike(first.Data, id))
		if id%1000 == 0 || id == int64(n) {
			r.sent()
		}
	}
}

// alike makes the entry of an indicator of that of the first: the verdicts stand in the stream in the order of the ids.
func (r *rig) alike(body []byte, id int64) []byte {
	r.Helper()
	entry, err := wire.DecodeWritten(body)
	if err != nil {
		r.Fatal(err)
	}
	for at := range entry.Rows {
		if entry.Rows[at].Name == "VirusTotal Link" {
			entry.Rows[at].Value = reported(id, 0).Verdict.Facts.Link
		}
	}
	last := entry.Verdicts[provider.VirusTotal]
	last.Revision.Sequence = uint64(id)
	entry.Verdicts[provider.VirusTotal] = last
	if body, err = wire.EncodeWritten(entry); err != nil {
		r.Fatal(err)
	}
	return body
}

// watchHeap watches the heap of this process until the function it returns is called, which tells by how much
// it grew at most.
func watchHeap(b *testing.B) (growth func() uint64) {
	b.Helper()
	runtime.GC()
	done, most, least := make(chan struct{}), make(chan uint64), heap()
	go func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for highest := least; ; highest = max(highest, heap()) {
			select {
			case <-tick.C:
			case <-done:
				most <- highest - least
				return
			}
		}
	}()
	return func() uint64 { close(done); return <-most }
}

func heap() uint64 {
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	return now.HeapAlloc
}

// cpu is what this process has had of the processors.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
