package virustotal

import (
	"net/http"
	"sync"
	"time"

	"vtq.internal/shared/lifecycle"
	"vtq.internal/shared/simulator/spoil"
)

// A Server answers as VirusTotal does. Its zero value is ready for use; set the fields before the first request.
type Server struct {
	// Keys are the API keys that work. Defaults to DefaultKey with PublicLimits.
	Keys map[string]Key
	// Groups are the limits that the keys of a group share, by the group's name. A group that is not here has no limits.
	Groups map[string]Limits

	// Now is the server's clock: windows, resets and the Date header go by it. Called with a lock held, so it must not call
	// the Server. Defaults to time.Now.
	Now func() time.Time
	// Latency is how long every answer takes, refusals too. Waited for on the real clock, or a bubble's. Defaults to none.
	Latency time.Duration

	// Window is how the minute slides. Defaults to Sliding.
	Window Window
	// CountRejected makes requests over the limit count as well. Defaults to counting only those that were let through.
	CountRejected bool
	// FreeNotFound gives back what a look-up of an unknown object cost. Defaults to counting it.
	FreeNotFound bool
	// RetryAfter adds a Retry-After header to a 429. Defaults to NoRetryAfter, as recorded.
	RetryAfter RetryAfter
	// RateHeaders adds X-RateLimit-Limit, -Remaining and -Reset, of the minute, to what the limits were asked about. Some
	// clients look for them; no recording has them. Defaults to none.
	RateHeaders bool
	// Era is whose headers and error layout to use. Defaults to Era2026.
	Era Era

	// Fail is asked about every request, before anything else; a Fault spoils the answer. Defaults to no faults.
	Fail func(*http.Request) *Fault
	// Synthesize is asked for the report of an object that is not stored; nil means that it is unknown. Kind is the type in
	// a report ("file", "url", "domain", "ip_address"); id is the hash as asked for, in lower case, the canonical URL (its
	// SHA-256 when the request had only that), the name or the address. Large sets need no memory this way. Called without
	// a lock, also concurrently. Defaults to knowing only what is stored.
	Synthesize func(kind, id string) []byte

	// Keep is how many calls Calls and MaxInWindow look back on. Defaults to DefaultKeep.
	Keep int

	store   store
	packers sync.Pool

	mu     sync.Mutex // Guards what follows. Held for arithmetic only.
	meters map[string]*meter
	ledger ledger
	serial uint64
}

// An exchange is one request on its way through the gates.
type exchange struct {
	request *http.Request
	route   route
	call    Call
	fault   *Fault
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{request: r, route: parseRoute(r.URL.EscapedPath())}
	x.call = Call{At: s.now(), Endpoint: x.route.endpoint, ID: x.route.id, Key: r.Header.Get("X-Apikey")}
	if s.Fail != nil {
		x.fault = s.Fail(r)
	}
	answer := s.answer(x)
	if x.fault != nil {
		answer = x.fault.Spoil(answer)
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

// answer is what an honest server says. A fault in front of the limits costs nothing; one behind them keeps silent where the
// request was refused.
func (s *Server) answer(x *exchange) spoil.Answer {
	if x.fault != nil && x.fault.Uncounted {
		return spoil.Answer{Status: http.StatusOK}
	}
	answer := s.decide(x)
	switch answer.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusTooManyRequests:
		x.fault = nil
	}
	return answer
}

func (s *Server) decide(x *exchange) spoil.Answer {
	if x.request.Method != http.MethodGet {
		return methodNotAllowed()
	}
	key, refusal := s.authenticate(x.call.Key)
	if refusal != nil {
		return *refusal
	}
	switch x.route.endpoint {
	case Users:
		return s.user(x, key)
	case Premium:
		return s.premium(key)
	case Other:
		return s.fail(http.StatusNotFound, "NotFoundError", "Resource not found")
	case Files, URLs, Domains, IPAddresses:
	}
	return s.lookUp(x, key)
}

func (s *Server) premium(key Key) spoil.Answer {
	if !key.Private && !key.GTI {
		return s.fail(http.StatusForbidden, "ForbiddenError", "You are not authorized to perform the requested operation")
	}
	return s.fail(http.StatusNotFound, "NotFoundError", "Resource not found")
}

func (s *Server) now() time.Time {
	if s.Now != nil {
		return s.Now().UTC()
	}
	return time.Now().UTC()
}
