package virustotal

import (
	"cmp"
	"slices"

	"vtq.internal/shared/verdict"
)

// MaxCount bounds one count of engines. The service runs about 95, and a compatible one 47; more than a hundred times as many
// is a slip, and would make nonsense of every ratio.
const MaxCount = 10_000

// counts keeps what was told of the eight categories; nil when nothing was.
func (a attributes) counts() verdict.Counts {
	var all verdict.Counts
	for _, category := range verdict.Categories() {
		n := a.Stats[string(category)]
		if !n.told || n.value < 0 {
			continue // Fewer than no engines is as good as not told.
		}
		if all == nil {
			all = verdict.Counts{}
		}
		all[category] = int(min(n.value, MaxCount))
	}
	return all
}

// engines lists those that speak against the object, by name. The counts are not made from them: from 2020 to 2022 the service
// counted one harmless engine more than it listed.
func (a attributes) engines() []verdict.Engine {
	var all []verdict.Engine
	for key, r := range a.Results {
		category := verdict.Category(r.Category)
		name := verdict.Clean(cmp.Or(r.Engine, key), verdict.MaxName)
		if name == "" || category != verdict.Malicious && category != verdict.Suspicious {
			continue
		}
		all = append(all, verdict.Engine{Name: name, Category: category, Result: verdict.Clean(r.name(), verdict.MaxItem)})
	}
	slices.SortFunc(all, func(a, b verdict.Engine) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Category, b.Category), cmp.Compare(a.Result, b.Result))
	})
	return all[:min(len(all), verdict.MaxEngines)]
}

// name is what the engine calls the threat.
func (r result) name() string {
	if r.Result == "" && len(r.ThreatNames) > 0 {
		return r.ThreatNames[0]
	}
	return r.Result
}
