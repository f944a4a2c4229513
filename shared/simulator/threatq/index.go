package threatq

import (
	"maps"
	"time"
)

// An index is a set of records with their orders, and what it is still to learn.
type index struct {
	lag     time.Duration
	docs    map[int64]*record
	orders  map[string]*order // by field, built when first asked for
	pending []change          // by due time
	scanned int64             // entries looked at

	// versions for cached totals: rows counts what changed an indicator's own row, writes every change.
	rows, writes int
	totals       map[string]total
}

// A change is a version on its way into an index; rec is nil for a deletion.
type change struct {
	due time.Time
	id  int64
	rec *record
}

// newIndex returns an empty index that learns with a lag.
func newIndex(lag time.Duration) index {
	return index{lag: lag, docs: map[int64]*record{}, orders: map[string]*order{}, totals: map[string]total{}}
}

// learn queues a version, nil for a deletion, and takes in what is due.
func (x *index) learn(id int64, rec *record, now time.Time) {
	x.pending = append(x.pending, change{due: now.Add(x.lag), id: id, rec: rec})
	x.settle(now)
}

// settle takes in what is due at now.
func (x *index) settle(now time.Time) {
	for len(x.pending) > 0 && !now.Before(x.pending[0].due) {
		x.apply(x.pending[0].id, x.pending[0].rec)
		x.pending = x.pending[1:]
	}
	if len(x.pending) == 0 {
		x.pending = nil // lets go of the versions behind us
	}
}

// apply puts a version in the place of the one before. What comes late keeps its own updated_at, so that a cursor that has
// passed it never sees it: the trap for whoever polls with a cursor alone.
func (x *index) apply(id int64, rec *record) {
	old := x.docs[id]
	x.writes++
	if old == nil || rec == nil || old.updated != rec.updated || old.status != rec.status {
		x.rows++
	}
	if rec == nil {
		delete(x.docs, id)
	} else {
		x.docs[id] = rec
	}
	for _, o := range x.orders {
		switch {
		case old != nil && rec != nil:
			o.replace(old, rec)
		case rec != nil:
			o.insert(rec)
		case old != nil:
			o.remove(old)
		}
	}
}

// order returns the order by a field.
func (x *index) order(field string) *order {
	o := x.orders[field]
	if o == nil {
		o = newOrder(sortKey(field), maps.Values(x.docs))
		x.orders[field] = o
	}
	return o
}
