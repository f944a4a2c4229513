package quota_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"vtq.internal/services/lookup/internal/quota"
)

func TestSlots(t *testing.T) {
	cases := map[string]struct {
		window             quota.Window
		slots, first, last int
		ttl, age           time.Duration
	}{
		"public key":            {quota.Window{Requests: 4, Per: time.Minute}, 4, 1, 1, 61 * time.Second, time.Second},
		"one a minute":          {quota.Window{Requests: 1, Per: time.Minute}, 1, 1, 1, 61 * time.Second, time.Second},
		"every slot a request":  {quota.Window{Requests: 256, Per: time.Minute}, 256, 1, 1, 61 * time.Second, time.Second},
		"shares begin":          {quota.Window{Requests: 257, Per: time.Minute}, 256, 2, 1, 61 * time.Second, time.Second},
		"a thousand a minute":   {quota.Window{Requests: 1000, Per: time.Minute}, 256, 4, 3, 61 * time.Second, time.Second},
		"a long window":         {quota.Window{Requests: 1000, Per: 10 * time.Minute}, 256, 4, 3, 602 * time.Second, 2 * time.Second},
		"an age of one second":  {quota.Window{Requests: 1000, Per: 66 * time.Second}, 256, 4, 3, 67 * time.Second, time.Second},
		"an age of two":         {quota.Window{Requests: 1000, Per: 67 * time.Second}, 256, 4, 3, 69 * time.Second, 2 * time.Second},
		"never of three":        {quota.Window{Requests: 1000, Per: 100 * time.Second}, 256, 4, 3, 102 * time.Second, 2 * time.Second},
		"the longest window":    {quota.Window{Requests: 100_000, Per: time.Hour}, 256, 391, 390, 3602 * time.Second, 2 * time.Second},
		"the most that is sold": {quota.Window{Requests: 30_000, Per: time.Minute}, 256, 118, 117, 61 * time.Second, time.Second},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := c.window.Slots()
			if len(got.Shares) != c.slots || got.Shares[0] != c.first || got.Shares[c.slots-1] != c.last {
				t.Errorf("shares are %d from %d to %d, want %d from %d to %d",
					len(got.Shares), got.Shares[0], got.Shares[len(got.Shares)-1], c.slots, c.first, c.last)
			}
			if got.TTL != c.ttl || got.Age != c.age {
				t.Errorf("TTL %v, age %v; want %v, %v", got.TTL, got.Age, c.ttl, c.age)
			}
		})
	}
}

// TestWithoutALimit has no slots, and permits that live for as long as others.
func TestWithoutALimit(t *testing.T) {
	for _, requests := range []int{0, -1} {
		if got := (quota.Window{Requests: requests, Per: time.Minute}).Slots(); len(got.Shares) != 0 || got.Age != time.Second {
			t.Errorf("Slots of %d = %d, of age %v; want none, of a second", requests, len(got.Shares), got.Age)
		}
	}
}

// TestPermitsEndBeforeTheirDay: what is taken just before the guard is void by midnight, whatever a clock that is two seconds behind says.
func TestPermitsEndBeforeTheirDay(t *testing.T) {
	for per := time.Second; per <= time.Hour; per += time.Second {
		if got := (quota.Window{Requests: 257, Per: per}).Slots().Age; got > quota.Guard/2 {
			t.Errorf("permits of a window of %v live for %v, want half the guard at most", per, got)
		}
	}
}

// TestNoWindowHoldsMore drives the arithmetic with takers who ask whenever they like, and spend each permit as late as they may.
func TestNoWindowHoldsMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := quota.Window{
			Requests: rapid.IntRange(1, 700).Draw(t, "requests"),
			Per:      time.Duration(rapid.IntRange(1, 120).Draw(t, "seconds")) * time.Second,
		}
		slots := w.Slots()
		free := make([]time.Duration, len(slots.Shares)) // When each slot's last take has died.
		var calls []time.Duration
		now := time.Duration(0)
		for range rapid.IntRange(1, 600).Draw(t, "takes") {
			now += time.Duration(rapid.Int64Range(0, int64(w.Per)/int64(max(1, len(free)/2))).Draw(t, "pause"))
			slot := rapid.IntRange(0, len(free)-1).Draw(t, "slot")
			if now < free[slot] {
				continue
			}
			stored := now + time.Duration(rapid.Int64Range(0, int64(slots.Age)).Draw(t, "way to the server"))
			free[slot] = stored + slots.TTL
			for range slots.Shares[slot] {
				late := rapid.Int64Range(int64(stored-now), int64(slots.Age)).Draw(t, "age of the permit")
				calls = append(calls, now+time.Duration(late))
			}
		}
		if got := most(calls, w.Per); got > w.Requests {
			t.Fatalf("a window of %v holds %d requests, want at most %d", w.Per, got, w.Requests)
		}
	})
}

// most is the largest number of calls in any window.
func most(calls []time.Duration, per time.Duration) int {
	best := 0
	for _, from := range calls {
		n := 0
		for _, at := range calls {
			if at >= from && at < from+per {
				n++
			}
		}
		best = max(best, n)
	}
	return best
}

func TestShares(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := quota.Window{Requests: rapid.IntRange(1, 30_000).Draw(t, "requests"), Per: time.Minute}
		slots, sum := w.Slots(), 0
		for _, share := range slots.Shares {
			sum += share
		}
		if sum != w.Requests {
			t.Fatalf("the shares of %d requests add up to %d", w.Requests, sum)
		}
		if slots.TTL%time.Second != 0 || slots.TTL < w.Per+slots.Age {
			t.Fatalf("TTL %v does not cover %v and %v in whole seconds", slots.TTL, w.Per, slots.Age)
		}
	})
}

func TestBacklog(t *testing.T) {
	for requests, want := range map[int]int{1: 1, 3: 3, 4: 3, 256: 255, 1000: 255} {
		if got := (quota.Window{Requests: requests, Per: time.Minute}).Slots().Backlog(); got != want {
			t.Errorf("Backlog of %d a minute = %d slots, want %d", requests, got, want)
		}
	}
}

func TestShareOfADay(t *testing.T) {
	cases := map[string]struct {
		day               int
		share             float64
		reserved, ceiling int
	}{
		"none":                      {500, 0, 0, 0},
		"a fifth":                   {500, 0.2, 100, 100},
		"rounded":                   {10, 0.25, 3, 2},
		"no error of fractions":     {100, 0.29, 29, 29},
		"no error of another":       {10, 0.7, 7, 7},
		"the least":                 {500, 1e-4, 1, 0},
		"all of it: one stays":      {500, 1, 499, 500},
		"of a day of one":           {1, 0.5, 0, 0},
		"of no limit":               {0, 0.5, 0, 0},
		"more than all":             {10, 7, 9, 10},
		"less than nothing":         {10, -1, 0, 0},
		"of the most that are sold": {43_200_000, 0.1, 4_320_000, 4_320_000},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := quota.Reserved(c.day, c.share); got != c.reserved {
				t.Errorf("Reserved(%d, %v) = %d, want %d", c.day, c.share, got, c.reserved)
			}
			if got := quota.Ceiling(c.day, c.share); got != c.ceiling {
				t.Errorf("Ceiling(%d, %v) = %d, want %d", c.day, c.share, got, c.ceiling)
			}
		})
	}
}

func TestRelease(t *testing.T) {
	release := time.Date(2026, time.December, 31, 23, 0, 0, 0, time.UTC)
	for offset, want := range map[time.Duration]bool{-time.Nanosecond: false, 0: true, time.Hour - 1: true, time.Hour: false} {
		if got := quota.Released(release.Add(offset)); got != want {
			t.Errorf("Released(%v) = %v, want %v", release.Add(offset), got, want)
		}
	}
	if got := quota.ReleaseOf(release.Add(30 * time.Minute)); !got.Equal(release) {
		t.Errorf("ReleaseOf half past = %v, want %v", got, release)
	}
}

func TestStale(t *testing.T) {
	cases := map[string]struct {
		stopwatch, wall time.Duration
		want            bool
	}{
		"new":                              {0, 0, false},
		"as old as it may be":              {10 * time.Minute, 10 * time.Minute, false},
		"too old":                          {10*time.Minute + 1, 10 * time.Minute, true},
		"a wall clock that is slewed":      {time.Minute, time.Minute + time.Second, false},
		"a machine that was suspended":     {time.Minute, time.Hour, true},
		"a wall clock that stepped":        {time.Minute, 6 * time.Minute, true},
		"a wall clock that stepped back":   {time.Minute, -4 * time.Minute, true},
		"back, by as much as it may leave": {time.Minute, time.Minute - time.Second, false},
	}
	for name, c := range cases {
		if got := quota.Stale(c.stopwatch, c.wall); got != c.want {
			t.Errorf("%s: Stale(%v, %v) = %v, want %v", name, c.stopwatch, c.wall, got, c.want)
		}
	}
}

func TestVoid(t *testing.T) {
	const age, asleep = time.Second, 8 * time.Hour
	cases := map[string]struct {
		stopwatch, wall time.Duration
		want            bool
	}{
		"new":                              {0, 0, false},
		"as old as it may be":              {age, age, false},
		"too old":                          {age + 1, age, true},
		"too old by the wall clock":        {age, age + 1, true},
		"suspended for a night":            {time.Millisecond, asleep, true},
		"suspended for half its age":       {age / 2, age, false},
		"suspended for more than is left":  {age / 2, age + 1, true},
		"a wall clock that stepped back":   {age / 2, age/2 - time.Second - 1, true},
		"back, by as much as it may leave": {age / 2, age/2 - time.Second, false},
	}
	for name, c := range cases {
		if got := quota.Void(c.stopwatch, c.wall, age); got != c.want {
			t.Errorf("%s: Void(%v, %v, %v) = %v, want %v", name, c.stopwatch, c.wall, age, got, c.want)
		}
	}
	if !quota.Void(time.Second, asleep, 2*asleep) {
		t.Error("a permit of a long age outlives a suspension, want it void: the difference of the clocks tells")
	}
}

func TestCalendar(t *testing.T) {
	at := func(text string) time.Time {
		parsed, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	cases := map[string]struct {
		at         string
		day, month string
		nextDay    string
		nextMonth  string
		guarded    time.Duration
	}{
		"noon":                {"2026-02-28T12:00:00Z", "20260228", "202602", "2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z", 0},
		"another zone":        {"2026-03-01T01:00:00+02:00", "20260228", "202602", "2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z", 0},
		"the last day":        {"2026-12-31T12:00:00Z", "20261231", "202612", "2027-01-01T00:00:00Z", "2027-01-01T00:00:00Z", 0},
		"just out of guard":   {"2026-05-05T23:59:54.999Z", "20260505", "202605", "2026-05-06T00:00:00Z", "2026-06-01T00:00:00Z", 0},
		"within, before":      {"2026-05-05T23:59:55Z", "20260505", "202605", "2026-05-06T00:00:00Z", "2026-06-01T00:00:00Z", 10 * time.Second},
		"at midnight":         {"2026-05-05T00:00:00Z", "20260505", "202605", "2026-05-06T00:00:00Z", "2026-06-01T00:00:00Z", 5 * time.Second},
		"within, after":       {"2026-05-05T00:00:04Z", "20260505", "202605", "2026-05-06T00:00:00Z", "2026-06-01T00:00:00Z", time.Second},
		"out of guard, after": {"2026-05-05T00:00:05Z", "20260505", "202605", "2026-05-06T00:00:00Z", "2026-06-01T00:00:00Z", 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			moment := at(c.at)
			if got := quota.Day(moment); got != c.day {
				t.Errorf("Day = %s, want %s", got, c.day)
			}
			if got := quota.Month(moment); got != c.month {
				t.Errorf("Month = %s, want %s", got, c.month)
			}
			if got := quota.NextDay(moment); !got.Equal(at(c.nextDay)) {
				t.Errorf("NextDay = %v, want %s", got, c.nextDay)
			}
			if got := quota.NextMonth(moment); !got.Equal(at(c.nextMonth)) {
				t.Errorf("NextMonth = %v, want %s", got, c.nextMonth)
			}
			if got, want := quota.NearMidnight(moment, quota.Guard), c.guarded > 0 && c.at != "2026-05-05T23:59:55Z"; got != want {
				t.Errorf("NearMidnight = %v, want %v", got, want)
			}
			if got := quota.Guarded(moment); got != c.guarded {
				t.Errorf("Guarded = %v, want %v", got, c.guarded)
			}
		})
	}
}
