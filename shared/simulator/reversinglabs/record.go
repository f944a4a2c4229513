package reversinglabs

import (
	"cmp"
	"crypto/sha1" //nolint:gosec // The service's id of a URL is its SHA-1; nothing is protected by it.
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"net/netip"
	"strings"
	"time"
	"unicode"
)

// A Kind is the type of an object, in VirusTotal's word.
type Kind string

// The kinds.
const (
	File      Kind = "file"
	URL       Kind = "url"
	Domain    Kind = "domain"
	IPAddress Kind = "ip_address"
)

// A record is what is known about one object, whatever it was learnt from.
type record struct {
	kind  Kind
	value string // A URL, a domain or an address.
	names digests

	size        int64
	description string // Of the file's type.
	label       string // What engines agree to call it, "trojan.family/other".

	first, last time.Time // Seen. Zero where nobody said.
	analysed    time.Time // Zero where nobody said.
	firstScan   time.Time
	counts      map[string]int // By category, as reported. nil where no counts were reported.
	scans       []scan         // The latest first. None where no engine was reported.
}

// digests are a file's hashes in lower case, empty where they are not known.
type digests struct {
	md5, sha1, sha256, sha384, sha512, ripemd160 string
}

// A scan is what engines said at one time.
type scan struct {
	at      time.Time
	engines []engine // By name.
}

// An engine is one engine's answer.
type engine struct {
	name    string // As reported: "BitDefender".
	scanner string // As the native APIs spell it: "bitdefender".
	version string
	updated string // In the service's form of times. Empty where nobody said.

	category string // VirusTotal's.
	result   string
}

// The categories of VirusTotal that mean something here.
const (
	malicious  = "malicious"
	suspicious = "suspicious"
	harmless   = "harmless"
	undetected = "undetected"
)

// failed tells whether an engine tried and gave no answer. One that does not take files of the type never tried.
func (e engine) failed() bool {
	switch e.category {
	case "failure", "timeout", "confirmed-timeout":
		return true
	}
	return false
}

// latest is the latest scan, an empty one where there is none.
func (r *record) latest() scan {
	if len(r.scans) == 0 {
		return scan{}
	}
	return r.scans[0]
}

// primary is what a file is filed under: its SHA-1, which is the service's primary key, where it is known.
func (d digests) primary() string { return cmp.Or(d.sha1, d.sha256, d.md5) }

// complete makes up the hashes that VirusTotal does not report: they are of the object's name, and no file has them.
func (d *digests) complete() {
	text := []byte("made up for " + d.primary())
	long, short := sha512.Sum512(text), sha512.Sum384(text)
	d.sha384, d.sha512, d.ripemd160 = hex.EncodeToString(short[:]), hex.EncodeToString(long[:]), sha1Of(string(text))
}

// ids are what finds a record.
func (r *record) ids() []string {
	if r.kind != File {
		return []string{fileUnder(r.kind, r.value)}
	}
	var all []string
	for _, hash := range []string{r.names.md5, r.names.sha1, r.names.sha256} {
		if hash != "" {
			all = append(all, hash)
		}
	}
	return all
}

// fileUnder is the id of what is no file. URLs are told apart to the byte: how the service canonicalises them is not published.
func fileUnder(kind Kind, value string) string {
	switch kind {
	case URL:
		return sha1Of(value)
	case IPAddress:
		if address, err := netip.ParseAddr(value); err == nil {
			return address.String()
		}
	case File, Domain:
	}
	return strings.ToLower(value)
}

func sha1Of(text string) string {
	sum := sha1.Sum([]byte(text)) //nolint:gosec // As above: an id, not a protection.
	return hex.EncodeToString(sum[:])
}

// hashOf reads an MD5, SHA-1 or SHA-256 in hex, in either case.
func hashOf(sent string) (string, bool) {
	switch len(sent) {
	case digits("md5"), digits("sha1"), digits("sha256"):
		_, err := hex.DecodeString(sent)
		return strings.ToLower(sent), err == nil
	}
	return "", false
}

// digits is how long a hash of the type is in hex, 0 for a type that the service has not.
func digits(hashType string) int {
	switch hashType {
	case "md5":
		return 32
	case "sha1":
		return 40
	case "sha256":
		return 64
	}
	return 0
}

// urlOf reads the suite's id of a URL: its SHA-1, or itself in base64 without padding. The alphabet is not documented, so either
// is taken, but not both at once. The text is empty where the request had a hash.
func urlOf(sent string) (id, text string, ok bool) {
	if hash, isHash := hashOf(sent); isHash && len(hash) == digits("sha1") {
		return hash, "", true
	}
	for _, alphabet := range []*base64.Encoding{base64.RawURLEncoding, base64.RawStdEncoding} {
		raw, err := alphabet.Strict().DecodeString(sent)
		if err == nil && len(raw) > 0 && !strings.ContainsAny(sent, "\r\n") { // Which the decoder would skip.
			return sha1Of(string(raw)), string(raw), true
		}
	}
	return "", "", false
}

// maxLocation bounds a URL, a domain or an address that is asked about, in bytes: what browsers and proxies carry.
const maxLocation = 8192

// isLocation tells whether a text can be processed as one of the kind. The vendor says that some cannot, and not which.
func isLocation(kind Kind, text string) bool {
	if text == "" || len(text) > maxLocation || strings.ContainsFunc(text, unprocessable) {
		return false
	}
	_, err := netip.ParseAddr(text)
	switch kind {
	case IPAddress:
		return err == nil
	case Domain:
		return err != nil && strings.Contains(text, ".") && !strings.ContainsAny(text, "/:?#@")
	case URL, File:
	}
	return true
}

func unprocessable(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar
}
