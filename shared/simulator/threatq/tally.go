package threatq

import "maps"

// A tally counts requests.
type tally struct {
	requests map[string]int
	writes   int
	writing  int // write requests under way
	peak     int
}

func newTally() tally { return tally{requests: map[string]int{}} }

// count notes a request of e and returns what is to be called at its end.
func (s *Server) count(e endpoint) (done func()) {
	defer s.lock()()
	t := &s.tally
	t.requests[e.pattern]++
	if !e.write {
		return func() {}
	}
	t.writes++
	t.writing++
	t.peak = max(t.peak, t.writing)
	return func() {
		defer s.lock()()
		s.tally.writing--
	}
}

// Counts returns the number of requests received by endpoint (one of the Endpoint constants), refused ones included.
func (s *Server) Counts() map[string]int {
	defer s.lock()()
	return maps.Clone(s.tally.requests)
}

// Requests returns the number of all requests received.
func (s *Server) Requests() int {
	defer s.lock()()
	sum := 0
	for _, n := range s.tally.requests {
		sum += n
	}
	return sum
}

// Writes returns the number of requests received that were to change the threat library, refused ones included. Tokens,
// queries and saved searches are no writes.
func (s *Server) Writes() int {
	defer s.lock()()
	return s.tally.writes
}

// PeakWrites returns the largest number of write requests that were under way at once.
func (s *Server) PeakWrites() int {
	defer s.lock()()
	return s.tally.peak
}

// Scanned returns the number of index entries that queries have looked at: the cost of paging, free of any clock.
func (s *Server) Scanned() int64 {
	defer s.lock()()
	return s.store.search.scanned
}
