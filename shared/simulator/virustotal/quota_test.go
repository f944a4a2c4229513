package virustotal_test

import (
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"vtq.internal/shared/simulator/virustotal"
)

const lookup = "/api/v3/files/" + md5Hex

// knock makes n look-ups and tells how many were let through.
func knock(t *testing.T, s *virustotal.Server, n int) int {
	t.Helper()
	passed := 0
	for range n {
		if get(t, s, lookup).Code != http.StatusTooManyRequests {
			passed++
		}
	}
	return passed
}

func limited(l virustotal.Limits) *virustotal.Server {
	return &virustotal.Server{Keys: map[string]virustotal.Key{virustotal.DefaultKey: {Limits: l}}}
}

func TestMinute(t *testing.T) {
	type step struct {
		sleep        time.Duration
		knocks, want int
	}
	for name, c := range map[string]struct {
		window        virustotal.Window
		countRejected bool
		steps         []step
	}{
		"sliding, full at once":           {virustotal.Sliding, false, []step{{0, 6, 4}}},
		"sliding, just inside":            {virustotal.Sliding, false, []step{{0, 4, 4}, {time.Minute - 1, 1, 0}}},
		"sliding, at 60 seconds":          {virustotal.Sliding, false, []step{{0, 4, 4}, {time.Minute, 5, 4}}},
		"sliding, around a full minute":   {virustotal.Sliding, false, []step{{59 * time.Second, 4, 4}, {time.Second, 4, 0}}},
		"sliding, one by one":             {virustotal.Sliding, false, []step{{0, 1, 1}, {20 * time.Second, 3, 3}, {40 * time.Second, 2, 1}}},
		"sliding, knocking costs nothing": {virustotal.Sliding, false, []step{{0, 9, 4}, {time.Minute, 4, 4}}},
		"sliding, knocking counts":        {virustotal.Sliding, true, []step{{0, 4, 4}, {30 * time.Second, 4, 0}, {30 * time.Second, 1, 0}}},
		"fixed, around a full minute":     {virustotal.Fixed, false, []step{{59 * time.Second, 5, 4}, {time.Second, 5, 4}}},
		"fixed, within a minute":          {virustotal.Fixed, false, []step{{0, 4, 4}, {59 * time.Second, 1, 0}}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &virustotal.Server{Window: c.window, CountRejected: c.countRejected}
				for i, step := range c.steps {
					time.Sleep(step.sleep)
					if got := knock(t, s, step.knocks); got != step.want {
						t.Errorf("step %d: %d of %d passed, want %d", i, got, step.knocks, step.want)
					}
				}
			})
		})
	}
}

func TestDayAndMonth(t *testing.T) {
	var now time.Time
	s := limited(virustotal.Limits{Day: 3, Month: 5})
	s.Now = func() time.Time { return now }
	for _, c := range []struct {
		at   string
		want int
	}{
		{"2026-01-30T00:00:00Z", 3},
		{"2026-01-30T23:59:59.999999999Z", 0},
		{"2026-01-31T00:00:00Z", 2}, // A new day, until the month is spent.
		{"2026-01-31T23:59:59.999999999Z", 0},
		{"2026-02-01T01:00:00+01:00", 3}, // Resets are in UTC.
		{"2026-02-28T12:00:00Z", 2},
		{"2027-02-28T12:00:00Z", 3}, // The same day of another year.
	} {
		var err error
		if now, err = time.Parse(time.RFC3339, c.at); err != nil {
			t.Fatal(err)
		}
		if got := knock(t, s, 4); got != c.want {
			t.Errorf("at %s: %d of 4 passed, want %d", c.at, got, c.want)
		}
	}
}

func TestRefunds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := limited(virustotal.Limits{Minute: 2, Day: 3})
		s.FreeNotFound = true
		if got := knock(t, s, 50); got != 50 || s.Lookups() != 0 {
			t.Errorf("%d of 50 unknown objects passed and %d counted, want 50 and 0", got, s.Lookups())
		}
		add(t, s, fileReport(""))
		if got := knock(t, s, 3); got != 2 || s.Lookups() != 2 {
			t.Errorf("%d of 3 known objects passed and %d counted, want 2 and 2", got, s.Lookups())
		}
	})
}

func TestInvalidCounts(t *testing.T) {
	s := limited(virustotal.Limits{Day: 1})
	if first := get(t, s, "/api/v3/domains/localhost"); first.Code != http.StatusBadRequest {
		t.Errorf("an invalid domain = %d, want 400", first.Code)
	}
	if second := get(t, s, lookup); second.Code != http.StatusTooManyRequests {
		t.Errorf("after it = %d, want 429: it counted", second.Code)
	}
}

func TestGroupIsShared(t *testing.T) {
	s := &virustotal.Server{
		Keys: map[string]virustotal.Key{
			"ann": {Group: "team"}, "bob": {Group: "team", Limits: virustotal.Limits{Day: 2}}, "eve": {},
		},
		Groups: map[string]virustotal.Limits{"team": {Day: 3}},
	}
	for i, c := range []struct {
		key    string
		status int
	}{
		{"bob", 404}, {"bob", 404}, {"bob", 429}, // Bob's own two.
		{"ann", 404}, {"ann", 429}, {"bob", 429}, // The team's three.
		{"eve", 404}, // Nobody's business.
	} {
		if w := get(t, s, lookup, "X-Apikey", c.key); w.Code != c.status {
			t.Errorf("request %d by %s = %d, want %d", i, c.key, w.Code, c.status)
		}
	}
}

func TestRetryAfterIsTheTruth(t *testing.T) {
	for name, c := range map[string]struct {
		form   virustotal.RetryAfter
		limits virustotal.Limits
		window virustotal.Window
		count  bool
	}{
		"seconds, sliding":  {virustotal.RetryAfterSeconds, virustotal.Limits{Minute: 2}, virustotal.Sliding, false},
		"seconds, counting": {virustotal.RetryAfterSeconds, virustotal.Limits{Minute: 2}, virustotal.Sliding, true},
		"seconds, fixed":    {virustotal.RetryAfterSeconds, virustotal.Limits{Minute: 2}, virustotal.Fixed, false},
		"date, sliding":     {virustotal.RetryAfterDate, virustotal.Limits{Minute: 2}, virustotal.Sliding, false},
		"seconds, day":      {virustotal.RetryAfterSeconds, virustotal.Limits{Minute: 9, Day: 2}, virustotal.Sliding, false},
		"date, month":       {virustotal.RetryAfterDate, virustotal.Limits{Month: 2}, virustotal.Sliding, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := limited(c.limits)
				s.RetryAfter, s.Window, s.CountRejected = c.form, c.window, c.count
				time.Sleep(10*time.Second + 300*time.Millisecond)
				knock(t, s, 2)
				time.Sleep(7*time.Second + 300*time.Millisecond)
				header := get(t, s, lookup).Header().Get("Retry-After")
				wait := parseRetryAfter(t, header)
				time.Sleep(wait - 1100*time.Millisecond)
				if !c.count && knock(t, s, 1) != 0 {
					t.Errorf("let through more than a second before Retry-After: %s", header)
				}
				time.Sleep(1100 * time.Millisecond)
				if knock(t, s, 1) != 1 {
					t.Errorf("not let through after Retry-After: %s", header)
				}
			})
		})
	}
}

func parseRetryAfter(t *testing.T, header string) time.Duration {
	t.Helper()
	if seconds, err := strconv.Atoi(header); err == nil {
		return time.Duration(seconds) * time.Second
	}
	at, err := http.ParseTime(header)
	if err != nil {
		t.Fatalf("Retry-After: %q, want seconds or a date", header)
	}
	return time.Until(at)
}

func TestRateHeaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, window := range []virustotal.Window{virustotal.Sliding, virustotal.Fixed} {
			s := &virustotal.Server{RateHeaders: true, Window: window}
			for _, want := range []string{"3", "2", "1", "0", "0"} {
				header := get(t, s, lookup).Header()
				if got := header.Get("X-RateLimit-Remaining"); got != want {
					t.Errorf("X-RateLimit-Remaining: %s, want %s", got, want)
				}
				reset := strconv.FormatInt(time.Now().Add(time.Minute).Unix(), 10)
				if header.Get("X-RateLimit-Limit") != "4" || header.Get("X-RateLimit-Reset") != reset {
					t.Errorf("headers %v, want a limit of 4 until %s", header, reset)
				}
			}
		}
	})
}

// TestNoWindowHoldsMoreThanItsLimit asks at random times and looks at what was let through.
func TestNoWindowHoldsMoreThanItsLimit(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		now := time.Date(2026, 2, 27, 23, 59, 0, 0, time.UTC)
		limits := virustotal.Limits{
			Minute: rapid.IntRange(0, 5).Draw(r, "minute"), Day: rapid.IntRange(0, 40).Draw(r, "day"),
			Month: rapid.IntRange(0, 60).Draw(r, "month"),
		}
		s := limited(limits)
		s.Now = func() time.Time { return now }
		s.CountRejected = rapid.Bool().Draw(r, "count rejected")
		for _, pause := range rapid.SliceOfN(rapid.IntRange(0, 40_000), 1, 80).Draw(r, "pauses in ms") {
			now = now.Add(time.Duration(pause) * time.Millisecond)
			get(t, s, lookup)
		}
		days, months := map[string]int{}, map[time.Month]int{}
		var passed []time.Time
		for _, call := range s.Calls() {
			if call.Status != http.StatusTooManyRequests {
				passed = append(passed, call.At)
				days[call.At.Format(time.DateOnly)]++
				months[call.At.Month()]++
			}
		}
		for i, at := range passed {
			if n := limits.Minute; n > 0 && i >= n && at.Sub(passed[i-n]) < time.Minute {
				r.Fatalf("requests %d to %d passed within %v, want at most %d in a minute", i-n, i, at.Sub(passed[i-n]), n)
			}
		}
		for day, n := range days {
			if limits.Day > 0 && n > limits.Day {
				r.Fatalf("%d passed on %s, want at most %d", n, day, limits.Day)
			}
		}
		for month, n := range months {
			if limits.Month > 0 && n > limits.Month {
				r.Fatalf("%d passed in %s, want at most %d", n, month, limits.Month)
			}
		}
	})
}
