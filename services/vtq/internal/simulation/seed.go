package simulation

import (
	"fmt"

	"vtq.internal/shared/provider"
	"vtq.internal/shared/simulator/dataset"
	tqsim "vtq.internal/shared/simulator/threatq"
)

// A Seed is one indicator, and what the provider knows about it.
type Seed struct {
	dataset.Item
	// Path is the report's file, below the directory that it was loaded from. Empty for what was made up.
	Path string
}

// Synthetic is the project's own data: 200 indicators of all kinds and classes.
func Synthetic() []Seed {
	var seeds []Seed
	for _, item := range dataset.Demo() {
		seeds = append(seeds, Seed{Item: item})
	}
	return seeds
}

// Fill puts seeds into the simulators, the same into each provider, and returns the ids of their indicators in ThreatQ, in the same order.
func (s *Simulation) Fill(seeds []Seed) ([]int64, error) {
	ids := make([]int64, len(seeds))
	for i, seed := range seeds {
		ids[i] = s.ThreatQ.AddIndicator(seed.indicator())
		if seed.Report == nil {
			continue
		}
		if err := s.report(seed.Report); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// report tells every provider that is served.
func (s *Simulation) report(raw []byte) error {
	for name, addFunc := range map[string]func([]byte) error{
		provider.VirusTotal: s.VirusTotal.AddReport, provider.ReversingLabs: s.ReversingLabs.AddReport,
	} {
		if !s.options.serves(name) {
			continue
		}
		if err := addFunc(raw); err != nil {
			return fmt.Errorf("filling the simulated %s: %w", provider.Title(name), err)
		}
	}
	return nil
}

// indicator keeps the value as the seed spells it, which is how ThreatQ stored it.
func (s Seed) indicator() tqsim.Indicator {
	in := tqsim.Indicator{Type: s.Type, Value: s.Value, KeepScheme: true, Status: s.Status}
	for _, source := range s.Sources {
		in.Sources = append(in.Sources, tqsim.Source{Name: source.Name, TLP: source.TLP})
	}
	for _, a := range s.Attributes {
		in.Attributes = append(in.Attributes, tqsim.Attribute{Name: a.Name, Value: a.Value})
	}
	return in
}
