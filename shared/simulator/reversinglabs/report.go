package reversinglabs

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// MaxReport bounds one report, in bytes, as it does for VirusTotal, whose reports these are.
const MaxReport = 8 << 20

// Why a body is no report.
var (
	errTooLarge = fmt.Errorf("larger than %d bytes", MaxReport)
	errNotJSON  = errors.New("not JSON of the shape that is expected")
	errNoData   = errors.New("no data with a type and attributes: not a report")
	errHash     = errors.New("a file without a usable hash")
	errName     = errors.New("an object without a usable name")
	errNoSample = errors.New("no rl with a sample: not a record of scans")
)

// vtReport is what is read of VirusTotal's report. Whatever it does not name may be of any shape.
type vtReport struct {
	Data struct {
		ID         string        `json:"id"`
		Type       Kind          `json:"type"`
		Attributes *vtAttributes `json:"attributes"`
	} `json:"data"`
}

type vtAttributes struct {
	MD5         string              `json:"md5"`
	SHA1        string              `json:"sha1"`
	SHA256      string              `json:"sha256"`
	URL         string              `json:"url"`
	Size        int64               `json:"size"`
	Magic       string              `json:"magic"`
	Description string              `json:"type_description"`
	Stats       map[string]int      `json:"last_analysis_stats"`
	Results     map[string]vtResult `json:"last_analysis_results"`
	Analysed    int64               `json:"last_analysis_date"`
	Modified    int64               `json:"last_modification_date"`
	First       int64               `json:"first_submission_date"`
	Last        int64               `json:"last_submission_date"`
	Threat      struct {
		Label string `json:"suggested_threat_label"`
	} `json:"popular_threat_classification"`
}

type vtResult struct {
	Category string `json:"category"`
	Result   string `json:"result"`
	Version  string `json:"engine_version"`
	Update   string `json:"engine_update"`
}

// parseReport reads VirusTotal's report. Its error says why the body is none; it quotes nothing of the body.
func parseReport(raw []byte) (*record, error) {
	if len(raw) > MaxReport {
		return nil, errTooLarge
	}
	var body vtReport
	if err := json.Unmarshal(raw, &body); err != nil {
		return nil, errNotJSON
	}
	a := body.Data.Attributes
	if a == nil {
		return nil, errNoData
	}
	r := &record{kind: body.Data.Type, size: a.Size, description: cmp.Or(a.Magic, a.Description), label: a.Threat.Label}
	if err := r.name(body.Data.ID, a); err != nil {
		return nil, err
	}
	r.date(a)
	r.scan(a)
	return r, nil
}

// name finds what the report is about.
func (r *record) name(id string, a *vtAttributes) error {
	switch r.kind {
	case File:
		return r.hashes(id, a)
	case URL:
		r.value = a.URL
	case Domain, IPAddress:
		r.value = id
	default:
		return errNoData
	}
	// A URL is taken as it is reported, however odd: it is asked for by its hash.
	if r.value == "" || (r.kind != URL && !isLocation(r.kind, r.value)) {
		return errName
	}
	return nil
}

// hashes takes the id as well: the report's own members may be missing, and the id is a hash whatever they say.
func (r *record) hashes(id string, a *vtAttributes) error {
	for _, text := range []string{id, a.MD5, a.SHA1, a.SHA256} {
		r.names.take(text)
	}
	if r.names.primary() == "" {
		return errHash
	}
	r.names.complete()
	return nil
}

// take files a hash by its length.
func (d *digests) take(text string) {
	hash, ok := hashOf(text)
	switch {
	case !ok:
	case len(hash) == digits("md5"):
		d.md5 = hash
	case len(hash) == digits("sha1"):
		d.sha1 = hash
	default:
		d.sha256 = hash
	}
}

// date reads the times: the native APIs know when a file was first scanned, which is nearly when it was first submitted.
func (r *record) date(a *vtAttributes) {
	r.analysed = at(a.Analysed)
	r.first, r.last = at(a.First), at(cmp.Or(a.Last, a.Analysed))
	r.firstScan = at(a.First)
}

// scan keeps the counts as they were reported, and every engine. Reports of domains and addresses up to 2022 count one more
// than they list.
func (r *record) scan(a *vtAttributes) {
	r.counts = a.Stats
	latest := scan{at: at(cmp.Or(a.Analysed, a.Modified, a.Last, a.First))}
	for _, name := range slices.Sorted(maps.Keys(a.Results)) {
		told := a.Results[name]
		latest.engines = append(latest.engines, engine{
			name: name, scanner: scannerName(name), version: told.Version, updated: updated(told.Update, latest.at),
			category: told.Category, result: told.Result,
		})
	}
	if len(latest.engines) > 0 {
		r.scans = []scan{latest}
	}
	if r.counts == nil && a.Results != nil {
		r.counts = latest.counts()
	}
}

// counts adds engines up by category, where the report did not.
func (s scan) counts() map[string]int {
	counts := map[string]int{}
	for _, e := range s.engines {
		counts[e.category]++
	}
	return counts
}

// scannerName spells an engine as the service does: in lower case, and in one word.
func scannerName(name string) string {
	return strings.Join(strings.Fields(strings.ToLower(name)), "_")
}

// updated is the day of an engine's signatures, "20260828", in the service's form; where it is none, the time of the scan.
func updated(day string, scanned time.Time) string {
	parsed, err := time.Parse("20060102", day)
	if err != nil {
		parsed = scanned
	}
	return stamp(parsed)
}

// at is a time in seconds since 1970, where 0 is none.
func at(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// timeLayout is the service's form of times, which are in UTC and do not say so.
const timeLayout = "2006-01-02T15:04:05"

// stamp writes a time, nothing for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timeLayout)
}
