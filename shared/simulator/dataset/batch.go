package dataset

import (
	"strconv"
	"strings"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/verdict"
)

// A batch is some indicators of one kind and one class. Their traits take turns.
type batch struct {
	name   string
	kind   indicator.Kind
	class  verdict.Class
	n      int
	traits []Trait
}

// recipe is the i-th of a batch, and the dice for what is around it.
func (b batch) recipe(i int) (*dice, Recipe) {
	d := roll(strings.Join([]string{b.name, string(b.kind), string(b.class), strconv.Itoa(i)}, " "))
	var traits Trait
	if len(b.traits) > 0 {
		traits = b.traits[i%len(b.traits)]
	}
	return d, Recipe{Kind: b.kind, Object: b.object(d, i), Class: b.class, Traits: traits}
}

// object invents what is asked about: every third URL under https, every fourth address of IPv6.
func (b batch) object(d *dice, i int) string {
	switch b.kind {
	case indicator.Domain:
		return d.domain()
	case indicator.URL:
		scheme := "http://"
		if i%3 == 1 {
			scheme = "https://"
		}
		return scheme + d.domain() + d.path()
	case indicator.IP:
		if i%4 == 3 {
			return d.address6()
		}
		return d.address()
	case indicator.File:
	}
	return d.hex(32)
}

// spell is how ThreatQ stores an object: URLs without their scheme, files under any of their hashes.
func (b batch) spell(of string, i int) (typ, value string) {
	switch b.kind {
	case indicator.Domain:
		return typeFQDN, of
	case indicator.URL:
		_, bare, _ := strings.Cut(of, "://")
		return typeURL, bare
	case indicator.IP:
		if strings.Contains(of, ":") {
			return typeIPv6, of
		}
		return typeIP, of
	case indicator.File:
	}
	md5, sha1 := hashes(of)
	switch i % 4 { // Half are SHA-256, as feeds of today have it.
	case 1:
		return typeMD5, md5
	case 3:
		return typeSHA1, sha1
	}
	return typeSHA256, of
}

// item puts a recipe into ThreatQ.
func item(d *dice, r Recipe, typ, value, note string) Item {
	it := Item{
		Type: typ, Value: value, Status: status(d), Sources: sources(d),
		Object: r.Object, Class: r.Class, Report: Report(r), Note: note,
	}
	if scheme, _, ok := strings.Cut(r.Object, "://"); ok && (scheme == "https" || d.below(2) == 0) {
		it.Attributes = append(it.Attributes, Attribute{Name: "Scheme", Value: scheme})
	}
	if d.below(5) == 0 {
		it.Attributes = append(it.Attributes, Attribute{Name: "Confidence", Value: pick(d, []string{"Low", "Medium", "High"})})
	}
	return it
}

// note names the first trait of a recipe.
func (r Recipe) note() string {
	for _, n := range []struct {
		trait Trait
		note  string
	}{
		{NoStats, "a report without counts"},
		{NoCounts, "counts that are all zero"},
		{OneMore, "counts one above the engines"},
		{NoDate, "no analysis date"},
		{Sparse, "nothing optional"},
		{Hostile, "hostile texts"},
		{Disliked, "negative reputation"},
		{Crowd, "sandboxes and rules"},
		{Assessed, "a GTI assessment"},
		{Edge, "the fewest engines for its class"},
		{Doubted, "suspected, never accused"},
	} {
		if r.Traits.Has(n.trait) {
			return n.note
		}
	}
	if r.Class == verdict.ClassNoVerdict {
		return "no engine with an opinion"
	}
	return "a plain report"
}
