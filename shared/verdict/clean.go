package verdict

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Clean makes a text from outside fit for a person's screen and for ThreatQ: valid UTF-8, one line, no control or format
// characters (a bidirectional override can make a file name read as another), no space at the ends, at most limit runes.
// A text that was cut ends with an ellipsis, within the limit.
func Clean(text string, limit int) string {
	head := bound(text, limit)
	clean := strings.TrimSpace(strings.Map(readable, head))
	if clean == "" || limit < 1 {
		return ""
	}
	runes := []rune(clean)
	if len(head) == len(text) && len(runes) <= limit {
		return clean
	}
	return strings.TrimSpace(string(runes[:min(len(runes), limit-1)])) + "…"
}

// Dates before the web and long after us are slips: a recording of google.com was first seen at second 1.
const (
	firstYear = 1990
	lastYear  = 2100
)

// Date makes a date from outside fit to be shown: UTC, to the second, and the zero time for what is no plausible date.
func Date(t time.Time) time.Time {
	t = t.UTC().Truncate(time.Second)
	if t.Year() < firstYear || t.Year() > lastYear {
		return time.Time{}
	}
	return t
}

// readable keeps what a person can see, makes one space of what parts words, and drops the rest.
func readable(r rune) rune {
	switch {
	case r == '\n', r == '\r', r == '\t':
		return ' '
	case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r),
		r == '\u2028', r == '\u2029':
		return -1
	}
	return r
}

// bound cuts a huge text before any work is done on each of its runes. It keeps 64 bytes for every rune that is wanted: a text
// with fewer readable runes than that is noise.
func bound(text string, limit int) string {
	if most := 64 * max(limit, 1); len(text) > most {
		return text[:most]
	}
	return text
}
