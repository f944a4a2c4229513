package reversinglabs

import (
	"maps"
	"net/http"
	"slices"
	"time"
)

// What a Server remembers.
const (
	// DefaultKeep is how many calls: some 15 MB of them.
	DefaultKeep = 1 << 16
	// MaxItemsKept is how many different items Items counts: more than the hundred thousand of the biggest test, in some
	// 15 MB.
	MaxItemsKept = 1 << 17
)

// An Outcome is how a request ended.
type Outcome string

// The outcomes.
const (
	Found     Outcome = "found"      // 200, of a bulk query whatever it found.
	NotFound  Outcome = "not found"  // 404: an unknown object, or an unknown path.
	Invalid   Outcome = "invalid"    // 400 and 413.
	Denied    Outcome = "denied"     // 401, and 403 without a licence.
	OverRate  Outcome = "over rate"  // 429, too fast.
	OverQuota Outcome = "over quota" // 429 or 403, the budget is spent or would be overspent.
	Faulty    Outcome = "faulty"     // Spoilt by a Fault.
	Refused   Outcome = "refused"    // 405.
	Left      Outcome = "left"       // The client went before the answer.
)

// A Call is one request as the Server saw it.
type Call struct {
	At       time.Time // When it came in; of what passed the gates, when it was billed or refused.
	Endpoint Endpoint
	ID       string // Of a single look-up by path, as sent, unescaped.
	Account  string // "key " or "user ", and the key or the name as sent.
	Status   int    // 0 when no answer was sent.
	Outcome  Outcome
	Items    int // As sent in a bulk query that could be read, invalid ones and too many included.
	Billed   int // What it cost.
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
	return c.sum(func(Tally) bool { return true })
}

// Endpoint is the number of requests to one endpoint.
func (c Counts) Endpoint(e Endpoint) int {
	return c.sum(func(t Tally) bool { return t.Endpoint == e })
}

// Outcome is the number of requests that ended in one way.
func (c Counts) Outcome(o Outcome) int {
	return c.sum(func(t Tally) bool { return t.Outcome == o })
}

func (c Counts) sum(counts func(Tally) bool) int {
	total := 0
	for tally, n := range c {
		if counts(tally) {
			total += n
		}
	}
	return total
}

// ledger is what happened. The Server's lock guards it.
type ledger struct {
	counts Counts
	billed int
	items  map[string]int
	calls  []Call // A ring of Keep once it is full.
	oldest int
}

// bill goes on counting items that it knows when it has no room for others.
func (l *ledger) bill(items []string) {
	if l.items == nil {
		l.items = map[string]int{}
	}
	l.billed += len(items)
	for _, item := range items {
		if _, known := l.items[item]; known || len(l.items) < MaxItemsKept {
			l.items[item]++
		}
	}
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

// outcome asks the gates first: a 403 may be a spent budget, and a 429 may be either limit.
func outcome(x *exchange) Outcome {
	switch {
	case x.fault != nil:
		return Faulty
	case x.call.Status == 0:
		return Left
	case x.call.Outcome != "":
		return x.call.Outcome // A gate has said it: the status alone does not.
	}
	switch x.call.Status {
	case http.StatusOK:
		return Found
	case http.StatusNotFound:
		return NotFound
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		return Invalid
	case http.StatusMethodNotAllowed:
		return Refused
	}
	return Denied
}

// Requests counts all requests so far, free ones and refused ones among them.
func (s *Server) Requests() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.ledger.counts)
}

// Refused is the number of requests so far that asked for more than the budget had: 0 for a client that counts along.
func (s *Server) Refused() int { return s.Requests().Outcome(OverQuota) }

// Billed is the number of items billed so far: what the caller has spent.
func (s *Server) Billed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ledger.billed
}

// Items counts how often each item was billed: hashes in lower case, names, addresses and URLs as they were sent, and by the SHA-1
// where a request to the suite had only that. It takes in no more than MaxItemsKept different ones.
func (s *Server) Items() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.ledger.items)
}

// Calls are the last requests, at most Keep, by the time they came in.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := slices.Concat(s.ledger.calls[s.ledger.oldest:], s.ledger.calls[:s.ledger.oldest])
	slices.SortStableFunc(calls, func(a, b Call) int { return a.At.Compare(b.At) })
	return calls
}

// Batches are the numbers of items in the bulk queries among Calls that could be read, in their order.
func (s *Server) Batches() []int {
	var sizes []int
	for _, call := range s.Calls() {
		if call.Endpoint.Bulk() && call.Items > 0 {
			sizes = append(sizes, call.Items)
		}
	}
	return sizes
}

// MaxInWindow is the most answers that were billed within any stretch of length d, its end excluded, among the calls that are
// still remembered. A bulk query is one.
func (s *Server) MaxInWindow(d time.Duration) int {
	var times []time.Time
	for _, call := range s.Calls() {
		if call.Billed > 0 {
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
