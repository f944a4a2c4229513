package quota

import "time"

// Guard is how far from midnight nothing is spent. Servers with a working clock daemon agree to a tenth of a second; five seconds
// cost 0.01 % of a day.
const Guard = 5 * time.Second

// Day names the UTC day of a moment, as it stands in a subject.
func Day(t time.Time) string { return t.UTC().Format("20060102") }

// Month names the UTC month of a moment.
func Month(t time.Time) string { return t.UTC().Format("200601") }

// NextDay is when the day of a moment ends.
func NextDay(t time.Time) time.Time {
	y, m, d := t.UTC().Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC)
}

// NextMonth is when the month of a moment ends.
func NextMonth(t time.Time) time.Time {
	y, m, _ := t.UTC().Date()
	return time.Date(y, m+1, 1, 0, 0, 0, 0, time.UTC)
}

// Guarded tells how long nothing may be spent: zero away from midnight.
func Guarded(t time.Time) time.Duration {
	next := NextDay(t)
	if left := next.Sub(t); left <= Guard {
		return left + Guard
	}
	if since := 24*time.Hour - next.Sub(t); since < Guard {
		return Guard - since
	}
	return 0
}

// NearMidnight tells whether a moment is less than so far from 00:00 UTC, before or after it.
func NearMidnight(t time.Time, d time.Duration) bool {
	left := NextDay(t).Sub(t)
	return left < d || 24*time.Hour-left < d
}
