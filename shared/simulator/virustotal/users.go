package virustotal

import (
	"net/http"
	"net/url"
	"time"

	"vtq.internal/shared/simulator/spoil"
)

// The pages behind a user. All are free of charge: the vendor says so of the two quota pages, of the user's own page it is
// probable.
const (
	overallQuotas = "overall_quotas"
	apiUsage      = "api_usage"
)

// unlimited is what the service shows as allowed where there is no limit, per minute, day and month alike (vendor
// documentation).
const unlimited = 1_000_000_000

// maxUsageSpan is the longest stretch that the usage page covers, in days (vendor documentation).
const maxUsageSpan = 30

// user answers for the caller's own account, by its name or by the key itself.
func (s *Server) user(x *exchange, key Key) spoil.Answer {
	if x.route.id != key.User && x.route.id != x.call.Key {
		return s.fail(http.StatusForbidden, "ForbiddenError", "You are not authorized to perform the requested operation")
	}
	switch x.route.page {
	case overallQuotas:
		return s.page(map[string]any{"data": s.quotas(x, key)})
	case apiUsage:
		return s.usage(x, key)
	}
	return s.page(s.profile(x, key))
}

// A share is one number of a quota page.
type share struct {
	Allowed   int64  `json:"allowed"`
	Inherited string `json:"inherited_from,omitempty"`
	Used      int    `json:"used"`
}

// quotas is the page of the quotas, by quota and then by owner: the user, and the group where there is one.
func (s *Server) quotas(x *exchange, key Key) map[string]map[string]share {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, page := s.now(), map[string]map[string]share{}
	for i, a := range s.accounts(x.call.Key, key) {
		owner, inherited := "user", ""
		if i > 0 {
			owner, inherited = "group", key.Group
		}
		for name, part := range a.shares(now) {
			part.Inherited = inherited
			if page[name] == nil {
				page[name] = map[string]share{}
			}
			page[name][owner] = part
		}
	}
	return page
}

// shares are hourly, daily and monthly: the service has no page for the minute, and its hourly number is sixty times the
// minute's (240 beside 4 a minute, recorded 2020), even where that is more than a day's.
func (a account) shares(now time.Time) map[string]share {
	a.meter.roll(now)
	return map[string]share{
		"api_requests_hourly":  {Allowed: 60 * allowed(a.limits.Minute), Used: a.meter.hour.used},
		"api_requests_daily":   {Allowed: allowed(a.limits.Day), Used: a.meter.day.used},
		"api_requests_monthly": {Allowed: allowed(a.limits.Month), Used: a.meter.month.used},
	}
}

func allowed(limit int) int64 {
	if limit == 0 {
		return unlimited
	}
	return int64(limit)
}

// profile is the user object. It has the key in it, as the service's has.
func (s *Server) profile(x *exchange, key Key) any {
	quotas := map[string]share{}
	for name, owners := range s.quotas(x, key) {
		quotas[name] = owners["user"]
	}
	granted := func(yes bool) any { return map[string]bool{"granted": yes} }
	return map[string]any{"data": map[string]any{
		"id": key.User, "type": "user",
		"links": map[string]string{"self": "https://www.virustotal.com" + root + "users/" + url.PathEscape(key.User)},
		"attributes": map[string]any{
			"apikey": x.call.Key, "status": "active", "first_name": "Simulated", "last_name": "User",
			"quotas": quotas,
			"privileges": map[string]any{
				"private": granted(key.Private), "intelligence": granted(key.Private || key.GTI),
			},
		},
	}}
}

// usage is the page of what was used by day and endpoint. The messages of its refusals are guesses.
func (s *Server) usage(x *exchange, key Key) spoil.Answer {
	now := s.now()
	from, until, ok := usageSpan(x.request.URL.Query(), now)
	if !ok {
		return s.fail(http.StatusBadRequest, "InvalidArgumentError", "Invalid date range")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	daily, total := map[string]map[Endpoint]int{}, map[Endpoint]int{}
	for day, used := range s.accounts(x.call.Key, key)[0].meter.usage {
		for endpoint, n := range used {
			if day < from || day > until || n == 0 {
				continue
			}
			if daily[day] == nil {
				daily[day] = map[Endpoint]int{}
			}
			daily[day][endpoint] = n
			total[endpoint] += n
		}
	}
	return s.page(map[string]any{"data": map[string]any{"daily": daily, "total": total}})
}

// usageSpan reads start_date and end_date (YYYYMMDD), by default the last 30 days, as days in time.DateOnly.
func usageSpan(query url.Values, now time.Time) (from, until string, ok bool) {
	end, err := dateOf(query.Get("end_date"), now)
	start, err2 := dateOf(query.Get("start_date"), end.AddDate(0, 0, -maxUsageSpan))
	oldest := now.AddDate(0, 0, -usageDays-1)
	if err != nil || err2 != nil || start.After(end) || start.Before(oldest) || end.After(start.AddDate(0, 0, maxUsageSpan)) {
		return "", "", false
	}
	return start.Format(time.DateOnly), end.Format(time.DateOnly), true
}

func dateOf(text string, otherwise time.Time) (time.Time, error) {
	if text == "" {
		return otherwise, nil
	}
	return time.Parse("20060102", text)
}
