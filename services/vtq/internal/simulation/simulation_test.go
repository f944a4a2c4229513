package simulation_test

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/services/lookup"
	"vtq.internal/services/vtq"
	"vtq.internal/services/vtq/internal/simulation"
	"vtq.internal/shared/config"
	"vtq.internal/shared/dial"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
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
	s := settingsOf(t, sim)
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

// settingsOf loads the settings that lead to a simulation.
func settingsOf(t *testing.T, sim *simulation.Simulation) vtq.Settings {
	t.Helper()
	var s vtq.Settings
	if err := config.Load(sim.Environment(), &s); err != nil {
		t.Fatalf("loading the environment: %v", err)
	}
	if unknown := config.Unknown(sim.Environment(), &s); len(unknown) > 0 {
		t.Errorf("the environment has %q", unknown)
	}
	return s
}

// TestEveryProviderIsReached asks each of those that are served about a file that all of them know, by each of its ways.
func TestEveryProviderIsReached(t *testing.T) {
	cases := map[string]struct {
		serve, inUse []string
		limits       config.Limits // Of ReversingLabs.
	}{
		"VirusTotal":                 {nil, []string{provider.VirusTotal}, config.Limits{}},
		"ReversingLabs in its place": {[]string{provider.ReversingLabs}, []string{provider.ReversingLabs}, config.Limits{Minute: 4, Day: 500}},
		"ReversingLabs beside it":    {[]string{provider.VirusTotal, provider.ReversingLabs}, []string{provider.VirusTotal, provider.ReversingLabs}, config.Limits{Minute: 60, Day: 1000}},
		"ReversingLabs asked first":  {[]string{provider.ReversingLabs, provider.VirusTotal}, []string{provider.ReversingLabs, provider.VirusTotal}, config.Limits{Minute: 60, Day: 1000}},
	}
	seed := simulation.Synthetic()[0]
	object := indicator.Object{Kind: indicator.File, Value: seed.Value}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			sim, _ := running(t, simulation.Options{
				Providers: c.serve, PerMinute: 4, PerDay: 500, BesidePerMinute: 60, BesidePerDay: 1000,
			}, []simulation.Seed{seed})
			s := settingsOf(t, sim)
			if diff := cmp.Diff(c.inUse, s.Providers.Routing.InUse()); diff != "" {
				t.Errorf("providers in use (-want +got):\n%s", diff)
			}
			providers, err := lookup.ProvidersOf(s.Providers)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range providers {
				if v, err := p.Looker.Look(t.Context(), object); err != nil || !v.Found || v.Provider != p.Name {
					t.Errorf("%s: found %v by %q, %v; want it found", p.Name, v.Found, v.Provider, err)
				}
				if p.Many == nil {
					continue
				}
				if found, err := p.Many.LookMany(t.Context(), []indicator.Object{object}); err != nil || len(found) != 1 || !found[0].Verdict.Found {
					t.Errorf("%s: %+v of many, %v; want it found", p.Name, found, err)
				}
			}
			if s.Providers.Routing.Uses(provider.ReversingLabs) {
				got := s.Providers.LimitsOf(provider.ReversingLabs)
				if got.Minute != c.limits.Minute || got.Day != c.limits.Day {
					t.Errorf("the limits of ReversingLabs are %+v, want %+v", got, c.limits)
				}
			}
		})
	}
}

// TestTheContractIsOne has ReversingLabs' key and user spend of the same day.
func TestTheContractIsOne(t *testing.T) {
	seeds := simulation.Synthetic()[:6]
	sim, _ := running(t, simulation.Options{Providers: []string{provider.VirusTotal, provider.ReversingLabs}, BesidePerDay: 2}, seeds)
	settings := settingsOf(t, sim).Providers.ReversingLabs
	suite, err := dial.Suite(settings)
	if err != nil {
		t.Fatal(err)
	}
	native, err := dial.ReversingLabs(settings)
	if err != nil {
		t.Fatal(err)
	}
	file := func(i int) indicator.Object { return indicator.Object{Kind: indicator.File, Value: seeds[i].Value} }
	_, first := suite.Look(t.Context(), file(0))
	_, second := native.Look(t.Context(), file(1))
	_, third := native.Look(t.Context(), file(2))
	if first != nil || second != nil || fault.KindOf(third) != fault.Quota {
		t.Errorf("errors %v, %v and %v of three, want one of the quota at the third", first, second, third)
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
		"ThreatQ":       {ThreatQ: taken.Addr().String()},
		"VirusTotal":    {VirusTotal: taken.Addr().String()},
		"ReversingLabs": {Providers: []string{provider.ReversingLabs}, ReversingLabs: taken.Addr().String()},
	} {
		sim, err := simulation.Listen(t.Context(), o)
		if err == nil || !strings.Contains(err.Error(), "listening for the simulated "+name) {
			t.Errorf("Listen = %v, %v; want an error that names %s", sim, err, name)
		}
	}
}

func TestAProviderWithoutASimulatorIsSaid(t *testing.T) {
	_, err := simulation.Listen(t.Context(), simulation.Options{Providers: []string{provider.Compatible}})
	if err == nil || !strings.Contains(err.Error(), "there is no simulator of it") {
		t.Errorf("Listen = %v, want an error that says so", err)
	}
}

func TestAReportThatIsNoneIsRefused(t *testing.T) {
	for _, name := range []string{provider.VirusTotal, provider.ReversingLabs} {
		sim, err := simulation.Listen(t.Context(), simulation.Options{Providers: []string{name}})
		if err != nil {
			t.Fatal(err)
		}
		defer sim.Close()
		seeds := []simulation.Seed{{Item: dataset.Item{Type: "FQDN", Value: "a.com", Report: []byte("{}")}}}
		if _, err := sim.Fill(seeds); err == nil || !strings.Contains(err.Error(), provider.Title(name)) {
			t.Errorf("Fill = %v, want a report that is none refused by %s", err, name)
		}
	}
}
