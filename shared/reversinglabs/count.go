package reversinglabs

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"vtq.internal/shared/verdict"
)

// count fills in what the scanners of a record said.
func (r record) count(v *verdict.Verdict, fold bool) {
	said := r.said()
	nameless := r.nameless(said)
	v.Counts = r.counts(said, nameless)
	v.Miscounted = r.Match.Told && r.Match.Value != int64(v.Counts.Of(verdict.Malicious))
	if fold {
		raw := v.Counts
		said = foldVariants(said)
		v.Counts = r.counts(said, nameless)
		if !maps.Equal(raw, v.Counts) {
			v.Raw = raw
		}
	}
	v.Engines = verdict.Against(slices.Collect(maps.Values(said)))
}

// said is what each scanner said, by its name in lower case. A scanner that is listed and has no result failed, and so did one whose
// result cannot be read. Of several results of one scanner the worst counts.
func (r record) said() map[string]verdict.Engine {
	said := make(map[string]verdict.Engine, len(r.Scanners))
	for _, scanner := range r.Scanners {
		tell(said, verdict.Engine{Name: scanner.Name, Category: verdict.Failure})
	}
	for _, one := range r.Results {
		tell(said, one.engine())
	}
	return said
}

// tell adds an engine unless worse was said of it. One without a name is nobody.
func tell(said map[string]verdict.Engine, e verdict.Engine) {
	e.Name = strings.TrimSpace(e.Name)
	key := strings.ToLower(e.Name)
	if before, twice := said[key]; key == "" || twice && weight(before.Category) >= weight(e.Category) {
		return
	}
	said[key] = e
}

// weight orders the categories in which a scanner can be counted.
func weight(category verdict.Category) int {
	return slices.Index([]verdict.Category{verdict.Failure, verdict.Undetected, verdict.Malicious}, category)
}

// engine is a result in the words of verdicts: a text names a threat, an empty one says that nothing was found.
func (r result) engine() verdict.Engine {
	e := verdict.Engine{Name: r.Scanner, Category: verdict.Failure}
	var name *string
	if r.Result == nil || json.Unmarshal(r.Result, &name) != nil {
		return e
	}
	if name == nil || strings.TrimSpace(*name) == "" {
		e.Category = verdict.Undetected
	} else {
		e.Category, e.Result = verdict.Malicious, *name
	}
	return e
}

// nameless is how many scanners failed that the record counts and does not list.
func (r record) nameless(said map[string]verdict.Engine) int {
	if len(r.Scanners) > 0 || !r.Count.Told {
		return 0
	}
	return int(min(max(r.Count.Value-int64(len(said)), 0), verdict.MaxCount))
}

// counts are the three that a record can tell of. When no scanner gave an opinion the number of those that failed is all there is:
// nobody found nothing. Where it is told neither who was asked nor how many, nothing is known of failures.
func (r record) counts(said map[string]verdict.Engine, nameless int) verdict.Counts {
	counts := verdict.Counts{}
	add := func(category verdict.Category, n int) { counts[category] = min(counts[category]+n, verdict.MaxCount) }
	for _, e := range said {
		add(e.Category, 1)
	}
	if opinions := counts.Opinions(); opinions > 0 {
		add(verdict.Malicious, 0)
		add(verdict.Undetected, 0)
	} else if counts.Of(verdict.Failure)+nameless == 0 {
		return nil
	}
	if len(r.Scanners) > 0 || r.Count.Told {
		add(verdict.Failure, nameless)
	}
	return counts
}

// variants are the ends of names by which one vendor's engine appears several times: its cloud, its next version, its second engine,
// its home edition (all in the recorded answer, where 47 scanners are those of 34 vendors).
func variants() []string { return []string{"_online", "_beta", "_susi", "_consumer"} }

// foldVariants takes the variants of an engine together, the worst of them speaking for all.
func foldVariants(said map[string]verdict.Engine) map[string]verdict.Engine {
	folded := make(map[string]verdict.Engine, len(said))
	for _, key := range slices.Sorted(maps.Keys(said)) { // The plain name before its variants.
		e := said[key]
		e.Name = vendor(e.Name)
		tell(folded, e)
	}
	return folded
}

// vendor is a name without the ends that make it a variant.
func vendor(name string) string {
	for _, end := range variants() {
		if short := len(name) - len(end); short > 0 && strings.EqualFold(name[short:], end) {
			return vendor(name[:short])
		}
	}
	return name
}
