package vtq_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/rs/zerolog"

	"vtq.internal/services/lookup"
	"vtq.internal/services/vtq"
	"vtq.internal/shared/admin"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/simulator/dataset"
	vtsim "vtq.internal/shared/simulator/virustotal"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/threatq"
	"vtq.internal/shared/virustotal"
)

// A desk is where a pipeline in a bubble answers probes.
type desk struct {
	*admin.Board
	t    *testing.T
	w    *world
	wire http.RoundTripper
}

// get asks, and gives code and body.
func (d *desk) get(path string) (code int, body string) {
	d.t.Helper()
	answer, err := (&http.Client{Transport: d.wire}).Get("http://vtq.test" + path)
	if err != nil {
		d.t.Fatalf("asking for %s: %v", path, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		d.t.Fatalf("reading %s: %v", path, err)
	}
	return answer.StatusCode, string(text)
}

// inDesk runs f on a pipeline at work whose probes are answered.
func (w *world) inDesk(f func(d *desk, r *run)) {
	w.t.Helper()
	d := &desk{Board: admin.New("vtq", "vtq/dev"), t: w.t, w: w}
	transport, stop := testkit.Serve(w.t, d.Handler())
	defer stop()
	d.wire = transport
	r := w.startOn(d)
	f(d, r)
	r.cancel()
	if err := <-r.ended; err != nil {
		w.t.Errorf("the pipeline ended with %v, want nil", err)
	}
	r.nc.Close()
}

// startOn starts a pipeline that posts on a desk.
func (w *world) startOn(d *desk) *run {
	w.t.Helper()
	nc := w.server.Connect()
	d.Reached(nc)
	library, err := threatq.New(threatq.Config{
		BaseURL: w.settings.ThreatQ.URL.String(), ClientID: w.settings.ThreatQ.ClientID,
		ClientSecret: w.settings.ThreatQ.ClientSecret, Transport: w.tqWire,
	})
	if err != nil {
		w.t.Fatalf("making the ThreatQ client: %v", err)
	}
	asked := w.settings.Providers.VirusTotal
	client, err := virustotal.New(virustotal.Config{
		BaseURL: asked.Endpoint.BaseURL.String(), APIKey: asked.APIKey.Reveal(), Tool: "vtq/test", Transport: w.vtWire,
	})
	if err != nil {
		w.t.Fatalf("making the VirusTotal client: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	pipeline, err := vtq.New(ctx, vtq.Options{
		Settings: w.settings, NATS: nc, ThreatQ: library,
		Providers: []lookup.Provider{{
			Name: provider.VirusTotal, Looker: client, Account: asked.Account, Quota: lookup.QuotaOf(asked.Limits()),
		}},
		Logger: zerolog.Nop(), Registerer: d.Registerer(), PulseFunc: d.Pulse,
	})
	if err != nil {
		w.t.Fatalf("making a pipeline: %v", err)
	}
	d.Account(provider.VirusTotal, asked.Account)
	d.Began()
	r := &run{Pipeline: pipeline, w: w, nc: nc, cancel: cancel, ended: make(chan error, 1)}
	go func() { r.ended <- pipeline.Run(ctx) }()
	return r
}

func objects(words ...string) []dataset.Item {
	var all []dataset.Item
	for _, word := range words {
		all = append(all, dataset.Item{Type: "SHA-256", Value: hash(word), Status: "Active"})
	}
	return all
}

// TestMetricsOfAPipeline scrapes all stages at work, and holds what they serve to what Prometheus wants of names, help and units. Every
// series is there before anything has happened, so that no rate misses its first event.
func TestMetricsOfAPipeline(t *testing.T) {
	inWorld(t, func(w *world) {
		w.inDesk(func(d *desk, r *run) {
			before := series(d)
			w.add(objects("a", "b", "c")...)
			r.settle(2)
			_, text := d.get("/metrics")
			problems, err := promlint.New(strings.NewReader(text)).Lint()
			if err != nil {
				t.Fatalf("linting: %v", err)
			}
			for _, p := range problems {
				if strings.HasPrefix(p.Metric, "vtq_") { // Those of Go are not ours.
					t.Errorf("metric %s: %s", p.Metric, p.Text)
				}
			}
			after := series(d)
			for name := range after {
				if _, known := before[name]; !known && name != "vtq_topology_drift" { // Which is there once there was a comparison.
					t.Errorf("the series %s appears when something happens", name)
				}
			}
			for name, want := range map[string]string{
				`vtq_indicators_published_total{lane="fresh"}`:                                "3",
				`vtq_provider_requests_total{fault="none",kind="file",provider="virustotal"}`: "3",
				`vtq_lookup_settled_total{fault="none",settle="ack"}`:                         "3",
				`vtq_breaker_open{provider="virustotal"}`:                                     "0",
				`vtq_lookup_settled_total{fault="transient",settle="nak"}`:                    "0",
				`vtq_writer_settled_total{fault="permanent",settle="term"}`:                   "0",
				`vtq_permits_void_total{provider="virustotal"}`:                               "0",
			} {
				if after[name] != want {
					t.Errorf("%s = %q, want %s", name, after[name], want)
				}
			}
		})
	})
}

// series gives our own.
func series(d *desk) map[string]string {
	d.t.Helper()
	_, text := d.get("/metrics")
	all := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && strings.HasPrefix(name, "vtq_") {
			all[name] = value
		}
	}
	return all
}

// TestProbesOfAPipelineInTrouble has it ready and alive though nobody answers it, and nothing may be asked: no restart mends that.
func TestProbesOfAPipelineInTrouble(t *testing.T) {
	inWorld(t, func(w *world) {
		w.add(objects("a", "b", "c")...)
		w.vt.Fail = func(*http.Request) *vtsim.Fault { return vtsim.Transient() }
		w.inDesk(func(d *desk, _ *run) {
			d.well(3 * time.Hour)
			var told struct {
				Down     map[string]bool
				Stages   map[string]struct{ Done float64 }
				Accounts []struct {
					Outage  *struct{ Fault string }
					Unknown bool
				}
			}
			_, body := d.get("/status")
			if err := json.Unmarshal([]byte(body), &told); err != nil {
				t.Fatalf("reading %s: %v", body, err)
			}
			if !told.Down["virustotal"] || told.Down["threatq"] || told.Stages["producer"].Done != 3 || told.Accounts[0].Outage == nil {
				t.Errorf("the status is %s, want one that tells of the outage", body)
			}
			for _, secret := range []string{w.settings.Providers.VirusTotal.APIKey.Reveal(), w.settings.ThreatQ.ClientSecret.Reveal(), hash("a")} {
				if strings.Contains(body, secret) {
					t.Errorf("the status has %q in it: %s", secret, body)
				}
			}
		})
	}, "VT_REQUESTS_PER_DAY=500")
}

// TestProbesOfAPipelineThatWaits has it ready and alive when the day is spent, and it sleeps for hours.
func TestProbesOfAPipelineThatWaits(t *testing.T) {
	inWorld(t, func(w *world) {
		w.add(objects("a", "b", "c")...)
		w.inDesk(func(d *desk, _ *run) {
			d.well(3 * time.Hour)
			if _, body := d.get("/status"); !strings.Contains(body, `"day": 2,`) || !strings.Contains(body, `"fresh": "2080-01-02T00:`) {
				t.Errorf("the status is %s, want one that tells of a day that is spent", body)
			}
		})
	}, "VT_REQUESTS_PER_DAY=2", "VTQ_URGENT_RESERVE=0")
}

// well lets time pass, in which no probe may find anything: more than any loop may promise not to come back in.
func (d *desk) well(last time.Duration) {
	d.t.Helper()
	for began := time.Now(); time.Since(began) < last; {
		d.w.pass(20 * time.Minute)
		for _, path := range []string{"/livez", "/startupz", "/readyz"} {
			if code, body := d.get(path); code != http.StatusOK {
				d.t.Fatalf("after %v %s answers %d: %s", time.Since(began), path, code, body)
			}
		}
	}
}
