package threatq

import (
	"slices"
	"time"
)

// DeleteIndicator removes an indicator and reports whether it was there. From then on every path of it is a 404; the
// search still lists it for IndexLag.
func (s *Server) DeleteIndicator(id int64) bool {
	defer s.lock()()
	rec := s.store.live.docs[id]
	if rec == nil {
		return false
	}
	s.store.remove(rec, s.now())
	return true
}

// SetStatus gives an indicator another status, as an analyst does: updated_at moves. It reports whether it is there.
func (s *Server) SetStatus(id int64, name string) bool {
	return s.edit(id, func(rec *record, now time.Time) {
		rec.setStatus(s.catalogue.declare(name), stampOf(now))
	})
}

// Touch moves touched_at and nothing else, as background jobs of the platform do. It reports whether the indicator is there.
func (s *Server) Touch(id int64) bool {
	return s.edit(id, func(*record, time.Time) {})
}

// AddAttribute writes an attribute row as an analyst or a feed does, and returns its id; 0 if the indicator is not there.
// A row of the same name and value is reported again.
func (s *Server) AddAttribute(id int64, a Attribute) (row int64) {
	s.edit(id, func(rec *record, now time.Time) {
		row, _ = s.store.putAttribute(rec, a.Name, a.Value, s.store.pivots(a.Sources, now, 0), now)
	})
	return row
}

// DeleteAttribute removes an attribute row as an analyst does, and reports whether it was there.
func (s *Server) DeleteAttribute(id, row int64) (found bool) {
	s.edit(id, func(rec *record, _ time.Time) {
		if i := rec.row(row); i >= 0 {
			found = true
			rec.dropRow(i)
		}
	})
	return found
}

// dropRow may only be called on a clone: it moves the rows behind.
func (r *record) dropRow(i int) { r.attributes = slices.Delete(r.attributes, i, i+1) }

// edit commits a change made from Go, just as the API does with its own.
func (s *Server) edit(id int64, change func(rec *record, now time.Time)) bool {
	defer s.lock()()
	now := s.now()
	rec := s.store.edit(id, now)
	if rec == nil {
		return false
	}
	change(rec, now)
	s.store.commit(rec, now)
	return true
}

// Reindex makes everything written so far visible to the search, whatever IndexLag says.
func (s *Server) Reindex() {
	defer s.lock()()
	s.store.search.settle(s.now().Add(s.IndexLag))
}
