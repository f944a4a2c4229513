package dataset

import (
	"strconv"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/verdict"
)

// Where the default policy begins to call an object Malicious, and Suspicious for doubts alone. Not read off the policy: who
// changes it is to hear of it from a test, not to find other data.
const (
	leastMalicious = 5
	leastDoubts    = 3
)

// An engineResult is one engine's answer. Files have a version and an update, the other kinds do not.
type engineResult struct {
	Category verdict.Category `json:"category"`
	Name     string           `json:"engine_name"`
	Version  string           `json:"engine_version,omitempty"`
	Update   string           `json:"engine_update,omitempty"`
	Method   string           `json:"method"`
	Result   *string          `json:"result"` // null where the engine calls it nothing.
}

// analysis adds the counts and the engines behind them.
func (r Recipe) analysis(d *dice, a object) {
	if r.Traits.Has(NoStats) {
		return
	}
	counts := r.counts(d)
	a["last_analysis_results"] = r.results(d, counts)
	if r.Traits.Has(OneMore) {
		counts[verdict.Harmless]++
	}
	a["last_analysis_stats"] = counts
}

// counts deals the engines out to the categories, so that the default policy makes the class of it.
func (r Recipe) counts(d *dice) map[verdict.Category]int {
	counts := r.zero()
	if r.Traits.Has(NoCounts) {
		return counts
	}
	left := r.engines()
	take := func(category verdict.Category, n int) {
		counts[category] += n
		left -= n
	}
	if r.Kind == indicator.File {
		take(verdict.TypeUnsupported, d.below(7))
		take(verdict.Failure, d.below(3))
	}
	take(verdict.Timeout, d.below(3))
	switch r.Class {
	case verdict.ClassMalicious:
		take(verdict.Malicious, r.malicious(d))
		take(verdict.Harmless, r.harmless(d))
	case verdict.ClassSuspicious:
		take(verdict.Malicious, r.few(d))
		take(verdict.Suspicious, r.doubts(d))
		take(verdict.Harmless, r.harmless(d))
	case verdict.ClassHarmless:
		take(verdict.Harmless, max(1, r.harmless(d)))
	case verdict.ClassNoVerdict:
		r.silence(take, left)
	case verdict.ClassUndetected, verdict.ClassNotFound:
	}
	take(verdict.Undetected, left)
	return counts
}

// zero has every category that the kind has: all eight for files, the first five for the others.
func (r Recipe) zero() map[verdict.Category]int {
	categories := verdict.Categories()
	if r.Kind != indicator.File {
		categories = categories[:5]
	}
	counts := make(map[verdict.Category]int, len(categories))
	for _, category := range categories {
		counts[category] = 0
	}
	return counts
}

// engines is how many answer about the kind.
func (r Recipe) engines() int {
	if r.Kind == indicator.File {
		return fileEngines
	}
	return otherEngines
}

// malicious is how many engines are sure of something malicious: most about a file, few about anything else.
func (r Recipe) malicious(d *dice) int {
	switch {
	case r.Traits.Has(Edge):
		return leastMalicious
	case r.Kind == indicator.File:
		return d.between(14, 60)
	}
	return d.between(5, 17)
}

// few is how many engines are sure of something suspicious.
func (r Recipe) few(d *dice) int {
	switch {
	case r.Traits.Has(Doubted):
		return 0
	case r.Traits.Has(Edge):
		return 1
	}
	return d.between(1, 4)
}

// doubts is how many engines suspect something.
func (r Recipe) doubts(d *dice) int {
	if r.Traits.Has(Doubted) {
		return leastDoubts
	}
	return d.below(3)
}

// harmless is how many engines call it clean: hardly ever one about a file, most about anything else.
func (r Recipe) harmless(d *dice) int {
	if r.Kind == indicator.File {
		return 0
	}
	return d.between(50, 70)
}

// silence is what no engine gives an opinion in: files of a type that nobody reads, everything else when nobody answers.
func (r Recipe) silence(take func(verdict.Category, int), left int) {
	if r.Kind != indicator.File {
		take(verdict.Timeout, left)
		return
	}
	take(verdict.ConfirmedTimeout, 15)
	take(verdict.TypeUnsupported, left-15)
}

// results gives each engine a category, beginning anywhere in the list, so that it is not always the same ones that speak.
func (r Recipe) results(d *dice, counts map[verdict.Category]int) map[string]engineResult {
	names := engines(r.engines())
	results := make(map[string]engineResult, len(names))
	next := d.below(len(names))
	for _, category := range verdict.Categories() {
		for range counts[category] {
			name := names[next%len(names)]
			results[name] = r.result(d, name, category)
			next++
		}
	}
	return results
}

// result is one engine's answer. Versions are told for files only.
func (r Recipe) result(d *dice, name string, category verdict.Category) engineResult {
	result := engineResult{Category: category, Name: name, Method: "blacklist", Result: r.word(d, category)}
	if r.Kind == indicator.File {
		result.Version, result.Update = "4."+strconv.Itoa(len(name))+".0.7", "20260828"
	}
	return result
}

// word is what an engine calls it. About files, silence is null; elsewhere it has words of its own.
func (r Recipe) word(d *dice, category verdict.Category) *string {
	var word string
	switch category {
	case verdict.Malicious, verdict.Suspicious:
		word = r.accusation(d, category)
	case verdict.Harmless:
		word = "clean"
	case verdict.Undetected:
		word = "unrated"
	case verdict.Timeout, verdict.ConfirmedTimeout, verdict.Failure, verdict.TypeUnsupported:
		return nil
	}
	if r.Kind == indicator.File && category != verdict.Malicious && category != verdict.Suspicious {
		return nil
	}
	return &word
}

// accusation is what an engine calls what it holds against an object: a name of its own for a file, one of four words for
// anything else.
func (r Recipe) accusation(d *dice, category verdict.Category) string {
	switch {
	case r.Traits.Has(Hostile) && d.below(4) == 0:
		return hiddenText
	case r.Kind == indicator.File:
		return pick(d, []string{"Trojan.Win32.", "Gen:Variant.", "W32/", "Malware."}) + r.family() + "." + d.hex(1)
	case category == verdict.Suspicious:
		return "suspicious"
	}
	return pick(d, []string{"malicious", "malware", "phishing"})
}

// family is the malware that a report is about, the same in all its places.
func (r Recipe) family() string { return pick(roll("family "+r.Object), words(families)) }
