package vtq_test

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"vtq.internal/services/lookup"
	"vtq.internal/services/vtq"
	"vtq.internal/shared/config"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/reversinglabs"
	"vtq.internal/shared/simulator/dataset"
	rlsim "vtq.internal/shared/simulator/reversinglabs"
	tqsim "vtq.internal/shared/simulator/threatq"
	vtsim "vtq.internal/shared/simulator/virustotal"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/threatq"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/virustotal"
)

// A market is a ThreatQ and two providers who know the same, in one bubble, with a pipeline among them.
type market struct {
	*testing.T
	server *testkit.Server
	tq     *tqsim.Server
	vt     *vtsim.Server
	rl     *rlsim.Server
	wires  map[string]http.RoundTripper // By provider, and "" for ThreatQ.

	settings vtq.Settings
	pipeline *vtq.Pipeline
}

// Addresses of a market. Each simulator has a wire of its own.
const (
	virusTotalSuite    = "http://localhost:1/api/v3"
	reversingLabsSuite = "http://localhost:2/api/v3"
	reversingLabsHost  = "http://localhost:2"
)

// byVirusTotal are the settings of VirusTotal alone, and bySwap the two that have ReversingLabs asked in its place; on loopback, where no
// host tells who answers, a third one names it.
func byVirusTotal() []string {
	return []string{"VT_BASE_URL=" + virusTotalSuite, "VT_API_KEY=" + vtsim.DefaultKey, "VT_PROVIDER=" + provider.VirusTotal}
}

func bySwap() []string {
	return []string{"VT_BASE_URL=" + reversingLabsSuite, "VT_API_KEY=" + rlsim.DefaultKey, "VT_PROVIDER=" + provider.ReversingLabs}
}

// byBoth has ReversingLabs beside VirusTotal.
func byBoth(more ...string) []string {
	return slices.Concat(byVirusTotal(), []string{
		"RL_BASE_URL=" + reversingLabsSuite, "RL_API_KEY=" + rlsim.DefaultKey,
		"RL_NATIVE_URL=" + reversingLabsHost, "RL_USER=" + rlsim.DefaultUser, "RL_PASSWORD=" + rlsim.DefaultPassword,
	}, more)
}

// inMarket runs f in a bubble, with a pipeline that begins when f opens the market.
func inMarket(t *testing.T, f func(m *market), variables ...string) {
	t.Helper()
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		m := &market{
			T: t, server: s, tq: &tqsim.Server{}, wires: map[string]http.RoundTripper{},
			vt: &vtsim.Server{Keys: map[string]vtsim.Key{vtsim.DefaultKey: {}}, Latency: 100 * time.Millisecond},
			rl: &rlsim.Server{Latency: 100 * time.Millisecond, Shuffle: true},
		}
		env := slices.Concat([]string{
			"THREATQ_URL=http://localhost", "THREATQ_CLIENT_ID=" + tqsim.DefaultClientID, "THREATQ_CLIENT_SECRET=" + tqsim.DefaultClientSecret,
			"VT_REQUESTS_PER_MINUTE=0", "VT_REQUESTS_PER_DAY=0", "VT_REQUESTS_PER_MONTH=0",
		}, variables)
		if err := config.Load(env, &m.settings); err != nil {
			t.Fatalf("loading the settings of a market: %v", err)
		}
		for name, handler := range map[string]http.Handler{"": m.tq, provider.VirusTotal: m.vt, provider.ReversingLabs: m.rl} {
			wire, stop := testkit.Serve(t, handler)
			defer stop()
			m.wires[name] = wire
		}
		f(m)
	})
}

// add puts items into all three, and returns the ids of their indicators.
func (m *market) add(items ...dataset.Item) []int64 {
	m.Helper()
	ids := make([]int64, len(items))
	for i, item := range items {
		in := tqsim.Indicator{Type: item.Type, Value: item.Value, Status: item.Status}
		for _, s := range item.Sources {
			in.Sources = append(in.Sources, tqsim.Source{Name: s.Name, TLP: s.TLP})
		}
		for _, a := range item.Attributes {
			in.Attributes = append(in.Attributes, tqsim.Attribute{Name: a.Name, Value: a.Value})
		}
		ids[i] = m.tq.AddIndicator(in)
		if item.Report == nil {
			continue
		}
		for _, addFunc := range []func([]byte) error{m.vt.AddReport, m.rl.AddReport} {
			if err := addFunc(item.Report); err != nil {
				m.Fatalf("adding a report: %v", err)
			}
		}
	}
	return ids
}

// open runs a pipeline until what it returns is called.
func (m *market) open() (shut func()) {
	m.Helper()
	nc := m.server.Connect()
	library, err := threatq.New(threatq.Config{
		BaseURL: m.settings.ThreatQ.URL.String(), ClientID: m.settings.ThreatQ.ClientID,
		ClientSecret: m.settings.ThreatQ.ClientSecret, Transport: m.wires[""],
	})
	if err != nil {
		m.Fatalf("making the ThreatQ client: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	m.pipeline, err = vtq.New(ctx, vtq.Options{
		Settings: m.settings, NATS: nc, ThreatQ: library, Providers: m.providers(),
		Logger: zerolog.Nop(), Registerer: prometheus.NewRegistry(),
	})
	if err != nil {
		m.Fatalf("making a pipeline: %v", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- m.pipeline.Run(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			m.Errorf("the pipeline ended with %v, want nil", err)
		}
		nc.Close()
	}
}

// providers are those of the settings, on the wires of the market.
func (m *market) providers() []lookup.Provider {
	m.Helper()
	s := m.settings.Providers
	name := s.VirusTotal.Endpoint.Name()
	first := lookup.Provider{
		Name: name, Looker: m.suite(name, s.VirusTotal.Endpoint.BaseURL, s.VirusTotal.APIKey),
		Account: s.AccountOf(name), Quota: lookup.QuotaOf(s.LimitsOf(name)),
	}
	if !s.Beside() {
		return []lookup.Provider{first}
	}
	native, err := reversinglabs.New(reversinglabs.Config{
		BaseURL: s.ReversingLabs.NativeURL.String(), User: s.ReversingLabs.User, Password: s.ReversingLabs.Password.Reveal(),
		Tool: "vtq/test", Transport: m.wires[provider.ReversingLabs],
	})
	if err != nil {
		m.Fatalf("making the ReversingLabs client: %v", err)
	}
	beside := lookup.ManyOf(native, s.AccountOf(provider.ReversingLabs), lookup.QuotaOf(s.LimitsOf(provider.ReversingLabs)))
	beside.Looker = m.suite(provider.ReversingLabs, s.ReversingLabs.BaseURL, s.ReversingLabs.APIKey)
	return []lookup.Provider{first, beside}
}

// suite is a client of what speaks VirusTotal's schema.
func (m *market) suite(name string, base config.URL, key config.Secret) *virustotal.Client {
	m.Helper()
	client, err := virustotal.New(virustotal.Config{
		BaseURL: base.String(), APIKey: key.Reveal(), Tool: "vtq/test", Transport: m.wires[name],
		Provider: name, Dialect: virustotal.DialectOf(name),
	})
	if err != nil {
		m.Fatalf("making the client of %s: %v", name, err)
	}
	return client
}

// pass lets virtual time pass.
func (m *market) pass(d time.Duration) { time.Sleep(d) }

// settle waits until everything that one more walk finds is answered and written.
func (m *market) settle() {
	m.Helper()
	first := m.progress().Walks
	for began := time.Now(); time.Since(began) < 40*24*time.Hour; m.pass(time.Second) {
		if p := m.progress(); p.Idle() && p.Walks > first {
			return
		}
	}
	m.Fatalf("not settled after 40 days: %+v", m.progress())
}

func (m *market) progress() vtq.Progress {
	m.Helper()
	p, err := m.pipeline.Progress(context.Background())
	if err != nil {
		m.Fatalf("asking for progress: %v", err)
	}
	return p
}

// written gives what a provider's answer says on an indicator, by name without prefix, each of which has to bear the provider as source.
func (m *market) written(id int64, by string) map[string]string {
	m.Helper()
	all := map[string]string{}
	for _, row := range m.tq.Attributes(id) {
		name, theirs := strings.CutPrefix(row.Name, provider.Title(by)+" ")
		if !theirs {
			continue
		}
		if len(row.Sources) != 1 || row.Sources[0].Name != provider.Title(by) {
			m.Errorf("attribute %q of indicator %d has sources %v, want %s", row.Name, id, row.Sources, provider.Title(by))
		}
		if old, twice := all[name]; twice {
			m.Errorf("indicator %d has %q twice: %q and %q", id, row.Name, old, row.Value)
		}
		all[name] = row.Value
	}
	return all
}

// answered lists who has answered an indicator.
func (m *market) answered(id int64) []string {
	m.Helper()
	var all []string
	for _, name := range provider.Names() {
		if len(m.written(id, name)) > 0 {
			all = append(all, name)
		}
	}
	return all
}

// deadLetters is how many there are.
func (m *market) deadLetters() uint64 {
	m.Helper()
	nc := m.server.Connect()
	defer nc.Close()
	return messages(m.T, nc, stream.DeadLetters)
}

func messages(t *testing.T, nc *nats.Conn, name string) uint64 {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	found, err := js.Stream(context.Background(), name)
	if err != nil {
		t.Fatalf("opening %s: %v", name, err)
	}
	return found.CachedInfo().State.Msgs
}

// wantAskedOnce holds both providers together to one request for each hash, URL, name and address.
func (m *market) wantAskedOnce() {
	m.Helper()
	asked := map[string]int{}
	for _, call := range m.vt.Calls() {
		asked[call.ID]++
	}
	for item, n := range m.rl.Items() { // Of URLs it is their SHA-1, which VirusTotal is never asked by.
		asked[item] += n
	}
	for id, n := range asked {
		if n > 1 {
			m.Errorf("%q was asked about %d times", id, n)
		}
	}
	if refused := m.vt.Requests().Outcome(vtsim.Rejected) + m.rl.Refused(); refused > 0 {
		m.Errorf("%d requests were more than a quota had", refused)
	}
}

// kindOf tells what an item is of; empty for what is no object.
func kindOf(item dataset.Item) indicator.Kind {
	switch item.Type {
	case indicator.TypeMD5, indicator.TypeSHA1, indicator.TypeSHA256:
		return indicator.File
	case indicator.TypeURL:
		return indicator.URL
	case indicator.TypeFQDN:
		return indicator.Domain
	case indicator.TypeIP, indicator.TypeIPv6:
		return indicator.IP
	}
	return ""
}

// inSuite tells whether ReversingLabs answers for an item.
func inSuite(item dataset.Item) bool {
	return slices.Contains(provider.Kinds(provider.ReversingLabs), kindOf(item))
}

// TestTwoSettingsSwapTheProvider enriches the same indicators by VirusTotal and, with two settings changed, by ReversingLabs.
func TestTwoSettingsSwapTheProvider(t *testing.T) {
	items := dataset.Demo()
	enriched := func(name string, variables []string, check func(*market)) []map[string]string {
		all := make([]map[string]string, len(items))
		inMarket(t, func(m *market) {
			ids := m.add(items...)
			defer m.open()()
			m.settle()
			for i, id := range ids {
				all[i] = m.written(id, name)
				if by := m.answered(id); len(by) > 1 || len(by) == 1 && by[0] != name {
					m.Errorf("indicator %d was answered by %v, want by %s at most", id, by, name)
				}
			}
			check(m)
		}, variables...)
		return all
	}
	full := enriched(provider.VirusTotal, byVirusTotal(), func(m *market) {
		if n := m.rl.Requests().Total(); n > 0 {
			m.Errorf("ReversingLabs had %d requests, want none", n)
		}
	})
	less := enriched(provider.ReversingLabs, bySwap(), func(m *market) {
		for tally, n := range m.rl.Requests() {
			if tally.Endpoint != rlsim.Files && tally.Endpoint != rlsim.URLs {
				m.Errorf("%d requests to %q, want files and URLs alone", n, tally.Endpoint)
			}
		}
		if n := m.vt.Requests().Total(); n > 0 {
			m.Errorf("VirusTotal had %d requests, want none", n)
		}
	})
	compared := 0
	for i, item := range items {
		switch {
		case item.Class == "":
		case !inSuite(item):
			if len(less[i]) > 0 {
				t.Errorf("%s %q bears %v, want nothing: nobody answers its kind", item.Type, item.Value, less[i])
			}
		case sameCounts(full[i], less[i]):
			compared++
			for _, name := range []string{"Verdict", "Severity", "Detections"} {
				if full[i][name] != less[i][name] {
					t.Errorf("%s %q: %s is %q, and %q by the other", item.Type, item.Value, name, full[i][name], less[i][name])
				}
			}
		case kindOf(item) != indicator.File || number(full[i]["Harmless Count"])+number(full[i]["Suspicious Count"]) == 0:
			// What the suite has no categories for, the harmless and suspicious of files, is all that may differ.
			t.Errorf("%s %q: %v, and %v by the other", item.Type, item.Value, full[i], less[i])
		}
	}
	if compared < 80 {
		t.Errorf("%d indicators had the same counts, want most of some 115 files and URLs", compared)
	}
}

// sameCounts compares what engines say. A category that is not provided is as good as one that nobody chose.
func sameCounts(full, less map[string]string) bool {
	for _, name := range []string{"Malicious Count", "Suspicious Count", "Harmless Count", "Undetected Count"} {
		if number(full[name]) != number(less[name]) {
			return false
		}
	}
	return true
}

// number is 0 where there is none.
func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

// TestASpentDayFailsOverAndComesBack has VirusTotal's day end in the middle of a backlog: files and URLs go on through ReversingLabs,
// names and addresses wait for the next day, and what is new then is VirusTotal's again.
func TestASpentDayFailsOverAndComesBack(t *testing.T) {
	const perDay = 30
	var items []dataset.Item
	for i, item := range dataset.Demo() {
		if i%3 == 0 && item.Class != "" { // Some sixty, of which one day answers the half.
			items = append(items, item)
		}
	}
	inMarket(t, func(m *market) {
		m.vt.Keys = map[string]vtsim.Key{vtsim.DefaultKey: {Limits: vtsim.Limits{Day: perDay}}}
		ids := m.add(items...)
		defer m.open()()
		m.pass(time.Hour)
		by := map[string]int{}
		for i, id := range ids {
			who := m.answered(id)
			if len(who) > 1 || inSuite(items[i]) && len(who) == 0 {
				m.Errorf("%s %q was answered by %v on the first day", items[i].Type, items[i].Value, who)
			}
			by[strings.Join(who, " ")]++
		}
		if by[provider.VirusTotal] < perDay || by[provider.ReversingLabs] == 0 || by[""] == 0 || m.vt.Lookups() != perDay {
			m.Errorf("answered by %v with %d requests of VirusTotal, want it to spend its %d, ReversingLabs to go on, and some to wait", by, m.vt.Lookups(), perDay)
		}
		spent := m.rl.Requests().Total()

		m.pass(24 * time.Hour)
		for i, id := range ids {
			if who := m.answered(id); len(who) != 1 {
				m.Errorf("%s %q was answered by %v, want one answer", items[i].Type, items[i].Value, who)
			}
		}
		late := m.add(fresh(5)...)
		m.settle()
		for _, id := range late {
			if who := m.answered(id); !slices.Equal(who, []string{provider.VirusTotal}) {
				m.Errorf("a file of the second day was answered by %v, want VirusTotal", who)
			}
		}
		if n := m.rl.Requests().Total() - spent; n > 0 {
			m.Errorf("ReversingLabs had %d requests after the first day, want none", n)
		}
		m.wantAskedOnce()
		if n := m.deadLetters(); n > 0 {
			m.Errorf("%d dead letters, want none", n)
		}
	}, byBoth("VT_REQUESTS_PER_DAY="+strconv.Itoa(perDay), "VTQ_URGENT_RESERVE=0", "VTQ_POLL=1h")...)
}

// fresh makes files that are in no other data.
func fresh(n int) []dataset.Item {
	var all []dataset.Item
	for i := range n {
		file := dataset.Recipe{Kind: indicator.File, Object: nth(i), Class: verdict.ClassMalicious}
		all = append(all, dataset.Item{Type: indicator.TypeSHA256, Value: file.Object, Report: dataset.Report(file)})
	}
	return all
}

// nth is a SHA-256 by its number.
func nth(n int) string { return strings.Repeat("5e", 30) + "000" + strconv.Itoa(n) }

// TestAllAnswersStandSideBySide asks every provider about what it answers.
func TestAllAnswersStandSideBySide(t *testing.T) {
	inMarket(t, func(m *market) {
		items := slices.DeleteFunc(dataset.Demo(), func(item dataset.Item) bool { return item.Class == "" })
		ids := m.add(items...)
		defer m.open()()
		m.settle()
		for i, id := range ids {
			want := []string{provider.VirusTotal}
			if inSuite(items[i]) {
				want = append(want, provider.ReversingLabs)
			}
			if diff := cmp.Diff(want, m.answered(id)); diff != "" {
				m.Errorf("%s %q was answered by (-want +got):\n%s", items[i].Type, items[i].Value, diff)
			}
		}
		for id, n := range m.rl.Items() {
			if n > 1 {
				m.Errorf("ReversingLabs was asked %d times about %q", n, id)
			}
		}
		once := map[string]int{}
		for _, call := range m.vt.Calls() {
			once[call.ID]++
		}
		maps.DeleteFunc(once, func(_ string, n int) bool { return n == 1 })
		if len(once) > 0 {
			m.Errorf("VirusTotal was asked more than once about %v", once)
		}
	}, byBoth("VTQ_ROUTE_POLICY=all")...)
}
