package reversinglabs_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vtq.internal/shared/simulator/reversinglabs"
	"vtq.internal/shared/simulator/spoil"
)

// limited knows the one file, and gives both default accounts one budget.
func limited(t *testing.T, l reversinglabs.Limits) *reversinglabs.Server {
	t.Helper()
	s := stocked(t)
	account := reversinglabs.Account{Limits: l, Contract: "company"}
	s.Keys = map[string]reversinglabs.Account{reversinglabs.DefaultKey: account}
	s.Users = map[string]reversinglabs.User{reversinglabs.DefaultUser: {Account: account, Password: reversinglabs.DefaultPassword}}
	return s
}

func TestWhatCosts(t *testing.T) {
	good, unknown := xrefOne+"md5/"+md5Hex, xrefOne+"md5/"+strings.Repeat("a", 32)
	malformed := append(numbered(97), "x", md5Hex, sha256Hex)
	for name, c := range map[string]struct {
		target, body string
		fault        *reversinglabs.Fault
		want         int
	}{
		"a file":                     {target: suiteFile + md5Hex, want: 1},
		"a URL":                      {target: suiteURL + sha1Of(pageURL), want: 1},
		"an unknown file":            {target: suiteFile + strings.Repeat("a", 32)},
		"no hash":                    {target: suiteFile + "None"},
		"a domain in the suite":      {target: "/api/v3/domains/" + hostName},
		"an address in the suite":    {target: "/api/v3/ip_addresses/" + address},
		"the suite's quota":          {target: "/api/v3/users/user/overall_quotas"},
		"one record":                 {target: good, want: 1},
		"an unknown record":          {target: unknown},
		"a malformed hash":           {target: xrefOne + "md5/x"},
		"an unknown path":            {target: "/api/xref/v2/"},
		"usage":                      {target: usagePage},
		"a hundred unknown":          {target: xrefMany, body: bulk("sha1", numbered(100)...), want: 100},
		"a hundred, three malformed": {target: xrefMany, body: bulk("sha1", malformed...), want: 97},
		"one too many":               {target: xrefMany, body: bulk("sha1", numbered(101)...)},
		"the same twice":             {target: presenceMany, body: bulk("md5", md5Hex, md5Hex), want: 2},
		"an unreadable body":         {target: xrefMany, body: "{"},
		"a fault that is a 500":      {target: good, fault: reversinglabs.InternalError()},
		"a fault that is a 503":      {target: good, fault: reversinglabs.Unavailable()},
		"a fault that is a 200":      {target: good, fault: spoil.Truncated(), want: 1},
		"an empty 200":               {target: good, fault: spoil.Empty(), want: 1},
		"a fault before the gates":   {target: good, fault: &reversinglabs.Fault{Uncounted: true}},
	} {
		t.Run(name, func(t *testing.T) {
			s := stocked(t)
			s.Fail = func(*http.Request) *reversinglabs.Fault { return c.fault }
			if c.body == "" {
				get(t, s, c.target)
			} else {
				post(t, s, c.target, c.body)
			}
			if got := s.Billed(); got != c.want {
				t.Errorf("billed %d, want %d", got, c.want)
			}
		})
	}
}

func TestDayAndMonth(t *testing.T) {
	var now time.Time
	s := limited(t, reversinglabs.Limits{Day: 3, Month: 5})
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
		passed := 0
		for i := range 4 {
			target := []string{suiteFile + md5Hex, xrefOne + "md5/" + md5Hex}[i%2] // One contract for both.
			if get(t, s, target).Code == http.StatusOK {
				passed++
			}
		}
		if passed != c.want {
			t.Errorf("at %s: %d of 4 passed, want %d", c.at, passed, c.want)
		}
	}
}

func TestTheEdgeOfTheBudget(t *testing.T) {
	s := limited(t, reversinglabs.Limits{Day: 150})
	for i, c := range []struct{ n, want, billed, refused int }{
		{100, 200, 100, 0}, {51, 429, 100, 1}, {50, 200, 150, 1}, {1, 429, 150, 2},
	} {
		w := post(t, s, xrefMany, bulk("sha1", numbered(c.n)...))
		if w.Code != c.want || s.Billed() != c.billed || s.Refused() != c.refused {
			t.Errorf("step %d: %d items = %d, %d billed, %d refused; want %+v", i, c.n, w.Code, s.Billed(), s.Refused(), c)
		}
	}
	if w := get(t, s, suiteFile+strings.Repeat("a", 32)); w.Code != http.StatusTooManyRequests {
		t.Errorf("an unknown file without budget = %d, want 429", w.Code)
	}
	if w := post(t, s, xrefMany, "{"); w.Code != http.StatusBadRequest {
		t.Errorf("an unreadable body without budget = %d, want 400", w.Code)
	}
}

func TestWhatRefusalsSay(t *testing.T) {
	const text = "Rate limit exceeded"
	for name, c := range map[string]struct {
		rateText    reversinglabs.RateText
		forbidden   bool
		rate, quota bool // Which has the text.
		status      int  // Of a spent budget.
	}{
		"as the connector says": {reversinglabs.RateTextOnRate, false, true, false, 429},
		"always":                {reversinglabs.RateTextAlways, false, true, true, 429},
		"never":                 {reversinglabs.RateTextNever, false, false, false, 429},
		"forbidden":             {reversinglabs.RateTextAlways, true, true, false, 403},
	} {
		t.Run(name, func(t *testing.T) {
			for _, target := range []string{suiteFile + md5Hex, xrefOne + "md5/" + md5Hex} {
				spent := limited(t, reversinglabs.Limits{Month: 1})
				spent.RateText, spent.QuotaForbidden = c.rateText, c.forbidden
				get(t, spent, target)
				w := get(t, spent, target)
				if w.Code != c.status || strings.Contains(w.Body.String(), text) != c.quota || spent.Refused() != 1 {
					t.Errorf("%s over budget = %d %s, %d refused; want %d, the text: %t", target, w.Code, w.Body, spent.Refused(), c.status, c.quota)
				}
				hasty := stocked(t)
				hasty.RateText, hasty.QuotaForbidden = c.rateText, c.forbidden
				hasty.Now = func() time.Time { return time.Unix(0, 0) }
				hasty.Rates = map[reversinglabs.Product]int{reversinglabs.Suite: 1, reversinglabs.Xref.Product(): 1}
				get(t, hasty, target)
				w = get(t, hasty, target)
				if w.Code != http.StatusTooManyRequests || strings.Contains(w.Body.String(), text) != c.rate || hasty.Refused() != 0 {
					t.Errorf("%s too fast = %d %s, want 429, the text: %t", target, w.Code, w.Body, c.rate)
				}
			}
		})
	}
}

func TestDocumentedRates(t *testing.T) {
	for target, rate := range map[string]int{xrefMany: 400, presenceMany: 500} {
		now := time.Unix(1_788_220_800, 0)
		s := &reversinglabs.Server{Rates: reversinglabs.DocumentedRates(), Now: func() time.Time { return now }}
		passed := func() (n int) {
			for range rate + 1 {
				if post(t, s, target, bulk("md5", md5Hex)).Code == http.StatusOK {
					n++
				}
			}
			return n
		}
		for _, c := range []struct {
			after time.Duration
			want  int
		}{{0, rate}, {time.Second - 1, 0}, {1, rate}} {
			now = now.Add(c.after)
			if got := passed(); got != c.want {
				t.Errorf("%s at %s: %d of %d passed, want %d", target, now, got, rate+1, c.want)
			}
		}
		if got := s.Requests().Outcome(reversinglabs.OverRate); got != rate+3 {
			t.Errorf("%s: %d counted as too fast, want %d", target, got, rate+3)
		}
	}
}

func TestContracts(t *testing.T) {
	one := reversinglabs.Account{Limits: reversinglabs.Limits{Day: 1}}
	shared := reversinglabs.Account{Limits: reversinglabs.Limits{Day: 1}, Contract: "company"}
	s := stocked(t)
	s.Keys = map[string]reversinglabs.Account{"ann": one, "bob": one, "eve": shared, "joe": shared}
	for _, c := range []struct {
		key  string
		want int
	}{{"ann", 200}, {"bob", 200}, {"ann", 429}, {"eve", 200}, {"joe", 429}} {
		if w := get(t, s, suiteFile+md5Hex, "X-Apikey", c.key); w.Code != c.want {
			t.Errorf("%s = %d, want %d", c.key, w.Code, c.want)
		}
	}
}

// TestTheBudgetIsNeverOverspent sends random queries at random times and adds up for itself.
func TestTheBudgetIsNeverOverspent(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		limits := reversinglabs.Limits{Day: rapid.IntRange(1, 60).Draw(rt, "day"), Month: rapid.IntRange(1, 90).Draw(rt, "month")}
		s := limited(t, limits)
		now := time.Date(2026, time.January, 30, 22, 0, 0, 0, time.UTC)
		s.Now = func() time.Time { return now }
		days, months, total := map[string]int{}, map[string]int{}, 0
		for range rapid.IntRange(1, 30).Draw(rt, "queries") {
			now = now.Add(time.Duration(rapid.IntRange(0, 300).Draw(rt, "minutes")) * time.Minute)
			n := rapid.IntRange(1, 40).Draw(rt, "items")
			day, month := now.Format("2006-01-02"), now.Format("2006-01")
			fits := days[day]+n <= limits.Day && months[month]+n <= limits.Month
			w := post(t, s, xrefMany, bulk("sha1", numbered(n)...))
			if (w.Code == http.StatusOK) != fits {
				rt.Fatalf("%d items at %s = %d with %d and %d used of %+v", n, now, w.Code, days[day], months[month], limits)
			}
			if fits {
				days[day], months[month], total = days[day]+n, months[month]+n, total+n
			}
		}
		if s.Billed() != total {
			rt.Fatalf("billed %d, want %d", s.Billed(), total)
		}
	})
}
