package threatq

import "time"

// Where each kind of id starts. The ranges are far apart, so that a client that takes one id for another gets a 404 and
// not somebody else's row.
const (
	firstIndicatorID = 1
	firstRowID       = 4_000_001
	firstPivotID     = 90_000_001
)

// A store is the threat library: what is there (live) and what the search knows of it (search).
type store struct {
	live, search index
	byValue      map[identity]int64

	// What records point to. Entries are made when a name first comes up, and never change or go.
	names     map[string]*attributeName
	reporters map[string]*source
	labels    map[string]*tag
	weigh     func(name, value string) float64

	// The ids given last; none is ever given again.
	lastIndicator, lastRow, lastPivot int64
}

// An identity is what no two indicators share.
type identity struct {
	kind  *kind
	value string
}

// newStore returns an empty library whose search lags behind.
func newStore(lag time.Duration, weigh func(name, value string) float64) store {
	return store{
		live: newIndex(0), search: newIndex(lag), byValue: map[identity]int64{}, weigh: weigh,
		names: map[string]*attributeName{}, reporters: map[string]*source{}, labels: map[string]*tag{},
		lastIndicator: firstIndicatorID - 1, lastRow: firstRowID - 1, lastPivot: firstPivotID - 1,
	}
}

// commit makes a version the newest of its indicator.
func (st *store) commit(rec *record, now time.Time) {
	rec.generated = rec.base
	if st.weigh != nil {
		for _, a := range rec.attributes {
			rec.generated += st.weigh(a.name.name, a.value)
		}
	}
	st.byValue[identity{rec.kind, rec.value}] = rec.id
	st.live.learn(rec.id, rec, now)
	st.search.learn(rec.id, rec, now)
}

// remove leaves the id unused for good: an indicator that is created again is another one.
func (st *store) remove(rec *record, now time.Time) {
	delete(st.byValue, identity{rec.kind, rec.value})
	st.live.learn(rec.id, nil, now)
	st.search.learn(rec.id, nil, now)
}

// edit clones an indicator for a change that moves touched_at; nil if there is none.
func (st *store) edit(id int64, now time.Time) *record {
	rec := st.live.docs[id]
	if rec == nil {
		return nil
	}
	rec = rec.clone()
	rec.touched = stampOf(now)
	return rec
}

// byIdentity finds an indicator; nil if there is none.
func (st *store) byIdentity(k *kind, value string) *record {
	return st.live.docs[st.byValue[identity{k, value}]]
}

func (st *store) nextIndicatorID() int64 { st.lastIndicator++; return st.lastIndicator }
func (st *store) nextRowID() int64       { st.lastRow++; return st.lastRow }
func (st *store) nextPivotID() int64     { st.lastPivot++; return st.lastPivot }

// attributeName finds a name, or creates it. Spelling counts: whether the vendor folds case is unknown, so use one.
func (st *store) attributeName(name string, now time.Time) *attributeName {
	n := st.names[name]
	if n == nil {
		n = &attributeName{id: int64(len(st.names) + 1), name: name, created: stampOf(now)}
		st.names[name] = n
	}
	return n
}

// source finds a source by name, or creates it: unknown names are welcome.
func (st *store) source(name, kind string, now time.Time) *source {
	s := st.reporters[name]
	if s == nil {
		id := int64(len(st.reporters) + 1)
		s = &source{id: id, reference: id, name: name, kind: kind, created: stampOf(now)}
		st.reporters[name] = s
	}
	return s
}

// tag finds a tag by name, or creates it.
func (st *store) tag(name string) *tag {
	t := st.labels[name]
	if t == nil {
		t = &tag{id: int64(len(st.labels) + 1), name: name}
		st.labels[name] = t
	}
	return t
}

// putAttribute adds a row, or reports it again if the pair of name and value is there already.
func (st *store) putAttribute(rec *record, name, value string, from []pivot, now time.Time) (id int64, added bool) {
	at := stampOf(now)
	i := rec.find(name, value)
	if i < 0 {
		i, added = len(rec.attributes), true
		rec.attributes = extended(rec.attributes, attribute{
			id: st.nextRowID(), name: st.attributeName(name, now), value: value, created: at,
		})
	}
	a := &rec.attributes[i]
	a.touched = at
	a.sources = mergePivots(a.sources, from, at, st.nextPivotID)
	return a.id, added
}

// extended appends without room to spare: with 16 rows on each of 200,000 indicators append would keep 230 MB of it.
func extended[T any](s []T, v T) []T {
	out := make([]T, len(s)+1)
	copy(out, s)
	out[len(s)] = v
	return out
}
