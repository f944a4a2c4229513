package reversinglabs

import (
	"maps"
	"net/http"
	"time"
)

// Limits are the items an account may have answered: a single look-up is one, a bulk query as many as its valid items. 0 is
// unlimited.
type Limits struct {
	Day   int // From 00:00 UTC.
	Month int // From the first of the month, 00:00 UTC.
}

// RateText is which refusals have the text by which a client tells "too fast" from "used up" (the vendor's own connector).
type RateText int

// The choices.
const (
	RateTextOnRate RateText = iota // Only what is too fast.
	RateTextAlways                 // What is used up as well.
	RateTextNever                  // Nothing.
)

// The texts. That of a spent budget is made up.
const (
	rateText  = "Rate limit exceeded"
	quotaText = "Quota limit reached"
)

// DocumentedRates are those that the vendor's documentation names, in requests a second, for Server.Rates.
func DocumentedRates() map[Product]int {
	return map[Product]int{Xref.Product(): 400, Presence.Product(): 500}
}

// A meter counts what one contract used. It is arithmetic on times that it is given; the Server's lock guards it.
type meter struct {
	second     time.Time // Which inSecond is about. How the rate is measured is not published: each second for itself.
	inSecond   map[Product]int
	day, month period
	usage      map[Product]int // In the month.
}

// A period is a stretch of the clock and what was used in it.
type period struct {
	from time.Time
	used int
}

// move begins anew with another period, and tells whether it did.
func (p *period) move(from time.Time) bool {
	if p.from.Equal(from) {
		return false
	}
	*p = period{from: from}
	return true
}

// full tells whether n more do not fit. Nothing fits, not even what is free, once all is used: a service that says "used up" does
// not look things up first.
func (p *period) full(limit, n int) bool {
	return limit > 0 && (p.used >= limit || p.used+n > limit)
}

// roll moves every period to the one that holds now.
func (m *meter) roll(now time.Time) {
	if second := now.Truncate(time.Second); !m.second.Equal(second) {
		m.second, m.inSecond = second, map[Product]int{}
	}
	m.day.move(time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC))
	if m.month.move(time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)) || m.usage == nil {
		m.usage = map[Product]int{}
	}
}

// meter needs the lock.
func (s *Server) meter(contract string, now time.Time) *meter {
	if s.meters == nil {
		s.meters = map[string]*meter{}
	}
	if s.meters[contract] == nil {
		s.meters[contract] = &meter{}
	}
	s.meters[contract].roll(now)
	return s.meters[contract]
}

// admit counts a request against the rate of its product.
func (s *Server) admit(x *exchange) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, product := s.meter(x.account.Contract, s.now()), x.route.endpoint.Product()
	limit := s.Rates[product]
	if limit > 0 && m.inSecond[product] >= limit {
		return false
	}
	m.inSecond[product]++
	return true
}

// overRate is a 429 that is over in a second.
func (s *Server) overRate(x *exchange) response {
	x.call.Outcome = OverRate
	text := rateText
	if s.RateText == RateTextNever {
		text = quotaText
	}
	return s.fail(x, http.StatusTooManyRequests, "TooManyRequestsError", text)
}

// bill charges an answer to the account, or puts a refusal in its place. A request that could not be read is neither.
func (s *Server) bill(x *exchange, answer response) response {
	if x.route.endpoint == Usage || (answer.Status != http.StatusOK && answer.Status != http.StatusNotFound) {
		return answer
	}
	items := answer.billable // A 404 has none, and neither has a list of nothing but invalid items.
	if answer.Status != http.StatusOK || frees(x.fault) {
		items = nil
	}
	if s.charge(x, items) {
		return answer
	}
	x.call.Outcome = OverQuota
	text := quotaText
	if s.RateText == RateTextAlways {
		text = rateText
	}
	if s.QuotaForbidden {
		return s.fail(x, http.StatusForbidden, "ForbiddenError", quotaText)
	}
	return s.fail(x, http.StatusTooManyRequests, "QuotaExceededError", text)
}

// charge bills all items, or none where they do not fit: whether the service would answer the part that fits is not known.
func (s *Server) charge(x *exchange, items []string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now() // Read under the lock, so that calls are billed in the order of their times.
	x.call.At = now
	m, limits, n := s.meter(x.account.Contract, now), x.account.Limits, len(items)
	if m.day.full(limits.Day, n) || m.month.full(limits.Month, n) {
		return false
	}
	m.day.used += n
	m.month.used += n
	m.usage[x.route.endpoint.Product()] += n
	x.call.Billed = n
	s.ledger.bill(items)
	return true
}

// usageOf counts one query of the usage itself, which the recorded report lists too, and returns the month so far.
func (s *Server) usageOf(x *exchange) (month time.Time, used map[Product]int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.meter(x.account.Contract, s.now())
	m.usage[x.route.endpoint.Product()]++
	return m.month.from, maps.Clone(m.usage)
}
