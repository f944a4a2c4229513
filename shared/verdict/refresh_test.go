package verdict_test

import (
	"strconv"
	"testing"
	"time"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/verdict"
)

const day = 24 * time.Hour

func asked() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

func numbered(n int) indicator.Key {
	return indicator.Object{Kind: indicator.Domain, Value: strconv.Itoa(n) + ".example"}.Key()
}

func TestDueWithoutJitter(t *testing.T) {
	refresh := verdict.Refresh{Malicious: 7 * day, Clean: 30 * day, NotFound: 3 * day}
	ages := map[verdict.Class]time.Duration{
		verdict.ClassMalicious:  7 * day,
		verdict.ClassSuspicious: 7 * day,
		verdict.ClassHarmless:   30 * day,
		verdict.ClassUndetected: 30 * day,
		verdict.ClassNoVerdict:  30 * day,
		verdict.ClassNotFound:   3 * day,
	}
	for _, class := range verdict.Classes() {
		age, ok := ages[class]
		if !ok {
			t.Errorf("no age is expected for %s", class)
		}
		for n := range 20 {
			if got, want := refresh.Due(class, asked(), numbered(n)), asked().Add(age); !got.Equal(want) {
				t.Errorf("Due(%s, %v) = %v, want %v", class, asked(), got, want)
			}
		}
	}
}

func TestJitterIsEarlierBoundedAndFixed(t *testing.T) {
	for _, jitter := range []float64{0.1, 0.5, 1} {
		refresh := verdict.Refresh{Clean: 30 * day, Jitter: jitter}
		last := asked().Add(30 * day)
		first := last.Add(-time.Duration(jitter * float64(30*day)))
		for n := range 1000 {
			due := refresh.Due(verdict.ClassHarmless, asked(), numbered(n))
			if due.Before(first) || due.After(last) {
				t.Errorf("jitter %v: Due of key %d = %v, want within %v and %v", jitter, n, due, first, last)
			}
			if again := refresh.Due(verdict.ClassHarmless, asked(), numbered(n)); !again.Equal(due) {
				t.Errorf("jitter %v: Due of key %d = %v, then %v", jitter, n, due, again)
			}
		}
	}
}

// A big import must come due evenly: of 1,000 keys a tenth of the time gets 100, give or take four standard deviations.
func TestJitterSpreadsEvenly(t *testing.T) {
	const keys, parts, slack = 1000, 10, 38
	refresh := verdict.Refresh{NotFound: 10 * day, Jitter: 1}
	var counts [parts]int
	for n := range keys {
		after := refresh.Due(verdict.ClassNotFound, asked(), numbered(n)).Sub(asked())
		counts[min(int(after/day), parts-1)]++
	}
	for part, n := range counts {
		if n < keys/parts-slack || n > keys/parts+slack {
			t.Errorf("day %d: %d of %d keys come due, want %d ± %d (all days: %v)", part, n, keys, keys/parts, slack, counts)
		}
	}
}

func TestLongest(t *testing.T) {
	cases := map[string]verdict.Refresh{
		"malicious": {Malicious: 9 * day, Clean: day, NotFound: 2 * day},
		"clean":     {Malicious: day, Clean: 9 * day, NotFound: 2 * day},
		"not found": {Malicious: day, Clean: 2 * day, NotFound: 9 * day, Jitter: 0.5},
	}
	for name, refresh := range cases {
		t.Run(name, func(t *testing.T) {
			if got := refresh.Longest(); got != 9*day {
				t.Errorf("Longest() = %v, want %v", got, 9*day)
			}
		})
	}
}
