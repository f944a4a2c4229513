package virustotal

import (
	"maps"
	"net/http"
	"slices"
	"time"
)

// DefaultKeep is how many calls a Server remembers: 131 days of a public key's budget, in some 15 MB.
const DefaultKeep = 1 << 16

// An Outcome is how a request ended.
type Outcome string

// The outcomes.
const (
	Found    Outcome = "found"     // 200.
	NotFound Outcome = "not found" // 404: an unknown object, or an unknown path.
	Invalid  Outcome = "invalid"   // 400.
	Denied   Outcome = "denied"    // 401 and 403.
	Rejected Outcome = "rejected"  // 429, by the limits.
	Faulty   Outcome = "faulty"    // Spoilt by a Fault.
	Refused  Outcome = "refused"   // 405.
	Left     Outcome = "left"      // The client went before the answer.
)

// A Call is one request as the Server saw it.
type Call struct {
	At       time.Time // When it came in; of a look-up, when it was counted or rejected.
	Endpoint Endpoint
	ID       string // As sent, unescaped.
	Key      string // The API key as sent.
	Status   int    // 0 when no answer was sent.
	Outcome  Outcome
	Counted  bool // Against the quota.
}

// A Tally is what requests are counted by.
type Tally struct {
	Endpoint Endpoint
	Outcome  Outcome
}

// Counts are numbers of requests.
type Counts map[Tally]int

// Total is the number of all requests.
func (c Counts) Total() int {
	total := 0
	for _, n := range c {
		total += n
	}
	return total
}

// Endpoint is the number of requests to one endpoint.
func (c Counts) Endpoint(e Endpoint) int {
	total := 0
	for tally, n := range c {
		if tally.Endpoint == e {
			total += n
		}
	}
	return total
}

// Outcome is the number of requests that ended in one way.
func (c Counts) Outcome(o Outcome) int {
	total := 0
	for tally, n := range c {
		if tally.Outcome == o {
			total += n
		}
	}
	return total
}

// ledger is what happened. The Server's lock guards it.
type ledger struct {
	counts  Counts
	lookups int
	calls   []Call // A ring of Keep once it is full.
	oldest  int
}

// record enters a request at its end.
func (s *Server) record(x *exchange) {
	x.call.Outcome = outcome(x)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ledger.counts == nil {
		s.ledger.counts = Counts{}
	}
	s.ledger.counts[Tally{x.call.Endpoint, x.call.Outcome}]++
	keep := s.Keep
	if keep <= 0 {
		keep = DefaultKeep
	}
	if len(s.ledger.calls) < keep {
		s.ledger.calls = append(s.ledger.calls, x.call)
		return
	}
	s.ledger.calls[s.ledger.oldest] = x.call
	s.ledger.oldest = (s.ledger.oldest + 1) % keep
}

func outcome(x *exchange) Outcome {
	if x.fault != nil {
		return Faulty
	}
	switch x.call.Status {
	case http.StatusOK:
		return Found
	case http.StatusNotFound:
		return NotFound
	case http.StatusBadRequest:
		return Invalid
	case http.StatusTooManyRequests:
		return Rejected
	case http.StatusMethodNotAllowed:
		return Refused
	case 0:
		return Left
	}
	return Denied
}

// Requests counts all requests so far, free ones and refused ones among them.
func (s *Server) Requests() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.ledger.counts)
}

// Lookups is the number of requests that counted against a quota so far: what the caller has spent.
func (s *Server) Lookups() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ledger.lookups
}

// Calls are the last requests, at most Keep, by the time they came in.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := slices.Concat(s.ledger.calls[s.ledger.oldest:], s.ledger.calls[:s.ledger.oldest])
	slices.SortStableFunc(calls, func(a, b Call) int { return a.At.Compare(b.At) })
	return calls
}

// MaxInWindow is the most requests that counted within any stretch of length d, its end excluded, among the calls that are
// still remembered: with one key, never more than its minute limit for a minute.
func (s *Server) MaxInWindow(d time.Duration) int {
	var times []time.Time
	for _, call := range s.Calls() {
		if call.Counted {
			times = append(times, call.At)
		}
	}
	most, first := 0, 0
	for last, at := range times {
		for first <= last && !times[first].Add(d).After(at) {
			first++
		}
		most = max(most, last-first+1)
	}
	return most
}
