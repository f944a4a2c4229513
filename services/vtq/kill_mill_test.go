package vtq_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/vtq"
	"vtq.internal/shared/config"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/simulator/dataset"
	tqsim "vtq.internal/shared/simulator/threatq"
	vtsim "vtq.internal/shared/simulator/virustotal"
	"vtq.internal/shared/stream"
)

const (
	// killPatience bounds the wait for a fact in these tests: what a killed writer had in hand waits 60 s before it comes again.
	killPatience = 5 * time.Minute
	// longPatience is the same after hundreds of kills: what was delivered often and has to wait for a dead writer's claim waits for
	// some minutes in between.
	longPatience = 25 * time.Minute
	// longAgo is when the first indicator was updated, and the others follow by the minute: a poll reaches back behind the newest of them
	// for two seconds, and would otherwise heal what a crash has lost.
	longAgo = 30 * 24 * time.Hour
	// smallPage makes some pages of few indicators.
	smallPage = 5
)

// A mill is a pipeline of three processes in an account of its own, with simulators of its own in this process.
type mill struct {
	t     *testing.T
	mills *mills
	tq    *tqsim.Server
	vt    *vtsim.Server
	calls *calls
	js    jetstream.JetStream
	env   []string
	logs  string

	victims []*victim
	updated time.Time         // When the newest indicator was.
	classes map[string]string // What the verdict on each indicator that may be asked about has to be.
}

// build makes a mill with someItems, and starts nothing yet.
func (w *mills) build(t *testing.T, settings ...string) *mill {
	t.Helper()
	w.mu.Lock()
	account := fmt.Sprintf("mill%d", w.next)
	w.next++
	w.mu.Unlock()
	m := &mill{
		t: t, mills: w, tq: &tqsim.Server{}, calls: newCalls(), logs: t.TempDir(), classes: map[string]string{}, updated: time.Now().Add(-longAgo),
		vt: &vtsim.Server{
			Keys: map[string]vtsim.Key{vtsim.DefaultKey: {Private: true}}, Latency: 20 * time.Millisecond, Synthesize: dataset.Synthesize,
		},
	}
	// A window of 256 has as many slots, each of one request.
	m.env = append([]string{
		"THREATQ_CLIENT_ID=" + tqsim.DefaultClientID, "THREATQ_CLIENT_SECRET=" + tqsim.DefaultClientSecret,
		"VT_API_KEY=" + vtsim.DefaultKey, "VT_REQUESTS_PER_MINUTE=256", "VT_REQUESTS_PER_DAY=1000000", "VT_REQUESTS_PER_MONTH=1000000",
		"NATS_USER=" + account, "NATS_PASSWORD=" + account,
		fmt.Sprintf("THREATQ_PAGE_SIZE=%d", smallPage), "VTQ_POLL=1s", "VTQ_OVERLAP=2s", "LOG_LEVEL=warn", "VTQ_ADMIN_ADDRESS=off",
	}, settings...)
	nc, err := nats.Connect(w.address, nats.UserInfo(account, account), nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1),
		nats.ReconnectWait(100*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	if m.js, err = jetstream.New(nc); err != nil {
		t.Fatal(err)
	}
	m.setUp()
	for item := range someItems() {
		m.add(item)
	}
	return m
}

// verdictName is the attribute that every answer has.
const verdictName = "VirusTotal Verdict"

// setUp makes the streams as vtq setup does.
func (m *mill) setUp() {
	m.t.Helper()
	var s vtq.Settings
	if err := config.Load(m.env, &s.NATS, &s.Verdicts); err != nil {
		m.t.Fatal(err)
	}
	topology, err := s.Topology()
	if err != nil {
		m.t.Fatal(err)
	}
	eventually(m.t, "the streams", func(ctx context.Context) error { return stream.Ensure(ctx, m.js, topology) })
}

// run starts the processes.
func (m *mill) run() {
	m.t.Helper()
	for _, s := range stages() {
		m.start(m.prepare(s))
	}
}

// someItems are indicators whose objects are called by one name alone, so that requests and verdicts are easily matched: hashes, names
// and addresses. Some were enriched in another life of the pipeline, so that rows have to be changed and not only created, and some may
// not be asked about.
func someItems() iter.Seq[dataset.Item] {
	const each = 6 // Of every type.
	return func(yield func(dataset.Item) bool) {
		taken := map[string]int{}
		for i, item := range dataset.Demo() {
			if taken[item.Type] == each || !slices.Contains([]string{indicator.TypeSHA256, indicator.TypeFQDN, indicator.TypeIP}, item.Type) || i%3 > 0 && item.Class != "" {
				continue
			}
			if taken[item.Type]++; taken[item.Type]%3 == 0 {
				item.Attributes = append(slices.Clip(item.Attributes), dataset.Attribute{Name: verdictName, Value: "Of Old"},
					dataset.Attribute{Name: "VirusTotal Comment", Value: "kept"})
			}
			if !yield(item) {
				return
			}
		}
	}
}

// add puts an item into both simulators, as updated a minute after the one before. What it bears of ours is ours.
func (m *mill) add(item dataset.Item) {
	m.t.Helper()
	m.updated = m.updated.Add(time.Minute)
	in := tqsim.Indicator{Type: item.Type, Value: item.Value, Status: item.Status, CreatedAt: m.updated}
	for _, s := range item.Sources {
		in.Sources = append(in.Sources, tqsim.Source{Name: s.Name, TLP: s.TLP})
	}
	for _, a := range item.Attributes {
		row := tqsim.Attribute{Name: a.Name, Value: a.Value}
		if strings.HasPrefix(a.Name, "VirusTotal ") {
			row.Sources = []tqsim.Source{{Name: "VirusTotal"}}
		}
		in.Attributes = append(in.Attributes, row)
	}
	if item.Report != nil {
		if err := m.vt.AddReport(item.Report); err != nil {
			m.t.Error(err)
			return
		}
	}
	if parsed, err := indicator.Parse(item.Type, item.Value, ""); err == nil {
		m.calls.know(parsed.Object)
	}
	if item.Class != "" {
		m.classes[nameOf(in)] = string(item.Class)
	}
	m.tq.AddIndicator(in)
}
