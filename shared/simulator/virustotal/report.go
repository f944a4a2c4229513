package virustotal

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
)

// MaxReport bounds one report, in bytes. File reports run from 15 to 105 KB; a few of the biggest to some MB.
const MaxReport = 8 << 20

// Why a body is no report.
var (
	errTooLarge = fmt.Errorf("larger than %d bytes", MaxReport)
	errNotJSON  = errors.New("not JSON")
	errFailure  = errors.New("an error body, not a report")
	errNoData   = errors.New("no data with a type, an id and attributes: not a report")
	errHash     = errors.New("a file without a usable hash")
	errURL      = errors.New("a URL with neither a canonical url nor a SHA-256 for an id")
	errDomain   = errors.New("a domain with an id that is no domain")
	errAddress  = errors.New("an address with an id that is none")
)

// A Report is one object's report, as the service returns it.
type Report struct {
	Path string // Where it was read from, below the directory. Empty for one that came from elsewhere.
	Kind Kind
	// ID is what the object is filed under: the SHA-256 of a file (another hash where the report has none), the SHA-256 of a
	// canonical URL, a domain or an address. Reports with equal Kind and ID are of one object.
	ID string
	// Value is how an indicator would call the object: as ID, but a URL's own text.
	Value string
	Raw   []byte // As it was read, to the byte.

	aliases []string // Further ids.
}

// envelope is what filing a report needs of it.
type envelope struct {
	Error json.RawMessage `json:"error"`
	Data  struct {
		ID         string `json:"id"`
		Type       Kind   `json:"type"`
		Attributes *struct {
			MD5    string `json:"md5"`
			SHA1   string `json:"sha1"`
			SHA256 string `json:"sha256"`
			URL    string `json:"url"`
		} `json:"attributes"`
	} `json:"data"`
}

// ParseReport reads one report. Its error says why the body is none; it quotes nothing of the body.
func ParseReport(raw []byte) (Report, error) {
	var body envelope
	if len(raw) > MaxReport {
		return Report{}, errTooLarge
	}
	err := json.Unmarshal(raw, &body)
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return Report{}, errNotJSON
	case body.Error != nil:
		return Report{}, errFailure
	case err != nil, body.Data.ID == "", body.Data.Attributes == nil:
		return Report{}, errNoData
	}
	report, err := body.file()
	report.Raw = raw
	return report, err
}

func (e envelope) file() (Report, error) {
	switch e.Data.Type {
	case File:
		return e.fileReport()
	case URL:
		return e.urlReport()
	case Domain:
		name, ok := domainOf(e.Data.ID)
		return Report{Kind: Domain, ID: name, Value: name}, unless(ok, errDomain)
	case IPAddress:
		address, ok := addressOf(e.Data.ID)
		return Report{Kind: IPAddress, ID: address, Value: address}, unless(ok, errAddress)
	}
	return Report{}, errNoData
}

// fileReport files a report under each hash that it has, by preference under the SHA-256.
func (e envelope) fileReport() (Report, error) {
	var hashes []string
	for _, text := range []string{e.Data.Attributes.SHA256, e.Data.ID, e.Data.Attributes.SHA1, e.Data.Attributes.MD5} {
		if hash, ok := hashOf(text); ok {
			hashes = append(hashes, hash)
		}
	}
	if len(hashes) == 0 {
		return Report{}, errHash
	}
	return Report{Kind: File, ID: hashes[0], Value: hashes[0], aliases: hashes[1:]}, nil
}

// urlReport trusts attributes.url before the id: the two agree in all recordings but one of 2020, whose id is that of an
// analysis (u-<sha256>-<time>).
func (e envelope) urlReport() (Report, error) {
	byURL, isURL := urlObject(e.Data.Attributes.URL)
	byID, isHash := hashOf(e.Data.ID)
	isHash = isHash && len(byID) == 64
	report := Report{Kind: URL, ID: cmp.Or(byURL.id, byID), Value: cmp.Or(e.Data.Attributes.URL, byID)}
	if isHash {
		report.aliases = []string{byID}
	}
	return report, unless(isURL || isHash, errURL)
}

func unless(ok bool, err error) error {
	if ok {
		return nil
	}
	return err
}
