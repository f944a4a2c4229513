// Package attribute says what an analyst reads on an indicator: which attributes a verdict comes to, under which names.
//
// A field is one fact of a verdict. Its attribute is named after the provider that gave it and the field, "VirusTotal Detections", unless
// a site gives it a name of its own. A field without a value has no attribute, and the one it had is taken away: a count that no
// report supports any more would be a wrong answer.
package attribute

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"vtq.internal/shared/provider"
	"vtq.internal/shared/verdict"
)

// A Field is one fact of a verdict, as settings name it.
type Field string

// An Attribute is what stands on an indicator. An empty value means that it must not stand there.
type Attribute struct {
	Name, Value string
}

// MaxEngines bounds the detecting engines that an analyst is shown by name; the count says how many there are.
const MaxEngines = 20

// field is how one field is made.
type field struct {
	id    Field
	title string
	value func(verdict.Verdict, verdict.Class, verdict.Meaning) string
}

// A Mapping turns verdicts into attributes.
type Mapping struct {
	Policy verdict.Policy
	// Prefix stands before every name: empty for none. A Placeholder in it, or in a name, stands for the provider of the verdict.
	Prefix string
	// Fields are those that are written. Defaults to all; what the key cannot see has no value.
	Fields []Field
	// Names are the attribute names of fields that a site calls otherwise, whole, without the prefix.
	Names map[Field]string
}

// Validate says which fields are unknown, which names cannot be, and which two would be one.
func (m Mapping) Validate() []error {
	var all []error
	known := Known()
	for _, f := range m.Fields {
		if !slices.Contains(known, f) {
			all = append(all, fmt.Errorf("no field is called %q; there are %s", f, join(known)))
		}
	}
	for _, f := range slices.Sorted(maps.Keys(m.Names)) {
		if !slices.Contains(known, f) {
			all = append(all, fmt.Errorf("no field is called %q; there are %s", f, join(known)))
		}
	}
	for _, who := range provider.Names() {
		all = append(all, m.validateNames(who)...)
		if !m.varies() {
			break
		}
	}
	return all
}

// varies tells whether names differ between providers.
func (m Mapping) varies() bool {
	return slices.ContainsFunc(m.fields(), func(f field) bool {
		return m.name(f, provider.VirusTotal) != m.name(f, provider.ReversingLabs)
	})
}

// validateNames checks the names that the verdicts of a provider come to.
func (m Mapping) validateNames(who string) (all []error) {
	taken, odd := map[string]Field{}, []Field(nil)
	for _, f := range m.fields() {
		name := m.name(f, who)
		// ThreatQ's own add-on drops names with a dot or a dollar sign.
		if name == "" || name != verdict.Clean(name, verdict.MaxItem) || strings.ContainsAny(name, ".$") {
			odd = append(odd, f.id)
		}
		// ThreatQ's database compares names without regard to case.
		if other, ok := taken[strings.ToLower(name)]; ok {
			all = append(all, fmt.Errorf("%s and %s have the same attribute name", other, f.id))
		}
		taken[strings.ToLower(name)] = f.id
	}
	if len(odd) > 0 { // All of them, where it is the prefix.
		all = append(all, fmt.Errorf("an attribute's name has at most %d characters, and no dot or dollar sign: not so that of %s",
			verdict.MaxItem, join(odd)))
	}
	return all
}

// Of gives the attributes of a verdict: every one that is ours to write, those without a value included.
func (m Mapping) Of(v verdict.Verdict) []Attribute {
	class := m.Policy.Classify(v)
	meaning := m.Policy.Meaning(class)
	var all []Attribute
	for _, f := range m.fields() {
		value := verdict.Clean(f.value(v, class, meaning), MaxValue)
		all = append(all, Attribute{Name: m.name(f, v.Provider), Value: value})
	}
	return all
}

// NamesOf lists the names of the attributes that the verdicts of a provider come to.
func (m Mapping) NamesOf(who string) []string {
	var all []string
	for _, f := range m.fields() {
		all = append(all, m.name(f, who))
	}
	return all
}

// MaxValue bounds the value of an attribute, in runes: the longest URL and twenty engines of 64 runes fit. A longer list ends with
// an ellipsis.
const MaxValue = verdict.MaxURL

func (m Mapping) fields() []field {
	var chosen []field
	for _, f := range fields() {
		if m.Fields == nil || slices.Contains(m.Fields, f.id) {
			chosen = append(chosen, f)
		}
	}
	return chosen
}

func (m Mapping) name(f field, who string) string {
	if name, ok := m.Names[f.id]; ok {
		return Fill(name, who)
	}
	return strings.TrimSpace(Fill(m.Prefix, who) + " " + f.title)
}

// Placeholder stands for the provider's title in a prefix, a name or a source.
const Placeholder = "{provider}"

// Fill puts a provider's title in the place of each Placeholder.
func Fill(text, who string) string { return strings.ReplaceAll(text, Placeholder, provider.Title(who)) }

// Known lists every field.
func Known() []Field {
	var all []Field
	for _, f := range fields() {
		all = append(all, f.id)
	}
	return all
}

func join(fields []Field) string {
	var all []string
	for _, f := range fields {
		all = append(all, string(f))
	}
	return strings.Join(all, ", ")
}

// date spells a time as ThreatQ does, and as analysts sort it.
func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateTime)
}

func number(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}
