package rest

import (
	"encoding/json"
	"strconv"
	"strings"
)

// Lenient decodes JSON whose syntax Decode has checked, as far as it fits. Package json passes over a value of the wrong type, decodes
// the rest as best it can and only then reports the first misfit; so there is no error left to heed, and an odd field costs no other.
func Lenient(raw json.RawMessage, into any) { _ = json.Unmarshal(raw, into) }

// A Number is an integer in any of the forms that JSON writers give it: 5, 5.0, 5e0 or "5". Anything else is as good as absent.
type Number struct {
	Value int64
	Told  bool
}

const (
	// maxDigits bounds a number in bytes: the longest int64 has 20.
	maxDigits = 32
	// maxExact is the largest integer up to which every one has a float64 of its own.
	maxExact = 1 << 53
)

// UnmarshalJSON never fails: an odd number must not cost the report.
func (n *Number) UnmarshalJSON(raw []byte) error {
	*n = Number{}
	if len(raw) > maxDigits {
		return nil
	}
	text := strings.Trim(string(raw), `"`)
	if value, err := strconv.ParseInt(text, 10, 64); err == nil {
		*n = Number{value, true}
	} else if value, err := strconv.ParseFloat(text, 64); err == nil && value >= -maxExact && value <= maxExact {
		*n = Number{int64(value), true}
	}
	return nil
}

// Pointer is nil for a number that was not told, or that lies outside the bounds.
func (n Number) Pointer(least, most int64) *int64 {
	if !n.Told || n.Value < least || n.Value > most {
		return nil
	}
	return &n.Value
}
