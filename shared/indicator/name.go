package indicator

import (
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

const (
	// maxName is what the wire form of RFC 1035, 255 octets, leaves for the text of a name.
	maxName = 253
	// maxLabel is the limit of RFC 1035 for one label.
	maxLabel = 63
	// maxRawName bounds a name before its conversion, whose time grows with the square of the length: four bytes, the
	// most that UTF-8 takes, for each character of the longest name.
	maxRawName = 4 * maxName
)

func parseDomain(v string) (string, error) {
	name, detail := normalName(refang(v))
	switch {
	case detail != "":
		return "", refuse(BadDomain, detail)
	case isAddress(name):
		return "", refuse(BadDomain, "an IP address: want a domain name, or the type IP Address")
	case endsInNumber(name):
		return "", refuse(BadDomain, "the last label is a number: want a domain name")
	}
	return name, nil
}

// normalName gives a name in lower-case A-labels without the trailing dot, or what is wrong with it. It does not judge
// whether the name is one of an address.
func normalName(s string) (name, detail string) {
	if len(s) > maxRawName {
		return "", "longer than any domain name: want at most 253 characters"
	}
	name, ok := toASCII(s)
	if !ok {
		return "", "not an internationalised name (UTS 46): want letters that a domain name may have"
	}
	name = strings.TrimSuffix(name, ".")
	if len(name) > maxName {
		return "", "longer than any domain name: want at most 253 characters"
	}
	for label := range strings.SplitSeq(name, ".") {
		if detail := checkLabel(label); detail != "" {
			return "", detail
		}
	}
	return name, ""
}

// toASCII drops the error of idna on purpose, as it quotes the label. The profile is the one of browsers: the WHATWG URL
// standard's "domain to ASCII" when not strict.
func toASCII(s string) (string, bool) {
	if isASCII(s) {
		return strings.ToLower(s), true
	}
	if !utf8.ValidString(s) { // The mapping would read on in the replacement character's place.
		return "", false
	}
	profile := idna.New(
		idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false),
		idna.CheckHyphens(false),     // r3---sn-4g5e6nl7.googlevideo.com is alive.
		idna.StrictDomainName(false), // So is _dmarc; checkLabel refuses the other characters that this lets in.
	)
	name, err := profile.ToASCII(s)
	return name, err == nil
}

// checkLabel tells what is wrong with a label, "" when nothing is. It allows hyphens anywhere and underscores, as
// resolvers do and as names in the wild have them.
func checkLabel(label string) (detail string) {
	switch {
	case label == "":
		return "an empty label: want names separated by single dots"
	case len(label) > maxLabel:
		return "a label of more than 63 characters: want at most 63"
	case strings.Contains(label, "*"):
		return "a wildcard: want one domain name"
	case strings.ContainsAny(label, ":/?#@"):
		return "a URL, an email address or a port: want a bare domain name"
	case strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "":
		return "a character that no domain name has: want letters, digits, hyphens and underscores"
	}
	return ""
}

// endsInNumber tells whether browsers would read the name as an IPv4 address or fail (WHATWG URL, "ends in a number").
// No top-level domain is a number.
func endsInNumber(name string) bool {
	last := name[strings.LastIndexByte(name, '.')+1:]
	if digits, ok := strings.CutPrefix(last, "0x"); ok {
		return isHex(digits)
	}
	return strings.Trim(last, "0123456789") == ""
}

func isAddress(name string) bool {
	_, err := netip.ParseAddr(name)
	return err == nil
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
