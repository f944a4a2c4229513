package vtq_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"vtq.internal/shared/grant"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// A turn is something that a stage does from time to time, and what the server is asked then and at no other time, or else first.
type turn struct {
	role     grant.Role
	does     string
	interval time.Duration
	asks     string
}

// turns are all that there are, but for those that publish what was published before: the renewal of a claim and of a delivery that is
// held, and the comparison after a provider refused a request for its quota. The watch of an outage and the end of a day are tried by
// themselves.
func turns() []turn {
	const account = "virustotal.main"
	return []turn{
		{grant.Producer, "walks", 5 * time.Minute, "$JS.API.DIRECT.GET.VTQ_VERDICTS"},
		{grant.Producer, "keeps its cursor", 5 * time.Minute, "$KV.vtq_state.cursor.*"},
		{grant.Lookup, "reads the server's clock", time.Hour, "$JS.API.STREAM.INFO.VTQ_QUOTA"},
		{grant.Lookup, "hears what others spent", 5 * time.Minute, "$JS.API.DIRECT.GET.VTQ_SPEND"},
		{grant.Lookup, "tends, one worker at a time", 5 * time.Minute, "vtq.quota." + account + ".lease-tend"},
		{grant.Lookup, "reads what keeps a provider from being asked", 5 * time.Minute, "$JS.API.DIRECT.GET.KV_vtq_state.$KV.vtq_state.provider." + account},
		{grant.Lookup, "reckons what a lane may use", 5 * time.Minute, "vtq.spend." + account + ".*.refresh"},
		{grant.Lookup, "compares the streams", 5 * time.Minute, "$JS.API.STREAM.INFO.VTQ_SPEND"},
		{grant.Lookup, "compares the consumers", 5 * time.Minute, "$JS.API.CONSUMER.INFO.VTQ_URGENT.*"},
		{grant.Lookup, "asks what was used", 15 * time.Minute, "vtq.quota." + account + ".lease-usage"},
		{grant.Lookup, "compares what was used", 15 * time.Minute, "vtq.quota." + account + ".lease-compare"},
		{grant.Lookup, "tells its status", 5 * time.Second, "$JS.API.DIRECT.GET.VTQ_SPEND.vtq.spend." + account + ".*"},
		{grant.Writer, "looks how full the verdicts are", time.Minute, "$JS.API.STREAM.INFO.VTQ_VERDICTS"},
		{grant.Writer, "reads the ledger's epoch", 0, "$JS.API.DIRECT.GET.KV_vtq_state.$KV.vtq_state." + wire.EpochKey},
	}
}

// periodic checks that every turn came, and did what it is for: a stage that runs for a test sees only the first of each.
func (f *staff) periodic() {
	f.Helper()
	page := httptest.NewRecorder()
	f.boards[grant.Lookup].Handler().ServeHTTP(page, httptest.NewRequestWithContext(f.Context(), http.MethodGet, "/status", nil))
	if said := page.Body.String(); strings.Contains(said, `"unknown"`) || strings.Count(said, `"day":`) != 2 {
		f.Errorf("the status page of the lookups tells %s, want two accounts that are known", said)
	}
	f.eventually("a comparison of the topology", func() bool { return len(f.gauges(grant.Lookup, "vtq_topology_drift")) == 1 })
	for name, want := range map[string]float64{"vtq_topology_drift": 0, "vtq_fleet_trouble_total": 0} {
		if got := f.gauges(grant.Lookup, name); len(got) != 1 || got[0] != want {
			f.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	published := f.published()
	for _, t := range turns() {
		if !slices.ContainsFunc(published[t.role], func(subject string) bool { return server.SubjectMatchesFilter(subject, t.asks) }) {
			f.Errorf("the %s %s every %v, but it never published %s", t.role, t.does, t.interval, t.asks)
		}
	}
	f.unviolated()
}

// gauges are the values of a metric's series.
func (f *staff) gauges(role grant.Role, name string) (all []float64) {
	f.Helper()
	registry, ok := f.boards[role].Registerer().(prometheus.Gatherer)
	if !ok {
		f.Fatal("a board registers elsewhere than in a registry")
	}
	families, err := registry.Gather()
	if err != nil {
		f.Fatal(err)
	}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			if family.GetName() == name {
				all = append(all, metric.GetGauge().GetValue()+metric.GetCounter().GetValue())
			}
		}
	}
	return all
}

// silences has the server deliver a message of each stream no more, as it does when somebody bounds deliveries by hand, and an operator
// send them back.
func (f *staff) silences(js jetstream.JetStream) {
	f.Helper()
	const route = "virustotal-reversinglabs"
	letters := f.letters(js)
	for _, at := range []struct {
		role                 grant.Role
		from, taker, subject string
	}{
		{grant.Lookup, stream.Jobs, stream.LookupConsumer(wire.Fresh, route), wire.JobAddress{Lane: wire.Fresh, Route: route, Key: someKey, ID: 78}.Subject()},
		{grant.Lookup, stream.Urgent, stream.LookupConsumer(wire.Urgent, route), wire.JobAddress{Lane: wire.Urgent, Route: route, Key: someKey, ID: 78}.Subject()},
		{grant.Writer, stream.Verdicts, stream.Writer, wire.VerdictAddress{Provider: "virustotal", Key: someKey, ID: 78}.Subject()},
	} {
		consumer, err := js.Consumer(f.Context(), at.from, at.taker)
		if err != nil {
			f.Fatal(err)
		}
		bounded := consumer.CachedInfo().Config
		bounded.MaxDeliver, bounded.AckWait = 1, time.Second
		if _, err := js.UpdateConsumer(f.Context(), at.from, bounded); err != nil {
			f.Fatal(err)
		}
		if _, err := js.Publish(f.Context(), at.subject, []byte("nothing that can be read")); err != nil {
			f.Fatal(err)
		}
		taker, err := f.jetStream(at.role, string(at.role)).Consumer(f.Context(), at.from, at.taker)
		if err != nil {
			f.Fatal(err)
		}
		if _, err := taker.Next(jetstream.FetchMaxWait(10 * time.Second)); err != nil {
			f.Fatalf("taking what nobody acknowledges from %s: %v", at.from, err)
		}
		if _, err := taker.Next(jetstream.FetchMaxWait(3 * time.Second)); err == nil {
			f.Errorf("%s delivers it again, want it silent", at.from)
		}
		letters++
		f.eventually("a note of the server", func() bool { return f.letters(js) == letters })
	}
	env := f.env(grant.Admin)
	f.vtq(env, "setup") // It takes the bounds away.
	f.vtqCode(env, "deadletters", "redrive", "--all")
}
