package virustotal

import (
	"strconv"
	"strings"
	"time"
)

// A number is an integer in any of the forms that JSON writers give it: 5, 5.0, 5e0 or "5". Anything else is as good as absent.
type number struct {
	value int64
	told  bool
}

const (
	// maxDigits bounds a number in bytes: the longest int64 has 20.
	maxDigits = 32
	// maxExact is the largest integer up to which every one has a float64 of its own.
	maxExact = 1 << 53
)

// UnmarshalJSON never fails: an odd number must not cost the report.
func (n *number) UnmarshalJSON(raw []byte) error {
	*n = number{}
	if len(raw) > maxDigits {
		return nil
	}
	text := strings.Trim(string(raw), `"`)
	if value, err := strconv.ParseInt(text, 10, 64); err == nil {
		*n = number{value, true}
	} else if value, err := strconv.ParseFloat(text, 64); err == nil && value >= -maxExact && value <= maxExact {
		*n = number{int64(value), true}
	}
	return nil
}

// pointer is nil for a number that was not told, or that lies outside the bounds.
func (n number) pointer(least, most int64) *int64 {
	if !n.told || n.value < least || n.value > most {
		return nil
	}
	return &n.value
}

// Dates before the web and long after us are slips: the recording of google.com of 2025 was first seen at second 1.
const (
	firstYear = 1990
	lastYear  = 2100
)

// date reads seconds since 1970, UTC; the zero time for what is no plausible date.
func (n number) date() time.Time {
	if !n.told {
		return time.Time{}
	}
	t := time.Unix(n.value, 0).UTC()
	if t.Year() < firstYear || t.Year() > lastYear {
		return time.Time{}
	}
	return t
}
