package reversinglabs

import (
	"encoding/json"
	"strings"
	"time"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/rest"
	"vtq.internal/shared/verdict"
)

// A record is one scan of a file by many scanners.
type record struct {
	ScannedOn string      `json:"scanned_on"`
	Match     rest.Number `json:"scanner_match"` // How many found something, as the service counts.
	Count     rest.Number `json:"scanner_count"`
	Scanners  []struct {
		Name string `json:"name"`
	} `json:"scanners"`
	Results []result `json:"results"` // Of the scanners that did not fail.
}

// A result is what one scanner said.
type result struct {
	Scanner string          `json:"scanner"`
	Result  json.RawMessage `json:"result"` // The threat's name; "" where it found nothing.
}

// latest is the newest record, the zero record where there is none. Their order is not documented.
func (s sample) latest() record {
	var newest record
	for i, r := range s.Records {
		if i == 0 || newest.before(r) {
			newest = r
		}
	}
	return newest
}

// before tells whether a record is older than another; of the same time, whether it says less.
func (r record) before(other record) bool {
	if order := parseTime(r.ScannedOn).Compare(parseTime(other.ScannedOn)); order != 0 {
		return order < 0
	}
	return len(r.Results) < len(other.Results) || len(r.Results) == len(other.Results) && len(r.Scanners) < len(other.Scanners)
}

// parseTime reads a time as the service writes it: ISO 8601 without a zone, in UTC (by the context of the vendor's documentation).
// Should a zone come, it holds. The zero time for anything else.
func parseTime(text string) time.Time {
	for _, layout := range []string{"2006-01-02T15:04:05", time.RFC3339} {
		if t, err := time.Parse(layout, strings.TrimSpace(text)); err == nil {
			return verdict.Date(t)
		}
	}
	return time.Time{}
}

// known turns a file into the verdict on it.
func (c *Client) known(asked time.Time, s sample) verdict.Verdict {
	newest := s.latest()
	sha256 := s.hash(verdict.SHA256)
	v := verdict.Verdict{
		Provider: c.provider, Kind: indicator.File, Object: sha256, Asked: asked, Found: true,
		Facts: verdict.Facts{
			LastAnalysis:    parseTime(newest.ScannedOn),
			FirstSubmission: parseTime(s.FirstSeen), // Near in meaning: when the service first met the file.
			FileType:        verdict.Clean(s.Type, verdict.MaxText),
			MD5:             s.hash(verdict.MD5), SHA1: s.hash(verdict.SHA1), SHA256: sha256,
		},
	}
	newest.count(&v, c.fold)
	return v
}
