package docs_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/rs/zerolog"

	"vtq.internal/services/lookup"
	"vtq.internal/services/producer"
	"vtq.internal/services/vtq"
	"vtq.internal/services/vtq/internal/docs"
	"vtq.internal/services/writer"
	"vtq.internal/shared/admin"
	"vtq.internal/shared/config"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/lifecycle"
	"vtq.internal/shared/provider"
	tqsim "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/threatq"
	"vtq.internal/shared/verdict"
)

// TestMetricsFresh holds the document to what the stages tell once they have begun.
func TestMetricsFresh(t *testing.T) {
	inStages(t, func(t *testing.T, stages map[string]prometheus.Gatherer) {
		t.Helper()
		metrics, err := docs.MetricsOf(stages)
		if err != nil {
			t.Fatal(err)
		}
		fresh(t, inRoot("deployments/helm/vtq/monitoring/metrics.md"), docs.MetricsDocument(metrics))
	})
}

// TestMetricsAreNamedAsPrometheusWants lints what is served, as promtool check metrics does.
func TestMetricsAreNamedAsPrometheusWants(t *testing.T) {
	inStages(t, func(t *testing.T, stages map[string]prometheus.Gatherer) {
		t.Helper()
		for stage, registry := range stages {
			families, err := registry.Gather()
			if err != nil {
				t.Fatal(err)
			}
			problems, err := promlint.NewWithMetricFamilies(families).Lint()
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range problems {
				t.Errorf("%s: %s: %s", stage, p.Metric, p.Text)
			}
		}
	})
}

func TestMetricsOf(t *testing.T) {
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "vtq_things_total", Help: "Things."}, []string{"kind", "version"})
	vec.WithLabelValues("b", "1").Inc()
	vec.WithLabelValues("a", "2").Inc()
	one, other := prometheus.NewRegistry(), prometheus.NewRegistry()
	one.MustRegister(vec, prometheus.NewGauge(prometheus.GaugeOpts{Name: "go_things", Help: "Not ours."}))
	other.MustRegister(vec)
	metrics, err := docs.MetricsOf(map[string]prometheus.Gatherer{"writer": one, "lookup": other})
	if err != nil {
		t.Fatal(err)
	}
	want := "| `vtq_things_total` | counter | `kind`: `a` `b`; `version`: any | lookup, writer | Things. |\n"
	if got := docs.MetricsDocument(metrics); !strings.HasSuffix(got, "|---|---|---|---|---|\n"+want) {
		t.Errorf("MetricsDocument = %s\nwant it to end with the one row %s", got, want)
	}
}

// inStages hands the registry of each stage to f, once all have begun, with every provider that there is and every limit that one can
// have.
func inStages(t *testing.T, f func(*testing.T, map[string]prometheus.Gatherer)) {
	t.Helper()
	secure := overTLS(t)
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		nc := s.Connect()
		defer nc.Close()
		transport, stop := testkit.Serve(t, &tqsim.Server{})
		defer stop()
		stages := map[string]prometheus.Gatherer{"vtq": registryOf(t, "vtq", secure)} // Which has the others' metrics, and a build of its own.
		var group lifecycle.Group
		for name, begin := range stagesOf(t, nc, transport) {
			registry := registryOf(t, "vtq-"+name, secure)
			stages[name] = registry
			group.Add(name, begin(registry))
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- group.Run(ctx) }()
		time.Sleep(time.Minute)
		f(t, stages)
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the stages ended with %v, want nil", err)
		}
	})
}

// overTLS is a connection to a server with a certificate, outside of any bubble, for what is told of that.
func overTLS(t *testing.T) *nats.Conn {
	t.Helper()
	web := httptest.NewTLSServer(nil) // Which brings one that is for 127.0.0.1 and vouches for itself.
	defer web.Close()
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	server := testkit.Loopback(t, testkit.Access{TLS: &tls.Config{Certificates: web.TLS.Certificates, MinVersion: tls.VersionTLS12}})
	nc, err := nats.Connect(server.URL(), nats.Secure(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}))
	must(t, err)
	t.Cleanup(nc.Close)
	return nc
}

// registryOf is what the board of a process registers in, and has registered itself.
func registryOf(t *testing.T, service string, secure *nats.Conn) *prometheus.Registry {
	t.Helper()
	board := admin.New(service, "vtq/dev")
	board.Reached(secure)
	registry, ok := board.Registerer().(*prometheus.Registry)
	if !ok {
		t.Fatal("a board registers elsewhere than in a registry")
	}
	return registry
}

// stagesOf makes each stage, on a registry that it is given.
func stagesOf(t *testing.T, nc *nats.Conn, transport http.RoundTripper) map[string]func(prometheus.Registerer) func(context.Context) error {
	t.Helper()
	var s vtq.Settings
	must(t, config.Load(strings.Fields("THREATQ_URL=http://localhost THREATQ_CLIENT_ID="+tqsim.DefaultClientID+
		" THREATQ_CLIENT_SECRET="+tqsim.DefaultClientSecret+" VT_API_KEY=-"), &s))
	table := provider.NewTable(map[indicator.Kind][]string{indicator.File: provider.Names()}, provider.First)
	topology, err := stream.NewTopology(stream.Options{Routes: table.RouteNames(), VerdictAge: s.Verdicts.Keep()})
	must(t, err)
	js, err := jetstream.New(nc)
	must(t, err)
	must(t, stream.Ensure(t.Context(), js, topology))
	policy, err := s.Verdicts.Policy()
	must(t, err)
	library := func(r prometheus.Registerer) *threatq.Client {
		meter, err := threatq.NewMeter(r)
		must(t, err)
		client, err := threatq.New(threatq.Config{
			BaseURL: s.ThreatQ.URL.String(), ClientID: s.ThreatQ.ClientID, ClientSecret: s.ThreatQ.ClientSecret, Transport: transport,
			ObserveFunc: meter.Observe,
		})
		must(t, err)
		return client
	}
	return map[string]func(prometheus.Registerer) func(context.Context) error{
		"producer": func(r prometheus.Registerer) func(context.Context) error {
			stage, err := producer.New(producer.Options{
				Config: s.Producer, NATS: nc, ThreatQ: library(r), Policy: policy, Refresh: s.Verdicts.Refresh(), Routes: table,
				Logger: zerolog.Nop(), Registerer: r,
			})
			must(t, err)
			return stage.Run
		},
		"lookup": func(r prometheus.Registerer) func(context.Context) error {
			stage, err := lookup.New(lookup.Options{
				Config: s.Lookup, NATS: nc, Providers: everybody(), Routes: table.Routes(), Policy: policy, Refresh: s.Verdicts.Refresh(),
				Topology: topology, Logger: zerolog.Nop(), Registerer: r,
			})
			must(t, err)
			return stage.Run
		},
		"writer": func(r prometheus.Registerer) func(context.Context) error {
			stage, err := writer.New(writer.Options{
				Config: s.Writer, NATS: nc, ThreatQ: library(r), Policy: policy, Logger: zerolog.Nop(), Registerer: r,
			})
			must(t, err)
			return stage.Run
		},
	}
}

// everybody is every provider, with a limit of each sort.
func everybody() []lookup.Provider {
	var all []lookup.Provider
	for _, name := range provider.Names() {
		all = append(all, lookup.Provider{
			Name: name, Looker: unasked{}, Account: "main", Quota: lookup.Quota{Requests: 4, Day: 500, Month: 15_500},
		})
	}
	return all
}

// unasked is a provider that has nothing to answer, as no job comes.
type unasked struct{}

// Look implements a lookup's looker.
func (unasked) Look(context.Context, indicator.Object) (verdict.Verdict, error) {
	return verdict.Verdict{}, errors.New("nobody asks")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
