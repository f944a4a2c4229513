package reversinglabs

import (
	"encoding/json"
	"slices"
	"time"
)

// xrefSample is what is read of an answer of TCA-0103. Totals are not: they follow from the scanners and their results.
type xrefSample struct {
	MD5       string       `json:"md5"`
	SHA1      string       `json:"sha1"`
	SHA256    string       `json:"sha256"`
	SHA384    string       `json:"sha384"`
	SHA512    string       `json:"sha512"`
	RIPEMD160 string       `json:"ripemd160"`
	FirstSeen string       `json:"first_seen_on"`
	LastSeen  string       `json:"last_seen_on"`
	FirstScan string       `json:"first_scanned_on"`
	Type      string       `json:"sample_type"`
	Size      int64        `json:"sample_size"`
	Xref      []xrefRecord `json:"xref"`
}

// xrefRecord is one scan, as it is read and as it is written.
type xrefRecord struct {
	ScannedOn string        `json:"scanned_on"`
	Match     int           `json:"scanner_match"`
	Count     int           `json:"scanner_count"`
	Scanners  []xrefScanner `json:"scanners"`
	Results   []xrefResult  `json:"results,omitempty"` // Left out where all scanners failed (vendor documentation).
}

type xrefScanner struct {
	Name      string `json:"name"`
	Version   string `json:"version"`
	Timestamp string `json:"timestamp,omitempty"`
}

type xrefResult struct {
	Scanner string `json:"scanner"`
	Result  string `json:"result"` // Empty for a scan that found nothing.
}

// parseSample reads an answer of TCA-0103. Its error quotes nothing of the body.
func parseSample(raw []byte) (*record, error) {
	if len(raw) > MaxReport {
		return nil, errTooLarge
	}
	var body struct {
		RL struct {
			Sample *xrefSample `json:"sample"`
		} `json:"rl"`
	}
	if err := json.Unmarshal(raw, &body); err != nil {
		return nil, errNotJSON
	}
	if body.RL.Sample == nil {
		return nil, errNoSample
	}
	return body.RL.Sample.record()
}

// record takes what was recorded as it is: hashes that are not told are not made up, and records are put in order.
func (x xrefSample) record() (*record, error) {
	r := &record{
		kind: File, size: x.Size, description: x.Type,
		first: moment(x.FirstSeen), last: moment(x.LastSeen), firstScan: moment(x.FirstScan),
	}
	for _, text := range []string{x.MD5, x.SHA1, x.SHA256} {
		r.names.take(text)
	}
	if r.names.primary() == "" {
		return nil, errHash
	}
	r.names.sha384, r.names.sha512, r.names.ripemd160 = x.SHA384, x.SHA512, x.RIPEMD160
	for _, told := range x.Xref {
		r.scans = append(r.scans, told.scan())
	}
	slices.SortStableFunc(r.scans, func(a, b scan) int { return b.at.Compare(a.at) })
	if len(r.scans) > 0 {
		r.analysed, r.counts = r.latest().at, r.latest().counts()
	}
	return r, nil
}

// scan tells failed scanners by their missing result.
func (x xrefRecord) scan() scan {
	results := make(map[string]string, len(x.Results))
	for _, told := range x.Results {
		results[told.Scanner] = told.Result
	}
	s := scan{at: moment(x.ScannedOn)}
	for _, told := range x.Scanners {
		e := engine{name: told.Name, scanner: told.Name, version: told.Version, updated: told.Timestamp, category: "failure"}
		if result, answered := results[told.Name]; answered {
			e.category, e.result = undetected, result
			if result != "" {
				e.category = malicious
			}
		}
		s.engines = append(s.engines, e)
	}
	return s
}

// moment reads a time of the service, none for what is none.
func moment(text string) time.Time {
	t, err := time.Parse(timeLayout, text)
	if err != nil {
		return time.Time{}
	}
	return t
}
