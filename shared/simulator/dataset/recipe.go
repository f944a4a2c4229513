package dataset

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/verdict"
)

// A Trait is something that real reports do and that a reader must get along with. Traits add up.
type Trait uint

// The traits.
const (
	NoStats  Trait = 1 << iota // Neither counts nor engines: domains and addresses of 2019.
	NoCounts                   // Counts, all zero, and no engines: an analysis under way.
	OneMore                    // The counts are one more than the engines, and no analysis date: domains and addresses to 2022.
	NoDate                     // No analysis date.
	Sparse                     // Nothing that can be left out: no names, no country, no registrar, no title.
	Hostile                    // Texts that somebody chose to hurt whoever shows them.
	Disliked                   // A community that votes against it.
	Crowd                      // Sandboxes, YARA and Sigma rules (files).
	Assessed                   // An assessment by Google Threat Intelligence.
	Edge                       // As few engines as the class takes.
	Doubted                    // Engines that suspect, none that is sure.
)

// Has tells whether all of the others are among the traits.
func (t Trait) Has(others Trait) bool { return t&others == others }

// A Recipe says what a report is to be like.
type Recipe struct {
	Kind   indicator.Kind
	Object string // A SHA-256 in hex, a canonical URL, a domain or an address.
	Class  verdict.Class
	Traits Trait
}

// epoch is when the world of this package stands still: every date is before it.
const epoch = 1_788_220_800 // 2026-09-01 00:00:00 UTC.

// daySeconds is the length of a day.
const daySeconds = int64(24 * time.Hour / time.Second)

// object is a JSON object. The encoder sorts its members, so that a report is the same, to the byte, each time.
type object = map[string]any

// Report builds the body of the provider's answer, nil for verdict.ClassNotFound. The same recipe gives the same bytes.
func Report(r Recipe) []byte {
	if r.Class == verdict.ClassNotFound {
		return nil
	}
	d := roll("report " + string(r.Kind) + " " + r.Object)
	attributes := r.common(d)
	switch r.Kind {
	case indicator.File:
		r.file(d, attributes)
	case indicator.URL:
		r.url(d, attributes)
	case indicator.Domain:
		r.domain(d, attributes)
	case indicator.IP:
		r.address(d, attributes)
	}
	id, kind, collection := r.name()
	return encode(object{"data": object{
		"id": id, "type": kind, "attributes": attributes,
		"links": object{"self": "https://www.virustotal.com/api/v3/" + collection + "/" + id},
	}})
}

// name is what the service calls the object, its type and its collection.
func (r Recipe) name() (id, kind, collection string) {
	switch r.Kind {
	case indicator.URL:
		sum := sha256.Sum256([]byte(r.Object))
		return hex.EncodeToString(sum[:]), "url", "urls"
	case indicator.Domain:
		return r.Object, "domain", "domains"
	case indicator.IP:
		return r.Object, "ip_address", "ip_addresses"
	case indicator.File:
	}
	return r.Object, "file", "files"
}

// common is what reports of every kind have.
func (r Recipe) common(d *dice) object {
	analysed := epoch - daySeconds*int64(d.between(1, 200)) - int64(d.below(int(daySeconds)))
	a := object{
		"last_modification_date": analysed + int64(d.between(20, 9000)),
		"reputation":             r.reputation(d),
		"total_votes":            object{"harmless": d.below(9), "malicious": d.below(9)},
		"tags":                   r.tags(d),
	}
	if !r.Traits.Has(NoDate) && !r.Traits.Has(NoStats) && !r.Traits.Has(OneMore) {
		a["last_analysis_date"] = analysed
	}
	r.analysis(d, a)
	r.severity(d, a, analysed)
	if r.Traits.Has(Assessed) {
		r.assess(d, a)
	}
	if r.Kind == indicator.File || r.Kind == indicator.URL {
		a["times_submitted"] = d.between(1, 400)
		a["last_submission_date"] = analysed - int64(d.below(3600))
		a["first_submission_date"] = analysed - daySeconds*int64(d.between(2, 1500))
	}
	return a
}

// reputation is the community's score: below zero for what it votes against.
func (r Recipe) reputation(d *dice) int {
	if r.Traits.Has(Disliked) {
		return -d.between(1, 120)
	}
	return d.below(30)
}

// tags are there and empty where there are none, as recorded.
func (r Recipe) tags(d *dice) []string {
	switch {
	case r.Traits.Has(Hostile):
		return []string{"<b>bold</b>", hiddenText, "two\nlines"}
	case r.Traits.Has(Sparse):
		return []string{}
	}
	all := []string{"long-sleeps", "detect-debug-environment", "external-resources", "base64-embedded", "self-signed"}
	return all[:d.between(1, 3)]
}

// severity comes with some keys only. Its version is a number for files and a text for all else, its date a number in a text.
func (r Recipe) severity(d *dice, a object, analysed int64) {
	if r.Class != verdict.ClassMalicious || d.below(2) == 0 {
		return
	}
	version, data := any(r.prefix()+"3"), object{"has_bad_communicating_files_high": true}
	if r.Kind == indicator.File {
		version, data = 5, object{"num_gav_detections": d.between(1, 5)}
	}
	a["threat_severity"] = object{
		"version": version, "threat_severity_level": "SEVERITY_HIGH", "threat_severity_data": data,
		"last_analysis_date": strconv.FormatInt(analysed, 10),
		"level_description":  "Severity HIGH because several engines agree.",
	}
}

// prefix is the kind's letter: "D" for domains.
func (r Recipe) prefix() string { return strings.ToUpper(string(r.Kind)[:1]) }

// assess adds what only Google Threat Intelligence has.
func (r Recipe) assess(d *dice, a object) {
	word, level, score := "VERDICT_UNDETECTED", "SEVERITY_NONE", d.below(20)
	switch r.Class {
	case verdict.ClassMalicious:
		word, level, score = "VERDICT_MALICIOUS", "SEVERITY_HIGH", d.between(70, 100)
	case verdict.ClassSuspicious:
		word, level, score = "VERDICT_SUSPICIOUS", "SEVERITY_MEDIUM", d.between(30, 69)
	case verdict.ClassHarmless, verdict.ClassUndetected, verdict.ClassNoVerdict, verdict.ClassNotFound:
	}
	factors := object{"gavs_detections": d.below(4)}
	if r.Kind != indicator.File {
		factors = object{"mandiant_confidence_score": score, "gti_confidence_score": score}
		a["mandiant_ic_score"] = score
	}
	a["gti_assessment"] = object{
		"verdict": object{"value": word}, "severity": object{"value": level}, "threat_score": object{"value": score},
		"contributing_factors": factors, "description": "An assessment that nobody made.",
	}
}

// encode leaves <, > and & as they are, like the service.
func encode(v any) []byte {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic("dataset: a report has no JSON form: " + err.Error()) // Only a mistake in this package brings it about.
	}
	return bytes.TrimSuffix(body.Bytes(), []byte("\n"))
}
