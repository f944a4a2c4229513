package simulation_test

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"

	"vtq.internal/services/vtq"
	"vtq.internal/services/vtq/internal/simulation"
	"vtq.internal/shared/config"
	"vtq.internal/shared/dial"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/simulator/dataset"
)

// running runs a simulation until the test ends.
func running(t *testing.T, o simulation.Options, seeds []simulation.Seed) (*simulation.Simulation, []int64) {
	t.Helper()
	sim, err := simulation.Listen(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := sim.Fill(seeds)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- sim.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the simulation ended with %v, want nil", err)
		}
	})
	return sim, ids
}

func TestItsEnvironmentLeadsToTheSimulators(t *testing.T) {
	sim, ids := running(t, simulation.Options{PerMinute: 240}, simulation.Synthetic())
	var s vtq.Settings
	if err := config.Load(sim.Environment(), &s); err != nil {
		t.Fatalf("loading the environment: %v", err)
	}
	if unknown := config.Unknown(sim.Environment(), &s); len(unknown) > 0 {
		t.Errorf("the environment has %q", unknown)
	}
	if got := s.Providers.VirusTotal.Limits().Minute; got != 240 {
		t.Errorf("requests a minute = %d, want 240", got)
	}

	library, err := dial.ThreatQ(s.ThreatQ, nil)
	if err != nil {
		t.Fatal(err)
	}
	record, err := library.Indicator(t.Context(), ids[0])
	if want := dataset.Demo()[0].Value; err != nil || record.Value != want {
		t.Errorf("the first indicator = %q, %v; want %q", record.Value, err, want)
	}
	provider, err := dial.VirusTotal(s.Providers.VirusTotal)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := indicator.Parse(record.Type, record.Value, "")
	if err != nil {
		t.Fatal(err)
	}
	if v, err := provider.Look(t.Context(), parsed.Object); err != nil || !v.Found {
		t.Errorf("looking up the first indicator = found %v, %v; want it found", v.Found, err)
	}
}

func TestValuesStayAsTheSeedSpellsThem(t *testing.T) {
	seeds := simulation.Synthetic()
	sim, ids := running(t, simulation.Options{}, seeds)
	if len(ids) != dataset.DemoItems {
		t.Fatalf("%d indicators, want %d", len(ids), dataset.DemoItems)
	}
	for i, id := range ids {
		in, ok := sim.ThreatQ.Indicator(id)
		if !ok || in.Type != seeds[i].Type || in.Value != seeds[i].Value {
			t.Errorf("indicator %d = %s %q, want %s %q", id, in.Type, in.Value, seeds[i].Type, seeds[i].Value)
		}
	}
	sorted := slices.Sorted(slices.Values(ids))
	if len(slices.Compact(sorted)) != len(ids) {
		t.Error("two seeds became one indicator")
	}
}

func TestAPortThatIsTakenIsSaid(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	for name, o := range map[string]simulation.Options{
		"ThreatQ":    {ThreatQ: taken.Addr().String()},
		"VirusTotal": {VirusTotal: taken.Addr().String()},
	} {
		sim, err := simulation.Listen(t.Context(), o)
		if err == nil || !strings.Contains(err.Error(), "listening for the simulated "+name) {
			t.Errorf("Listen = %v, %v; want an error that names %s", sim, err, name)
		}
	}
}

func TestAReportThatIsNoneIsRefused(t *testing.T) {
	sim, err := simulation.Listen(t.Context(), simulation.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	if _, err := sim.Fill([]simulation.Seed{{Item: dataset.Item{Type: "FQDN", Value: "a.com", Report: []byte("{}")}}}); err == nil {
		t.Error("Fill took a report that is none")
	}
}
