package verdict

import (
	"cmp"
	"slices"
)

// An Engine is one engine that speaks against an object.
type Engine struct {
	Name     string   `json:"name"`
	Category Category `json:"category"`
	Result   string   `json:"result,omitempty"` // What the engine calls it: "Trojan.Generic", "phishing".
}

// Against makes the list of engines of a Verdict out of what engines say: the texts cleaned, those that say neither malicious nor
// suspicious and those without a name left out, by name, at most MaxEngines.
func Against(said []Engine) []Engine {
	var all []Engine
	for _, e := range said {
		name := Clean(e.Name, MaxName)
		if name == "" || e.Category != Malicious && e.Category != Suspicious {
			continue
		}
		all = append(all, Engine{Name: name, Category: e.Category, Result: Clean(e.Result, MaxItem)})
	}
	slices.SortFunc(all, func(a, b Engine) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Category, b.Category), cmp.Compare(a.Result, b.Result))
	})
	return all[:min(len(all), MaxEngines)]
}
