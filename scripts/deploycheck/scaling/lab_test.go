package scaling_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/rs/zerolog"

	"vtq.internal/scripts/deploycheck/chart"
	"vtq.internal/scripts/deploycheck/scaling"
	"vtq.internal/services/lookup"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
	simulator "vtq.internal/shared/simulator/virustotal"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/virustotal"
	"vtq.internal/shared/wire"
)

const (
	patience = 20 * time.Second // Of a wait for a fact; a server starts in some 30 ms.
	grace    = time.Second / 10 // Of a worker, which some tests leave with jobs that it never gets an answer for.
	maxStore = 64 << 30         // The streams reserve their bounds, not what they hold.
	day      = 24 * time.Hour
)

// both is the route of files in the chart's sample, with the name of its consumers.
const both = provider.VirusTotal + "-" + provider.ReversingLabs

// A lab is a NATS server that listens on loopback, with the accounts and permissions that are shipped, and a Prometheus.
type lab struct {
	*testing.T
	server     *server.Server
	keys       map[string]nkeys.KeyPair // Of the roles.
	js         jetstream.JetStream      // The admin's.
	prometheus *scaling.Prometheus
	metrics    string // Where it answers.
}

func newLab(t *testing.T) *lab {
	t.Helper()
	if time.Until(time.Now().UTC().Truncate(day).Add(day)) < time.Minute {
		t.Skip("the day, whose budget is looked at, ends in a minute")
	}
	l := &lab{T: t, keys: map[string]nkeys.KeyPair{}, prometheus: scaling.NewPrometheus()}
	web := httptest.NewServer(l.prometheus)
	t.Cleanup(web.Close)
	l.metrics = web.URL
	l.serve()
	l.js = l.jetStream("admin")
	return l
}

// setUp makes the streams, as the chart's Job does, for some routes.
func (l *lab) setUp(routes ...string) *lab {
	l.Helper()
	all, err := stream.NewTopology(stream.Options{Routes: routes, VerdictAge: 60 * day})
	if err != nil {
		l.Fatal(err)
	}
	if err := stream.Ensure(l.Context(), l.js, all); err != nil {
		l.Fatalf("creating the topology: %v", err)
	}
	return l
}

// serve starts the server by the configuration that is shipped, with keys of its own.
func (l *lab) serve() {
	l.Helper()
	dir := l.TempDir()
	shipped, err := os.ReadFile("../../../deployments/nats/vtq.conf")
	if err != nil {
		l.Fatal(err)
	}
	var public strings.Builder
	for _, role := range []string{"admin", "producer", "lookup", "writer"} {
		pair, err := nkeys.CreateUser()
		if err != nil {
			l.Fatal(err)
		}
		key, err := pair.PublicKey()
		if err != nil {
			l.Fatal(err)
		}
		l.keys[role] = pair
		fmt.Fprintf(&public, "VTQ_%s: %s\n", strings.ToUpper(role), key)
	}
	conf := filepath.Join(dir, "vtq.conf")
	for path, text := range map[string][]byte{conf: shipped, filepath.Join(dir, "keys.conf"): []byte(public.String())} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			l.Fatal(err)
		}
	}
	options, err := server.ProcessConfigFile(conf)
	if err != nil {
		l.Fatal(err)
	}
	options.Host, options.Port, options.HTTPHost, options.HTTPPort = "127.0.0.1", server.RANDOM_PORT, "127.0.0.1", server.RANDOM_PORT
	options.JetStream, options.StoreDir, options.JetStreamMaxStore = true, filepath.Join(dir, "jetstream"), maxStore
	options.NoLog, options.NoSigs = true, true
	if l.server, err = server.NewServer(options); err != nil {
		l.Fatal(err)
	}
	l.server.Start()
	l.Cleanup(func() { l.server.Shutdown(); l.server.WaitForShutdown() })
	if !l.server.ReadyForConnections(patience) {
		l.Fatal("NATS is not ready")
	}
}

func (l *lab) connect(role string) *nats.Conn {
	l.Helper()
	pair := l.keys[role]
	public, err := pair.PublicKey()
	if err != nil {
		l.Fatal(err)
	}
	inbox := map[string]string{"admin": "_INBOX_setup"}[role]
	if inbox == "" {
		inbox = "_INBOX_" + role
	}
	nc, err := nats.Connect(l.server.ClientURL(), nats.Nkey(public, pair.Sign), nats.CustomInboxPrefix(inbox),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { l.Errorf("%s: %v", role, err) }))
	if err != nil {
		l.Fatalf("connecting as %s: %v", role, err)
	}
	l.Cleanup(nc.Close)
	return nc
}

func (l *lab) jetStream(role string) jetstream.JetStream {
	l.Helper()
	js, err := jetstream.New(l.connect(role))
	if err != nil {
		l.Fatal(err)
	}
	return js
}

// scaled gives the ScaledObject of a component, as the chart's sample renders it with this lab's addresses, in the hands of KEDA.
func (l *lab) scaled(component string, change ...func(chart.Values)) *scaling.KEDA {
	l.Helper()
	change = append(change, func(values chart.Values) {
		values["autoscaling"] = map[string]any{"prometheus": l.metrics, "natsMonitoringEndpoint": l.server.MonitorAddr().String()}
	})
	keda, err := scaling.Admit(object(l.T, component, change...))
	if err != nil {
		l.Fatal(err)
	}
	return keda
}

// object renders the chart's sample for KEDA.
func object(t *testing.T, component string, change ...func(chart.Values)) *chart.ScaledObject {
	t.Helper()
	c, err := chart.Open()
	if err != nil {
		t.Fatal(err)
	}
	values, err := c.Sample("keda")
	if err != nil {
		t.Fatal(err)
	}
	for _, apply := range change {
		apply(values)
	}
	release, err := c.Render(values)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range chart.All[chart.ScaledObject](release) {
		if strings.HasSuffix(o.Spec.ScaleTargetRef.Name, component) {
			return o
		}
	}
	t.Fatalf("nothing scales the %s", component)
	return nil
}

// sized gives each replica so many jobs or verdicts, and lets there be so many lookups. Helm reads numbers of files as floats.
func sized(target, most int) func(chart.Values) {
	return func(values chart.Values) {
		for _, component := range []string{"lookup", "writer"} {
			scaling := values[component].(map[string]any)["autoscaling"].(map[string]any)
			scaling["target"] = float64(target)
		}
		values["lookup"].(map[string]any)["autoscaling"].(map[string]any)["maxReplicas"] = float64(most)
	}
}

// want holds KEDA to a number of replicas.
func (l *lab) want(keda *scaling.KEDA, want int, when string) {
	l.Helper()
	if got, err := keda.Replicas(l.Context()); err != nil || got != want {
		l.Errorf("Replicas() = %d, %v %s; want %d", got, err, when, want)
	}
}

// until waits for a fact.
func (l *lab) until(fact string, ready func() bool) {
	l.Helper()
	ticks, end := time.NewTicker(10*time.Millisecond), time.NewTimer(patience)
	defer ticks.Stop()
	defer end.Stop()
	for !ready() {
		select {
		case <-ticks.C:
		case <-end.C:
			l.Fatalf("waited %v for %s", patience, fact)
		}
	}
}

// push asks about n names or files: as the producer does, or for what is urgent as an operator.
func (l *lab) push(lane wire.Lane, route string, n int) {
	l.Helper()
	js := l.js
	if lane != wire.Urgent {
		js = l.jetStream("producer")
	}
	for id := range n {
		object := indicator.Object{Kind: indicator.Domain, Value: fmt.Sprintf("quiet-harbor-%d.com", id)}
		if route == both {
			object = indicator.Object{Kind: indicator.File, Value: fmt.Sprintf("%032x", id)}
		}
		body, err := wire.EncodeJob(wire.Job{
			Created: time.Now().UTC(), Indicator: indicator.Indicator{ID: int64(id) + 1, Type: "FQDN", Value: object.Value}, Object: object,
		})
		if err != nil {
			l.Fatal(err)
		}
		at := wire.JobAddress{Lane: lane, Route: route, Key: object.Key(), ID: int64(id) + 1}
		if stored, err := stream.PublishUnlessPending(l.Context(), js, at, body); err != nil || !stored {
			l.Fatalf("publishing a job: %v, %v", stored, err)
		}
	}
}

// A service is a provider on loopback that knows nothing, and says so. While it is held it keeps who asks waiting; while it is down it
// refuses.
type service struct {
	lookup.Provider
	held, down atomic.Bool
}

// provide makes a provider of this name and quota.
func (l *lab) provide(name string, quota lookup.Quota) *service {
	l.Helper()
	vt := &simulator.Server{Keys: map[string]simulator.Key{simulator.DefaultKey: {}}}
	s := &service{}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case s.down.Load():
			http.Error(w, "", http.StatusServiceUnavailable)
		case s.held.Load():
			<-r.Context().Done()
		default:
			vt.ServeHTTP(w, r)
		}
	}))
	l.Cleanup(web.Close)
	client, err := virustotal.New(virustotal.Config{
		BaseURL: web.URL + "/api/v3", APIKey: simulator.DefaultKey, Tool: "vtq/test", Provider: name, Transport: web.Client().Transport,
	})
	if err != nil {
		l.Fatalf("making a client: %v", err)
	}
	s.Provider = lookup.Provider{Name: name, Looker: client, Account: "main", Quota: quota}
	return s
}

// A worker is a lookup at work, as a pod.
type worker struct {
	l       *lab
	metrics string
}

// work starts a lookup of these providers, which ends with the test.
func (l *lab) work(services ...*service) *worker {
	l.Helper()
	registry, logs := prometheus.NewRegistry(), &bytes.Buffer{}
	o := lookup.Options{
		Config: lookup.Config{Concurrency: 4, UrgentReserve: 0.05, ShareUrgent: 1, ShareFresh: 1, ShareRefresh: 0.75},
		NATS:   l.connect("lookup"), Grace: grace, Policy: verdict.DefaultPolicy(),
		Refresh: verdict.Refresh{Malicious: 7 * day, Clean: 30 * day, NotFound: 7 * day},
		Logger:  zerolog.New(zerolog.SyncWriter(logs)), Registerer: registry,
	}
	for _, s := range services {
		o.Providers = append(o.Providers, s.Provider)
	}
	o.Routes = []provider.Route{provider.RouteOf(provider.VirusTotal)}
	if len(services) > 1 {
		o.Routes = append(o.Routes, provider.RouteOf(provider.VirusTotal, provider.ReversingLabs))
	}
	stage, err := lookup.New(o)
	if err != nil {
		l.Fatalf("making a lookup: %v", err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(l.Context()))
	ended := make(chan error, 1)
	go func() { ended <- stage.Run(ctx) }()
	web := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	l.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			l.Errorf("the lookup ended with %v", err)
		}
		if l.Failed() {
			l.Logf("%.4000s", logs)
		}
		web.Close()
	})
	w := &worker{l, web.URL}
	l.until("the first figures of the quota", func() bool { w.scrape(); return w.tells("vtq_breaker_open") == 0 })
	return w
}

// scrape has Prometheus read the worker's metrics.
func (w *worker) scrape() {
	w.l.Helper()
	if err := w.l.prometheus.Scrape(w.l.Context(), chart.Namespace, "vtq-lookup-1", w.metrics); err != nil {
		w.l.Fatal(err)
	}
}

// tells asks Prometheus for the sum of what the worker told last; -1 for nothing.
func (w *worker) tells(query string) float64 {
	w.l.Helper()
	result, err := w.l.prometheus.Query(w.l.Context(), "sum("+query+")", time.Now())
	if err != nil {
		w.l.Fatal(err)
	}
	if len(result) == 0 {
		return -1
	}
	return result[0].F
}

// lag is what waits for a consumer, and what it has in hand.
func (l *lab) lag(name, consumer string) (waiting uint64, inHand int) {
	l.Helper()
	c, err := l.js.Consumer(l.Context(), name, consumer)
	if err != nil {
		l.Fatal(err)
	}
	info := c.CachedInfo()
	return info.NumPending, info.NumAckPending
}
