package rest

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// MaxRetryAfter caps the wait that a server may ask for. A day is the longest window whose end a vendor would name here (the
// month's end is known without being told), and asking once more costs one request a day.
const MaxRetryAfter = 24 * time.Hour

// ParseRetryAfter reads a Retry-After header, which is a number of seconds or a date (RFC 9110, section 10.2.3); now is what a
// date is measured from. The result is from 0 to MaxRetryAfter; an unreadable value and a date gone by are 0.
func ParseRetryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if value == "" {
		return 0
	}
	if strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.ParseInt(value, 10, 64)
		if err != nil || seconds > int64(MaxRetryAfter/time.Second) {
			return MaxRetryAfter // Digits that are no int64 are too many digits.
		}
		return time.Duration(seconds) * time.Second
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(date.Sub(now), 0), MaxRetryAfter)
}
