package virustotal

import (
	"net/http"
	"strconv"
	"time"

	"vtq.internal/shared/simulator/spoil"
)

// Limits are the requests an account may make. 0 is unlimited.
type Limits struct {
	Minute int // In any 60 seconds, or in each minute of the clock: see Window.
	Day    int // From 00:00 UTC.
	Month  int // From the first of the month, 00:00 UTC.
}

// PublicLimits are those of a public key: 4 a minute and 500 a day (vendor documentation), 15,500 a month (the account page,
// as users quote it).
func PublicLimits() Limits { return Limits{Minute: 4, Day: 500, Month: 15500} }

// Window is how the minute limit is measured. The service does not say.
type Window int

// The windows.
const (
	// Sliding admits a request when fewer than the limit were counted in the 60 seconds before it.
	Sliding Window = iota
	// Fixed counts each minute of the clock for itself: twice the limit may pass around a full minute.
	Fixed
)

// RetryAfter is the form of the Retry-After header in a 429. No recorded one has it.
type RetryAfter int

// The forms, both of RFC 9110.
const (
	NoRetryAfter RetryAfter = iota
	RetryAfterSeconds
	RetryAfterDate
)

// spend counts a look-up against its key and the key's group, or tells how long until it would be let through.
func (s *Server) spend(x *exchange, key Key) (after time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now() // Read under the lock, so that calls are counted in the order of their times.
	x.call.At = now
	accounts := s.accounts(x.call.Key, key)
	after = s.after(accounts, now)
	if after > 0 && !s.CountRejected {
		return after
	}
	x.call.Counted = true
	s.ledger.lookups++
	for _, a := range accounts {
		a.meter.count(a.limits, x.route.endpoint, now)
	}
	if after > 0 {
		return s.after(accounts, now) // Knocking has put it off.
	}
	return 0
}

// after is how long until one more request fits every limit of every account.
func (s *Server) after(accounts []account, now time.Time) (after time.Duration) {
	for _, a := range accounts {
		after = max(after, a.meter.after(a.limits, s.Window, now))
	}
	return after
}

// refund takes back what spend counted.
func (s *Server) refund(x *exchange, key Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x.call.Counted = false
	s.ledger.lookups--
	for _, a := range s.accounts(x.call.Key, key) {
		a.meter.refund(x.route.endpoint, x.call.At)
	}
}

// An account is what a request is counted against: its key, and the group of the key.
type account struct {
	limits Limits
	meter  *meter
}

// accounts needs the lock.
func (s *Server) accounts(sent string, key Key) []account {
	all := []account{{key.Limits, s.meter("key/" + sent)}}
	if key.Group != "" {
		all = append(all, account{s.Groups[key.Group], s.meter("group/" + key.Group)})
	}
	return all
}

func (s *Server) meter(name string) *meter {
	if s.meters == nil {
		s.meters = map[string]*meter{}
	}
	if s.meters[name] == nil {
		s.meters[name] = &meter{}
	}
	return s.meters[name]
}

// rejected is the one answer for all three limits: the service does not say which was hit (recorded 2020-09-30).
func (s *Server) rejected(now time.Time, after time.Duration) spoil.Answer {
	answer := s.fail(http.StatusTooManyRequests, "QuotaExceededError", "Quota exceeded")
	seconds := int64((after + time.Second - 1) / time.Second)
	switch s.RetryAfter {
	case RetryAfterSeconds:
		answer.Header.Set("Retry-After", strconv.FormatInt(seconds, 10))
	case RetryAfterDate:
		// Rounded up to the header's whole seconds, so that a client which obeys is let through.
		date := now.Add(after + time.Second - 1).Truncate(time.Second)
		answer.Header.Set("Retry-After", date.Format(http.TimeFormat))
	case NoRetryAfter:
	}
	return answer
}

// rateHeaders adds the minute's state, if they are switched on.
func (s *Server) rateHeaders(answer spoil.Answer, x *exchange, key Key) spoil.Answer {
	if !s.RateHeaders || key.Limits.Minute == 0 {
		return answer
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	left, reset := s.meter("key/"+x.call.Key).left(key.Limits, s.Window, now)
	answer.Header.Set("X-RateLimit-Limit", strconv.Itoa(key.Limits.Minute))
	answer.Header.Set("X-RateLimit-Remaining", strconv.Itoa(left))
	answer.Header.Set("X-RateLimit-Reset", strconv.FormatInt(reset.Unix(), 10))
	return answer
}
