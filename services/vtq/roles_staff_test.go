package vtq_test

import (
	"context"
	"net/http"
	"sync/atomic"

	"github.com/rs/zerolog"

	"vtq.internal/services/lookup"
	"vtq.internal/services/producer"
	"vtq.internal/services/vtq"
	"vtq.internal/services/vtq/internal/simulation"
	"vtq.internal/services/writer"
	"vtq.internal/shared/admin"
	"vtq.internal/shared/config"
	"vtq.internal/shared/dial"
	"vtq.internal/shared/grant"
	"vtq.internal/shared/provider"
	rlsim "vtq.internal/shared/simulator/reversinglabs"
	vtsim "vtq.internal/shared/simulator/virustotal"
	"vtq.internal/shared/stream"
)

// A staff is the three stages of a site, each by itself as its own process would be, and the services that they ask.
type staff struct {
	*site
	sim    *simulation.Simulation
	down   atomic.Bool                 // Whether the providers fail.
	boards map[grant.Role]*admin.Board // Of the stage of a role that was started last.
}

// newStaff starts the services that are asked.
func newStaff(s *site) *staff {
	s.Helper()
	sim, err := simulation.Listen(s.Context(), simulation.Options{Providers: []string{provider.VirusTotal, provider.ReversingLabs}})
	if err != nil {
		s.Fatal(err)
	}
	f := &staff{site: s, sim: sim, boards: map[grant.Role]*admin.Board{}}
	sim.VirusTotal.Fail = func(*http.Request) *vtsim.Fault {
		if f.down.Load() {
			return vtsim.Transient()
		}
		return nil
	}
	sim.ReversingLabs.Fail = func(*http.Request) *rlsim.Fault {
		if f.down.Load() {
			return &rlsim.Fault{Status: http.StatusServiceUnavailable}
		}
		return nil
	}
	f.Cleanup(f.begin(sim.Run))
	return f
}

// begin runs something until stop is called.
func (f *staff) begin(run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			f.Errorf("something ended with %v, want nil", err)
		}
	}
}

// env is the environment of a role.
func (f *staff) env(role grant.Role, more ...string) []string {
	return append(append(f.sim.Environment(), f.login(role)...), more...)
}

// settings are those of a role.
func (f *staff) settings(role grant.Role, more ...string) vtq.Settings {
	f.Helper()
	var all vtq.Settings
	if err := config.Load(f.env(role, append([]string{"VTQ_POLL=10s"}, more...)...), &all); err != nil {
		f.Fatal(err)
	}
	return all
}

// A stage is what runs.
type stage interface{ Run(context.Context) error }

// start starts a stage as its own process does, with the streams that it looks for; stop ends it.
func (f *staff) start(role grant.Role, more ...string) (stop func()) {
	f.Helper()
	all, nc := f.settings(role, more...), f.connect(role, string(role))
	policy, err := all.Verdicts.Policy()
	if err != nil {
		f.Fatal(err)
	}
	library, err := dial.ThreatQ(all.ThreatQ, nil)
	if err != nil {
		f.Fatal(err)
	}
	asked, err := lookup.ProvidersOf(all.Providers)
	if err != nil {
		f.Fatal(err)
	}
	topology, err := all.Topology()
	if err != nil {
		f.Fatal(err)
	}
	board := admin.New(string(role), dial.Product())
	board.Reached(nc)
	for _, p := range asked {
		board.Account(p.Name, p.Account)
	}
	f.boards[role] = board
	log, table := zerolog.New(f.clients).With().Str("stage", string(role)).Logger(), all.Providers.Routing.Table()
	var s stage
	needs := []string{stream.Jobs, stream.Verdicts, stream.DeadLetters}
	switch role {
	case grant.Producer:
		s, err = producer.New(producer.Options{
			Config: all.Producer, NATS: nc, ThreatQ: library, Site: all.ThreatQ.URL.String(), Policy: policy, Refresh: all.Verdicts.Refresh(),
			Routes: table, Logger: log, Registerer: board.Registerer(),
		})
	case grant.Lookup:
		needs = append(needs, stream.Quota, stream.Spend)
		s, err = lookup.New(lookup.Options{
			Config: all.Lookup, NATS: nc, Providers: asked, Routes: table.Routes(), Policy: policy, Refresh: all.Verdicts.Refresh(),
			Topology: topology, Grace: all.Shutdown.Grace, Logger: log, Registerer: board.Registerer(),
		})
	case grant.Writer:
		needs = []string{stream.Verdicts, stream.DeadLetters, stream.Written}
		s, err = writer.New(writer.Options{
			Config: all.Writer, NATS: nc, ThreatQ: library, Policy: policy, Grace: all.Shutdown.Grace,
			Logger: log, Registerer: board.Registerer(),
		})
	case grant.Admin:
		f.Fatal("the admin is no stage")
	}
	if err != nil {
		f.Fatal(err)
	}
	if err := dial.Ready(f.Context(), nc, all.Verdicts.Keep(), needs...); err != nil {
		f.Fatalf("%s is not ready: %v", role, err)
	}
	end := f.begin(s.Run)
	return func() { end(); nc.Close() }
}

// bearing counts the indicators that bear a verdict.
func (f *staff) bearing() int {
	n := 0
	for in := range f.sim.ThreatQ.Indicators() {
		for _, a := range in.Attributes {
			if a.Name == "VirusTotal Verdict" || a.Name == "ReversingLabs Verdict" {
				n++
				break
			}
		}
	}
	return n
}
