package quota

import (
	"math"
	"time"
)

const (
	// Release is how long before its end a day knows neither reserve nor ceilings any more. Four requests a minute are 240 in this
	// time: a fifth of a public key's day, left over, is used up twice.
	Release = time.Hour
	// grain is what a product of a share and a day may be off, by the error of binary fractions: 0.29 of 100 are 29, not 28.
	grain = 1e-6
)

// ReleaseOf is when the reserve and the ceilings of a moment's day end.
func ReleaseOf(t time.Time) time.Time { return NextDay(t).Add(-Release) }

// Released tells whether they have ended.
func Released(t time.Time) bool { return !t.Before(ReleaseOf(t)) }

// Reserved is how many requests of a day are kept for urgent jobs: the share, from 0 to 1, rounded up. One at least stays for the
// backlog.
func Reserved(day int, share float64) int {
	return max(0, min(int(math.Ceil(share*float64(day)-grain)), day-1))
}

// Ceiling is how many requests of a day a lane may use: the share, from 0 to 1, rounded down.
func Ceiling(day int, share float64) int {
	return max(0, min(int(math.Floor(share*float64(day)+grain)), day))
}
