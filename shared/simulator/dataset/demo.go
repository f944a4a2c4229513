package dataset

import (
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/verdict"
)

// Demo is the set that the demonstration and most tests run on: DemoItems indicators of all kinds, the same each time. The
// package documentation says what is in it.
func Demo() []Item {
	var all []Item
	all = append(all, tripled()...)
	all = append(all, known()...)
	all = append(all, unknown()...)
	all = append(all, respelt()...)
	return append(all, refused()...)
}

// DemoItems is how many indicators Demo gives, and DemoObjects how many different objects they are of, where they may be asked
// about: a provider that is asked once for each is asked so many times.
const (
	DemoItems   = 200
	DemoObjects = 159
)

// tripled are six files whose three hashes are three indicators each: one request answers all three.
func tripled() []Item {
	var all []Item
	for _, b := range []batch{
		{"tripled", indicator.File, verdict.ClassMalicious, 2, []Trait{Crowd | Assessed, Disliked}},
		{"tripled", indicator.File, verdict.ClassSuspicious, 1, []Trait{Edge}},
		{"tripled", indicator.File, verdict.ClassUndetected, 2, []Trait{0, Crowd}},
		{"tripled", indicator.File, verdict.ClassHarmless, 1, []Trait{0}},
	} {
		for i := range b.n {
			d, recipe := b.recipe(i)
			md5, sha1 := hashes(recipe.Object)
			for _, hash := range [][2]string{{typeMD5, md5}, {typeSHA1, sha1}, {typeSHA256, recipe.Object}} {
				all = append(all, item(d, recipe, hash[0], hash[1], "one of three hashes of a file"))
			}
		}
	}
	return all
}

// known are objects that the provider knows.
func known() []Item {
	var all []Item
	for _, b := range knownBatches() {
		for i := range b.n {
			d, recipe := b.recipe(i)
			typ, value := b.spell(recipe.Object, i)
			all = append(all, item(d, recipe, typ, value, recipe.note()))
		}
	}
	return all
}

// knownBatches has every class of every kind, and every trait where real reports of the kind have it. The first of each is
// plain where there can be such a one: a reader who wonders at the others has it to compare with.
func knownBatches() []batch {
	file, url, domain, ip := indicator.File, indicator.URL, indicator.Domain, indicator.IP
	return []batch{
		{"known", file, verdict.ClassMalicious, 16, []Trait{0, Crowd, Hostile, Edge, Disliked, Assessed | Crowd, Sparse, NoDate}},
		{"known", file, verdict.ClassSuspicious, 6, []Trait{0, Edge, Doubted, Hostile, Crowd, Sparse}},
		{"known", file, verdict.ClassUndetected, 14, []Trait{0, Crowd, Sparse, NoDate, Disliked, Hostile, Assessed}},
		{"known", file, verdict.ClassHarmless, 2, []Trait{0, Crowd}},
		{"known", file, verdict.ClassNoVerdict, 4, []Trait{0, NoCounts, NoStats, Sparse}},

		{"known", domain, verdict.ClassMalicious, 10, []Trait{0, OneMore, Edge, Hostile, Sparse, Disliked}},
		{"known", domain, verdict.ClassSuspicious, 6, []Trait{0, OneMore | Edge, Doubted, Sparse}},
		{"known", domain, verdict.ClassHarmless, 12, []Trait{0, OneMore, Disliked, Assessed, Sparse, Hostile}},
		{"known", domain, verdict.ClassUndetected, 5, []Trait{0, NoDate, Sparse}},
		{"known", domain, verdict.ClassNoVerdict, 3, []Trait{NoStats, NoCounts, 0}},

		{"known", url, verdict.ClassMalicious, 12, []Trait{0, Disliked, Hostile, Edge, Sparse, Assessed}},
		{"known", url, verdict.ClassSuspicious, 5, []Trait{0, Edge, Doubted, Hostile, NoDate}},
		{"known", url, verdict.ClassHarmless, 9, []Trait{0, Assessed, Sparse, Hostile}},
		{"known", url, verdict.ClassUndetected, 4, []Trait{0, Sparse, NoDate}},
		{"known", url, verdict.ClassNoVerdict, 2, []Trait{NoCounts, 0}},

		{"known", ip, verdict.ClassMalicious, 8, []Trait{0, OneMore, Sparse, Disliked, Edge, Hostile}},
		{"known", ip, verdict.ClassSuspicious, 4, []Trait{0, OneMore, Doubted, Edge}},
		{"known", ip, verdict.ClassHarmless, 9, []Trait{0, OneMore | Sparse, Assessed, Disliked}},
		{"known", ip, verdict.ClassUndetected, 3, []Trait{0, Sparse, NoDate}},
		{"known", ip, verdict.ClassNoVerdict, 2, []Trait{NoStats, NoCounts}},
	}
}

// unknown are objects that the provider never heard of.
func unknown() []Item {
	var all []Item
	for _, b := range []batch{
		{"unknown", indicator.File, verdict.ClassNotFound, 6, nil},
		{"unknown", indicator.Domain, verdict.ClassNotFound, 4, nil},
		{"unknown", indicator.URL, verdict.ClassNotFound, 3, nil},
		{"unknown", indicator.IP, verdict.ClassNotFound, 2, nil},
	} {
		for i := range b.n {
			d, recipe := b.recipe(i)
			typ, value := b.spell(recipe.Object, i)
			if b.kind == indicator.File && typ != typeSHA256 {
				recipe.Object = value // Nobody knows the file's other hashes.
			}
			all = append(all, item(d, recipe, typ, value, "unknown to the provider"))
		}
	}
	return append(all, otherScheme())
}

// otherScheme is one for the setting that spends a second request on a URL nobody knows. It is stored without its scheme and known under the one that is not tried first.
func otherScheme() Item {
	d := roll("other scheme")
	bare := d.domain() + "/" + pick(d, words(trades)) + "/"
	it := item(d, Recipe{indicator.URL, "http://" + bare, verdict.ClassNotFound, 0}, typeURL, bare, "known under https only")
	it.Attributes = nil // A Scheme attribute would name the scheme, and nothing would be left to try.
	it.Report = Report(Recipe{indicator.URL, "https://" + bare, verdict.ClassMalicious, 0})
	return it
}
