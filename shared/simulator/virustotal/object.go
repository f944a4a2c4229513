package virustotal

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/netip"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// A Kind is the type of an object, in the service's word.
type Kind string

// The kinds.
const (
	File      Kind = "file"
	URL       Kind = "url"
	Domain    Kind = "domain"
	IPAddress Kind = "ip_address"
)

// An object is what a request asks about. For a URL, id is the SHA-256 of its canonical form.
type object struct {
	kind      Kind
	id        string
	canonical string // Of a URL, where the request told it.
}

// text is the id as Synthesize wants it.
func (o object) text() string {
	if o.canonical != "" {
		return o.canonical
	}
	return o.id
}

// hashOf reads an MD5, SHA-1 or SHA-256 in hex. The service does not say whether it minds the case; here it does not.
func hashOf(sent string) (string, bool) {
	switch len(sent) {
	case 32, 40, 64:
		_, err := hex.DecodeString(sent)
		return strings.ToLower(sent), err == nil
	}
	return "", false
}

// urlOf reads the identifier of a URL: the SHA-256 of the canonical URL, or the URL in base64url without padding (RFC 4648,
// sections 3.2 and 5). Padding and the standard alphabet are mistakes that real clients made, and find nothing.
func urlOf(sent string) (object, bool) {
	if hash, ok := hashOf(sent); ok && len(hash) == hex.EncodedLen(sha256.Size) {
		return object{kind: URL, id: hash}, true
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(sent)
	if err != nil {
		return object{}, false
	}
	return urlObject(string(raw))
}

func urlObject(raw string) (object, bool) {
	canonical, ok := Canonical(raw)
	if !ok {
		return object{}, false
	}
	sum := sha256.Sum256([]byte(canonical))
	return object{kind: URL, id: hex.EncodeToString(sum[:]), canonical: canonical}, true
}

// Canonical is the form of a URL that the service files it under: scheme and host in lower case, no default port, no
// fragment, a slash where the path is empty. The last is recorded (http://www.google.com was answered as
// http://www.google.com/), the others are what third parties found; the rules are not published. Everything else stays as it
// is. A text without a scheme is no URL here.
func Canonical(raw string) (string, bool) {
	scheme, rest, ok := strings.Cut(raw, "://")
	scheme = strings.ToLower(scheme)
	port, known := map[string]string{"http": ":80", "https": ":443", "ftp": ":21"}[scheme]
	if !ok || !known {
		return "", false
	}
	rest, _, _ = strings.Cut(rest, "#")
	authority, tail := rest, ""
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		authority, tail = rest[:i], rest[i:]
	}
	if !strings.HasPrefix(tail, "/") {
		tail = "/" + tail
	}
	host := strings.LastIndexByte(authority, '@') + 1
	name := strings.TrimSuffix(strings.ToLower(authority[host:]), port)
	return scheme + "://" + authority[:host] + name + tail, name != ""
}

// maxDomain is the longest name of the DNS, in bytes, and maxLabel the longest part of one (RFC 1035).
const (
	maxDomain = 253
	maxLabel  = 63
)

// domainOf reads a domain: two labels or more under a suffix of the public suffix list, internationalised ones as A-labels,
// without a dot at the end.
func domainOf(sent string) (string, bool) {
	name := strings.ToLower(sent)
	labels := strings.Split(name, ".")
	if len(name) > maxDomain || len(labels) < 2 {
		return "", false
	}
	for _, label := range labels {
		if !isLabel(label) {
			return "", false
		}
	}
	suffix, icann := publicsuffix.PublicSuffix(name)
	// What the list does not know comes back as the last label, and not as ICANN's.
	listed := icann || strings.Contains(suffix, ".")
	return name, listed && suffix != closedSuffix
}

// closedSuffix has names below co.za, org.za and so on only. The service refused one right below it; the list has no rule for
// it either, but the library does not let that be seen.
const closedSuffix = "za"

func isLabel(label string) bool {
	if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	return strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

// addressOf reads an IPv4 or IPv6 address, in any spelling.
func addressOf(sent string) (string, bool) {
	address, err := netip.ParseAddr(sent)
	if err != nil || address.Zone() != "" {
		return "", false
	}
	return address.String(), true
}
