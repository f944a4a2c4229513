package reversinglabs

import (
	"net/http"
	"sync"
	"time"

	"vtq.internal/shared/lifecycle"
	"vtq.internal/shared/simulator/spoil"
)

// A Server answers as Spectra Intelligence does. Its zero value is ready for use; set the fields before the first request.
type Server struct {
	// Keys are the API keys that open the compatible suite. Defaults to DefaultKey without limits.
	Keys map[string]Account
	// Users are those who may call the native APIs, by name. Defaults to DefaultUser with DefaultPassword, without limits.
	Users map[string]User

	// Now is the server's clock: budgets, rates, resets and the Date header go by it. Called with a lock held, so it must not
	// call the Server. Defaults to time.Now.
	Now func() time.Time
	// Latency is how long every answer takes, refusals too. Waited for on the real clock, or a bubble's. Defaults to none.
	Latency time.Duration

	// ErrorStyle is how the compatible suite words its errors. Defaults to StyleVirusTotal.
	ErrorStyle ErrorStyle
	// TypeAndLinks adds data.type and data.links to the suite's reports. Defaults to neither, as the vendor prints them.
	TypeAndLinks bool

	// Rates are the requests that an account may make of each product in one second of the clock; see DocumentedRates.
	// Defaults to no such limit.
	Rates map[Product]int
	// RateText is which 429 has the text "Rate limit exceeded". Defaults to RateTextOnRate.
	RateText RateText
	// QuotaForbidden makes an account without budget get 403 in place of 429, as one of the vendor's older connectors has it.
	QuotaForbidden bool
	// TooManyIsBad answers more than MaxItems items with 400. Defaults to 413.
	TooManyIsBad bool

	// Groups adds unknown_hashes and invalid_hashes to bulk answers, where there are any. Defaults to invalid_hashes in bulk
	// answers of TCA-0101 alone, which the vendor's cookbook reads.
	Groups bool
	// Shuffle returns the items of bulk answers, and records of a history, in another order. Defaults to the order in which
	// items were sent, and to the latest record first.
	Shuffle bool
	// Shape is asked how the records of a file look in TCA-0103, by its primary hash. Called without a lock, also
	// concurrently. Defaults to the shape of the recorded answer.
	Shape func(hash string) Shape

	// Fail is asked about every request, before anything else; a Fault spoils the answer. It leaves the request's body
	// to the Server. Defaults to no faults.
	Fail func(*http.Request) *Fault
	// Synthesize is asked for the report of an object that is not stored, as VirusTotal would give it; nil means that it is
	// unknown. Kind is the type in a report ("file", "url", "domain", "ip_address"); id is the hash in lower case, the URL as
	// it was sent (its SHA-1 when the request had only that), the name or the address. Large sets need no memory this way.
	// Called without a lock, also concurrently. Defaults to knowing only what is stored.
	Synthesize func(kind, id string) []byte

	// Keep is how many calls Calls, Batches and MaxInWindow look back on. Defaults to DefaultKeep.
	Keep int

	store store

	mu     sync.Mutex // Guards what follows. Held for arithmetic only.
	meters map[string]*meter
	ledger ledger
}

// A response is what is to be sent.
type response struct {
	spoil.Answer

	billable []string // The valid items that it answers, which is what a 200 costs.
}

// An exchange is one request on its way through the gates.
type exchange struct {
	request *http.Request
	route   route
	call    Call
	fault   *Fault
	account Account
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{request: r, route: parseRoute(r.URL.EscapedPath())}
	x.call = Call{At: s.now(), Endpoint: x.route.endpoint, ID: x.route.id}
	if s.Fail != nil {
		x.fault = s.Fail(r)
	}
	answer := s.answer(x)
	if x.fault != nil {
		answer.Answer = x.fault.Spoil(answer.Answer)
	}
	if left := s.Latency > 0 && !lifecycle.Sleep(r.Context(), s.Latency); left || x.fault.Cuts() {
		x.call.Status = 0
		s.record(x)
		panic(http.ErrAbortHandler) // Closes the connection without a byte.
	}
	x.call.Status = answer.Status
	s.record(x) // Before a byte is out: whoever has the answer finds the call counted.
	s.send(w, x, answer)
}

// answer is what an honest server says. A fault in front of the gates costs nothing; one behind them keeps silent where the
// request was refused.
func (s *Server) answer(x *exchange) response {
	if x.fault != nil && x.fault.Uncounted {
		return response{Answer: spoil.Answer{Status: http.StatusOK}}
	}
	answer := s.decide(x)
	switch answer.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusTooManyRequests:
		x.fault = nil
	}
	return answer
}

func (s *Server) decide(x *exchange) response {
	if x.route.method != "" && x.request.Method != x.route.method {
		return s.methodNotAllowed(x)
	}
	if refusal, ok := s.authenticate(x); !ok {
		return refusal
	}
	if x.route.endpoint == Other {
		return s.fail(x, http.StatusNotFound, "NotFoundError", "Resource not found")
	}
	if !s.admit(x) {
		return s.overRate(x)
	}
	return s.bill(x, s.serve(x))
}

// serve finds what was asked for, whatever the budget.
func (s *Server) serve(x *exchange) response {
	switch x.route.endpoint {
	case Files, URLs:
		return s.suite(x)
	case Xref, Presence:
		return s.hash(x)
	case XrefBulk, PresenceBulk:
		return s.hashes(x)
	case URLReport, DomainReport, IPReport:
		return s.location(x)
	case URLReportBulk, DomainReportBulk, IPReportBulk:
		return s.locations(x)
	case Reputation:
		return s.reputations(x)
	case Usage:
		return s.usage(x)
	case Other:
	}
	return s.fail(x, http.StatusNotFound, "NotFoundError", "Resource not found")
}

func (s *Server) now() time.Time {
	if s.Now != nil {
		return s.Now().UTC()
	}
	return time.Now().UTC()
}
