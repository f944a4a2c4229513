package replay

import (
	"math"
	"time"

	"vtq.internal/shared/config"
)

// month is how many days the longest one has.
const month = 31

// Days tells how many days so many requests take at best, when nothing else is asked for. Less than a day counts as one; without limits
// it is 0.
func Days(requests int, limits config.Limits) int {
	pace := math.Inf(1)
	if limits.Day > 0 {
		pace = float64(limits.Day)
	}
	if limits.Month > 0 {
		pace = min(pace, float64(limits.Month)/month)
	}
	if limits.Minute > 0 && limits.Window > 0 {
		pace = min(pace, float64(limits.Minute)*float64(24*time.Hour)/float64(limits.Window))
	}
	return int(math.Ceil(float64(requests) / pace))
}
