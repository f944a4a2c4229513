package threatq

import "maps"

// A Backup is a threat library as it once was: indicators, their rows, and the ids given last. Saved searches and tokens are no part of it.
type Backup struct{ kept store }

// Backup keeps the threat library as it is now.
func (s *Server) Backup() Backup {
	defer s.lock()()
	return Backup{kept: s.store.clone()}
}

// Restore puts the threat library back to what was kept, as often as one likes. As with a database that is restored, ids that were given
// since are given again, to other rows. The search knows at once what there is.
func (s *Server) Restore(b Backup) {
	defer s.lock()()
	scanned := s.store.search.scanned
	s.store = b.kept.clone()
	s.store.search.scanned = scanned // A cost that was incurred.
}

// clone copies a store, its search caught up. Versions of indicators never change, so that copies share them.
func (st *store) clone() store {
	c := *st
	c.live, c.search = newIndex(0), newIndex(st.search.lag)
	c.live.docs, c.search.docs = maps.Clone(st.live.docs), maps.Clone(st.live.docs)
	c.byValue = maps.Clone(st.byValue)
	c.names, c.reporters, c.labels = maps.Clone(st.names), maps.Clone(st.reporters), maps.Clone(st.labels)
	return c
}
