package verdict

import (
	"regexp"
	"time"

	"vtq.internal/shared/indicator"
)

// Bounds of a verdict, so that one fits a message of wire.MaxVerdict bytes whatever the provider sends.
const (
	// MaxName bounds the name of an engine, in runes: the longest on record has 24.
	MaxName = 64
	// MaxItem bounds one entry of a list and what one engine calls an object, in runes.
	MaxItem = 100
	// MaxText bounds one text, in runes: file names and page titles are the longest, and an analyst reads a line.
	MaxText = 300
	// MaxURL bounds a URL, in runes: what browsers and servers carry in practice.
	MaxURL = 2048
	// MaxEngines bounds the detecting engines kept: the provider runs about 95.
	MaxEngines = 120
	// MaxCount bounds one count of engines. A provider runs 47 to 95; more than a hundred times as many is a slip, and would make
	// nonsense of every ratio.
	MaxCount = 10_000
	// MaxList bounds every other list: tags, categories, rule names.
	MaxList = 50
)

// providerName is what a provider may be called.
var providerName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

// IsProvider tells whether a provider may be called so: 1 to 32 of a-z, 0-9 and -, beginning with a letter, since the name becomes a
// token of subjects.
func IsProvider(name string) bool { return providerName.MatchString(name) }

// A Verdict is one provider's answer about one object at one time.
type Verdict struct {
	Provider string         `json:"provider"` // The provider's name as it stands in subjects: "virustotal".
	Kind     indicator.Kind `json:"kind"`
	// Object is the provider's own id of the object: the SHA-256 of a file, the SHA-256 of a canonical URL, a name, an address.
	Object string `json:"object,omitempty"`
	// Asked is when the provider gave this answer, UTC, to the second. It stays what it was when the answer is used again.
	Asked time.Time `json:"asked"`
	// Found is false for "the provider has no such object" (404): knowledge, not failure.
	Found  bool   `json:"found"`
	Counts Counts `json:"counts,omitempty"`
	// Raw is the counts as the provider gave them, where Counts are made of them: with the variants of an engine taken together.
	// Nil where they are the same.
	Raw Counts `json:"raw,omitempty"`
	// Miscounted tells that the provider's own total contradicts what its engines said; Counts are of the latter.
	Miscounted bool     `json:"miscounted,omitempty"`
	Engines    []Engine `json:"engines,omitempty"` // Those that say malicious or suspicious, by name; at most MaxEngines.
	Facts      Facts    `json:"facts,omitzero"`
}

// Facts is what the provider says beside the counts. Every one may be missing.
type Facts struct {
	Link            string    `json:"link,omitempty"` // The page of the report, for a person.
	ThreatLabel     string    `json:"threat_label,omitempty"`
	LastAnalysis    time.Time `json:"last_analysis,omitzero"`
	FirstSubmission time.Time `json:"first_submission,omitzero"`
	Reputation      *int64    `json:"reputation,omitempty"` // The community's score, signed.
	Tags            []string  `json:"tags,omitempty"`

	// Of files.
	FileType string `json:"file_type,omitempty"`
	FileName string `json:"file_name,omitempty"`
	MD5      string `json:"md5,omitempty"`
	SHA1     string `json:"sha1,omitempty"`
	SHA256   string `json:"sha256,omitempty"`

	// Of URLs.
	URL      string `json:"url,omitempty"` // The provider's canonical form.
	FinalURL string `json:"final_url,omitempty"`
	Title    string `json:"title,omitempty"`

	// Of domains; categories of URLs as well.
	Registrar  string   `json:"registrar,omitempty"`
	Categories []string `json:"categories,omitempty"`

	// Of addresses.
	Country string `json:"country,omitempty"`
	ASOwner string `json:"as_owner,omitempty"`
	ASN     int64  `json:"asn,omitempty"`

	// Private is what only a private key is sure to see.
	Private Private `json:"private,omitzero"`
}

// Private holds the extra fields of private keys and of Google Threat Intelligence.
type Private struct {
	Sandboxes    []string  `json:"sandboxes,omitempty"` // "Zenbox: malicious".
	YARA         []string  `json:"yara,omitempty"`      // Rule names.
	Sigma        []string  `json:"sigma,omitempty"`     // Rule titles.
	FirstSeenITW time.Time `json:"first_seen_itw,omitzero"`
	GTIVerdict   string    `json:"gti_verdict,omitempty"`
	GTISeverity  string    `json:"gti_severity,omitempty"`
	GTIScore     *int64    `json:"gti_score,omitempty"` // 0 to 100.
}

// Aliases lists the other objects that this verdict answers as well: the three hashes of a file are one file, and a URL is
// what the provider canonicalised it to. The object that was asked about is not among them.
func (v Verdict) Aliases(asked indicator.Object) []indicator.Object {
	var all []indicator.Object
	for _, value := range []string{v.Facts.MD5, v.Facts.SHA1, v.Facts.SHA256, v.Facts.URL} {
		object := indicator.Object{Kind: v.Kind, Value: value}
		if value != "" && object != asked {
			all = append(all, object)
		}
	}
	return all
}
