package virustotal

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"net/netip"
	"strings"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/rest"
	"vtq.internal/shared/verdict"
)

// A report is an answer about an object that the service has.
type report struct {
	ID         string // Empty, as the type is, where it is left out or cannot be relied on.
	Type       string
	Attributes attributes
}

// attributes is what we read of a report. JSON that does not fit a field leaves it empty.
type attributes struct {
	Stats   map[string]rest.Number `json:"last_analysis_stats"`
	Results map[string]result      `json:"last_analysis_results"`

	LastAnalysis    rest.Number `json:"last_analysis_date"`
	FirstSubmission rest.Number `json:"first_submission_date"`
	Reputation      rest.Number `json:"reputation"`
	Tags            []string    `json:"tags"`
	Threat          struct {
		Label string `json:"suggested_threat_label"`
	} `json:"popular_threat_classification"`

	MD5            string   `json:"md5"`
	SHA1           string   `json:"sha1"`
	SHA256         string   `json:"sha256"`
	FileType       string   `json:"type_description"`
	MeaningfulName string   `json:"meaningful_name"`
	Names          []string `json:"names"`

	URL        string            `json:"url"`
	FinalURL   string            `json:"last_final_url"`
	Title      string            `json:"title"`
	Categories map[string]string `json:"categories"` // By vendor.

	Registrar string      `json:"registrar"`
	Country   string      `json:"country"`
	ASOwner   string      `json:"as_owner"`
	ASN       rest.Number `json:"asn"`

	extra
}

// A result is one engine's answer.
type result struct {
	Category string `json:"category"`
	Engine   string `json:"engine_name"`
	Result   string `json:"result"`
	// ThreatNames stands in for Result in the URL reports of ReversingLabs' compatible endpoint (its migration guide).
	ThreatNames []string `json:"threat_names"`
}

var (
	errNoReport = errors.New("the answer holds no report")
	errOther    = errors.New("the answer is about another object")
)

// decode reads a report out of a 200. Anything else there is Transient. The id and the type are read where they are the service's own by
// VirusTotal's rules.
func decode(response rest.Response, own bool) (report, error) {
	var envelope struct {
		Data struct {
			ID         json.RawMessage `json:"id"`
			Type       json.RawMessage `json:"type"`
			Attributes json.RawMessage `json:"attributes"`
		} `json:"data"`
	}
	if err := response.Decode(&envelope); err != nil {
		return report{}, err
	}
	if !bytes.HasPrefix(envelope.Data.Attributes, []byte("{")) {
		return report{}, fault.New(fault.Transient, errNoReport)
	}
	var r report
	if own {
		rest.Lenient(envelope.Data.ID, &r.ID)
		rest.Lenient(envelope.Data.Type, &r.Type)
	}
	rest.Lenient(envelope.Data.Attributes, &r.Attributes)
	return r, nil
}

// isAbout checks that a report answers the question. What it leaves out speaks neither for nor against.
func (r report) isAbout(object indicator.Object) error {
	kinds := map[indicator.Kind]string{
		indicator.File: "file", indicator.URL: "url", indicator.Domain: "domain", indicator.IP: "ip_address",
	}
	if r.Type != "" && r.Type != kinds[object.Kind] {
		return errOther
	}
	switch object.Kind {
	case indicator.File:
		return r.isFile(strings.ToLower(object.Value))
	case indicator.IP:
		return r.isAddress(object.Value)
	case indicator.URL, indicator.Domain:
	}
	return nil
}

// isFile holds the asked hash against the report's hash of the same length.
func (r report) isFile(asked string) error {
	for _, told := range []string{r.Attributes.MD5, r.Attributes.SHA1, r.sha256()} {
		if told := verdict.Hash(told, verdict.HashTypeOf(asked)); told != "" && told != asked {
			return errOther
		}
	}
	return nil
}

func (r report) isAddress(asked string) error {
	want, _ := netip.ParseAddr(asked)
	if told, err := netip.ParseAddr(r.ID); err == nil && told != want {
		return errOther
	}
	return nil
}

// sha256 is the file's: its id, by the vendor's documentation and every recording, or else the attribute.
func (r report) sha256() string {
	return cmp.Or(verdict.Hash(r.ID, verdict.SHA256), verdict.Hash(r.Attributes.SHA256, verdict.SHA256))
}
