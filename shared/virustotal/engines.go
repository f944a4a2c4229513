package virustotal

import (
	"cmp"

	"vtq.internal/shared/verdict"
)

// counts keeps what was told of the eight categories; nil when nothing was.
func (a attributes) counts() verdict.Counts {
	var all verdict.Counts
	for _, category := range verdict.Categories() {
		n := a.Stats[string(category)]
		if !n.Told || n.Value < 0 {
			continue // Fewer than no engines is as good as not told.
		}
		if all == nil {
			all = verdict.Counts{}
		}
		all[category] = int(min(n.Value, verdict.MaxCount))
	}
	return all
}

// engines lists those that speak against the object, by name. The counts are not made from them: from 2020 to 2022 the service
// counted one harmless engine more than it listed.
func (a attributes) engines() []verdict.Engine {
	said := make([]verdict.Engine, 0, len(a.Results))
	for key, r := range a.Results {
		said = append(said, verdict.Engine{Name: cmp.Or(r.Engine, key), Category: verdict.Category(r.Category), Result: r.name()})
	}
	return verdict.Against(said)
}

// name is what the engine calls the threat.
func (r result) name() string {
	if r.Result == "" && len(r.ThreatNames) > 0 {
		return r.ThreatNames[0]
	}
	return r.Result
}
