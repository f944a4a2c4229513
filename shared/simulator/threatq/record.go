package threatq

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"
	"strconv"
)

// A record is one version of an indicator. Versions are never changed once they are in the store: a write clones the
// newest, changes the clone and commits it.
type record struct {
	id                                           int64
	value                                        string
	kind                                         *kind
	status                                       *status
	description                                  string
	created, updated, touched, published, expiry stamp
	base                                         float64 // generated score without the weights of attributes
	generated                                    float64 // with them
	manual                                       *int    // overrides the generated score; nil if nobody set one
	attributes                                   []attribute
	sources                                      []pivot // who reported the indicator, in the order of first reports
	tags                                         []*tag
}

// An attribute is a row: an indicator's value under a name. Its updated_at and touched_at are the same in every recorded row.
type attribute struct {
	id               int64
	name             *attributeName
	value            string
	created, touched stamp
	sources          []pivot
}

// An attributeName is what attribute_id points to.
type attributeName struct {
	id      int64
	name    string
	created stamp
}

// A source is who reports things.
type source struct {
	id, reference int64
	name, kind    string
	created       stamp
}

// A pivot says that a source reported an indicator or an attribute. Its creator is the source itself in every recorded row.
type pivot struct {
	id                          int64
	source                      *source
	tlp                         int // 0: none
	created, updated, published stamp
}

type tag struct {
	id   int64
	name string
}

// clone copies the lists too, but not what is in their rows: a change of a row's sources makes a new list of them.
func (r *record) clone() *record {
	c := *r
	c.attributes = slices.Clone(r.attributes)
	c.sources = slices.Clone(r.sources)
	c.tags = slices.Clone(r.tags)
	return &c
}

// score is the effective one: a manual score overrides the generated, which is floored.
func (r *record) score() int {
	if r.manual != nil {
		return *r.manual
	}
	return int(math.Floor(r.generated))
}

// hash is an opaque, unique 32-digit hex number: what the vendor hashes is unknown.
func (r *record) hash() string {
	sum := sha256.Sum256(strconv.AppendInt(nil, r.id, 10))
	return hex.EncodeToString(sum[:16])
}

// row returns the position of an attribute row, or -1.
func (r *record) row(id int64) int {
	return slices.IndexFunc(r.attributes, func(a attribute) bool { return a.id == id })
}

// find returns the position of the attribute row with a name and a value, or -1. The pair is a row's identity: another
// value under the same name is another row.
func (r *record) find(name, value string) int {
	return slices.IndexFunc(r.attributes, func(a attribute) bool { return a.name.name == name && a.value == value })
}

// mergePivots reports again or adds each of more. The result shares no memory with old: older versions keep theirs.
func mergePivots(old, more []pivot, now stamp, nextID func() int64) []pivot {
	merged := slices.Clone(old)
	for _, p := range more {
		i := slices.IndexFunc(merged, func(m pivot) bool { return m.source == p.source })
		if i < 0 {
			p.id, p.created, p.updated = nextID(), now, now
			merged = append(merged, p)
			continue
		}
		merged[i].updated = now
		merged[i].tlp = cmp.Or(p.tlp, merged[i].tlp)
		merged[i].published = cmp.Or(p.published, merged[i].published)
	}
	return merged
}
