package vtq_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"vtq.internal/services/lookup"
	"vtq.internal/services/vtq"
	"vtq.internal/shared/config"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/simulator/dataset"
	tqsim "vtq.internal/shared/simulator/threatq"
	vtsim "vtq.internal/shared/simulator/virustotal"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/telemetry"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/threatq"
	"vtq.internal/shared/virustotal"
	"vtq.internal/shared/wire"
)

// A world is a pipeline with everything around it, in one bubble: an embedded server and the two simulators.
type world struct {
	t        *testing.T
	server   *testkit.Server
	tq       *tqsim.Server
	vt       *vtsim.Server
	settings vtq.Settings
	logs     io.Writer
	tracer   *telemetry.Tracer
	tqWire   *http.Transport
	vtWire   *http.Transport
}

// inWorld runs f in a bubble. The variables are added to those that make a pipeline of the simulators.
func inWorld(t *testing.T, f func(w *world), variables ...string) {
	t.Helper()
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		w := &world{
			t: t, server: s, logs: io.Discard,
			tq: &tqsim.Server{},
			vt: &vtsim.Server{Keys: map[string]vtsim.Key{vtsim.DefaultKey: {}}, Latency: 100 * time.Millisecond},
		}
		env := append([]string{
			"THREATQ_URL=http://localhost", "THREATQ_CLIENT_ID=" + tqsim.DefaultClientID, "THREATQ_CLIENT_SECRET=" + tqsim.DefaultClientSecret,
			"VT_BASE_URL=http://localhost/api/v3", "VT_PROVIDER=virustotal", "VT_API_KEY=" + vtsim.DefaultKey, "VT_REQUESTS_PER_MINUTE=0", "VT_REQUESTS_PER_DAY=0", "VT_REQUESTS_PER_MONTH=0",
		}, variables...)
		if err := config.Load(env, &w.settings); err != nil {
			t.Fatalf("loading the settings of a world: %v", err)
		}
		tqWire, stopTQ := testkit.Serve(t, w.tq)
		defer stopTQ()
		vtWire, stopVT := testkit.Serve(t, w.vt)
		defer stopVT()
		w.tqWire, w.vtWire = tqWire, vtWire
		f(w)
	})
}

// add puts items into both simulators and returns the ids of their indicators.
func (w *world) add(items ...dataset.Item) []int64 {
	w.t.Helper()
	ids := make([]int64, len(items))
	for i, item := range items {
		in := tqsim.Indicator{Type: item.Type, Value: item.Value, Status: item.Status}
		for _, s := range item.Sources {
			in.Sources = append(in.Sources, tqsim.Source{Name: s.Name, TLP: s.TLP})
		}
		for _, a := range item.Attributes {
			in.Attributes = append(in.Attributes, tqsim.Attribute{Name: a.Name, Value: a.Value})
		}
		w.report(item.Report) // First: a pipeline may be at work that asks at once.
		ids[i] = w.tq.AddIndicator(in)
	}
	return ids
}

func (w *world) report(body []byte) {
	w.t.Helper()
	if body == nil {
		return
	}
	if err := w.vt.AddReport(body); err != nil {
		w.t.Fatalf("adding a report: %v", err)
	}
}

// A run is a pipeline at work.
type run struct {
	*vtq.Pipeline
	w       *world
	process *mortal
	nc      *nats.Conn
	cancel  context.CancelFunc
	ended   chan error
}

// start starts a pipeline.
func (w *world) start() *run {
	w.t.Helper()
	return w.startIn(newMortal(w.server, nil))
}

// startIn starts a pipeline that reaches everything by the sockets of a process.
func (w *world) startIn(p *mortal) *run {
	w.t.Helper()
	nc, err := nats.Connect("", nats.InProcessServer(p), nats.MaxReconnects(-1), nats.ReconnectWait(time.Second),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})) // Its own handler prints.
	if err != nil {
		w.t.Fatalf("connecting to NATS: %v", err)
	}
	library, err := threatq.New(threatq.Config{
		BaseURL: w.settings.ThreatQ.URL.String(), ClientID: w.settings.ThreatQ.ClientID,
		ClientSecret: w.settings.ThreatQ.ClientSecret, Transport: p.transport(w.tqWire),
	})
	if err != nil {
		w.t.Fatalf("making the ThreatQ client: %v", err)
	}
	asked := w.settings.Providers.VirusTotal
	client, err := virustotal.New(virustotal.Config{
		BaseURL: asked.Endpoint.BaseURL.String(), APIKey: asked.APIKey.Reveal(), Tool: "vtq/test", Transport: p.transport(w.vtWire),
	})
	if err != nil {
		w.t.Fatalf("making the VirusTotal client: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	pipeline, err := vtq.New(ctx, vtq.Options{
		Settings: w.settings, NATS: nc, ThreatQ: library,
		Providers: []lookup.Provider{{
			Name: provider.VirusTotal, Looker: client, Account: asked.Account, Quota: lookup.QuotaOf(asked.Limits()), UsageFunc: lookup.UsageOf(client),
		}},
		Logger: zerolog.New(w.logs), Registerer: prometheus.NewRegistry(), Tracer: w.tracer,
	})
	if err != nil {
		w.t.Fatalf("making a pipeline: %v", err)
	}
	r := &run{Pipeline: pipeline, w: w, process: p, nc: nc, cancel: cancel, ended: make(chan error, 1)}
	go func() { r.ended <- pipeline.Run(ctx) }()
	return r
}

// stop stops the pipeline in order.
func (r *run) stop() {
	r.w.t.Helper()
	r.cancel()
	if err := <-r.ended; err != nil {
		r.w.t.Errorf("the pipeline ended with %v, want nil", err)
	}
	r.nc.Close()
	r.process.kill()
}

// die ends a pipeline as the end of its process would: nothing is settled. The server goes on.
func (r *run) die() {
	r.process.kill()
	r.nc.Close()
	r.cancel()
	if err := <-r.ended; err != nil {
		r.w.t.Logf("died with: %v", err)
	}
}

// settle waits, in virtual time, until walks more walks have ended and everything that was read is written.
func (r *run) settle(walks int) {
	r.w.t.Helper()
	var last vtq.Progress
	for began := time.Now(); time.Since(began) < 40*24*time.Hour; time.Sleep(time.Second) {
		select {
		case err := <-r.ended:
			r.w.t.Fatalf("the pipeline ended by itself: %v", err)
		default:
		}
		p, err := r.Progress(context.Background())
		if err != nil {
			r.w.t.Fatalf("asking for progress: %v", err)
		}
		if last = p; p.Idle() && p.Walks >= walks {
			return
		}
	}
	r.w.t.Fatalf("not settled after 40 days: %+v", last)
}

// once runs a pipeline over one walk.
func (w *world) once() {
	w.t.Helper()
	r := w.start()
	r.settle(1)
	r.stop()
}

// pass lets virtual time pass.
func (w *world) pass(d time.Duration) { time.Sleep(d) }

// sweep waits until the next sweep is due.
func (w *world) sweep() {
	w.pass(w.settings.Producer.Sweep + time.Second)
}

// attributes gives what we wrote on an indicator, by name without prefix. Two rows of one name are an error.
func (w *world) attributes(id int64) map[string]string {
	w.t.Helper()
	all := map[string]string{}
	for _, row := range w.tq.Attributes(id) {
		name, ours := strings.CutPrefix(row.Name, "VirusTotal ")
		if !ours {
			continue
		}
		if old, twice := all[name]; twice {
			w.t.Errorf("indicator %d has %q twice: %q and %q", id, name, old, row.Value)
		}
		if !slices.ContainsFunc(row.Sources, func(s tqsim.Source) bool { return s.Name == "VirusTotal" }) {
			w.t.Errorf("attribute %q of indicator %d lacks our source: %v", name, id, row.Sources)
		}
		all[name] = row.Value
	}
	return all
}

// crash ends a pipeline as the end of its machine would, the server with it.
func (r *run) crash() {
	r.die()
	r.w.server.Stop()
	r.w.server.Start()
}

// deadLetters gives the reasons of all dead letters.
func (w *world) deadLetters() []string {
	w.t.Helper()
	var reasons []string
	w.jetStream(func(js jetstream.JetStream) {
		dead, err := js.Stream(context.Background(), stream.DeadLetters)
		if err != nil {
			w.t.Fatalf("opening the dead letters: %v", err)
		}
		state := dead.CachedInfo().State
		for seq := state.FirstSeq; seq <= state.LastSeq && state.Msgs > 0; seq++ {
			message, err := dead.GetMsg(context.Background(), seq)
			if err != nil {
				w.t.Fatalf("reading dead letter %d: %v", seq, err)
			}
			reasons = append(reasons, message.Header.Get(wire.HeaderReason))
		}
	})
	return reasons
}

// state is that of a stream.
func (w *world) state(name string) (state jetstream.StreamState) {
	w.t.Helper()
	w.jetStream(func(js jetstream.JetStream) {
		s, err := js.Stream(context.Background(), name)
		if err != nil {
			w.t.Fatalf("opening %s: %v", name, err)
		}
		state = s.CachedInfo().State
	})
	return state
}

// jetStream lends a connection of its own.
func (w *world) jetStream(use func(jetstream.JetStream)) {
	w.t.Helper()
	nc := w.server.Connect()
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		w.t.Fatalf("opening JetStream: %v", err)
	}
	use(js)
}

// hash makes a SHA-256 of a word.
func hash(word string) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(word)))
}
