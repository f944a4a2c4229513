package indicator

import (
	"fmt"
	"strings"
	"unicode"
)

// MaxValueBytes bounds a value, both as it came and in normal form. Common web servers refuse request lines over 8 KiB
// (nginx: 8k, Apache: 8,190), so a longer URL leads nowhere. A message carries up to three spellings of it, its object's
// and its twin's included: package wire derives its bounds from that.
const MaxValueBytes = 8192

// The names of the ThreatQ types that have an object, as ThreatQ's own client lists them.
const (
	TypeMD5    = "MD5"
	TypeSHA1   = "SHA-1"
	TypeSHA256 = "SHA-256"
	TypeURL    = "URL"
	TypeFQDN   = "FQDN"
	TypeIP     = "IP Address"
	TypeIPv6   = "IPv6 Address"
)

// Types lists the names of the types that [Parse] supports.
func Types() []string {
	return []string{TypeMD5, TypeSHA1, TypeSHA256, TypeURL, TypeFQDN, TypeIP, TypeIPv6}
}

// Parse tells which object a ThreatQ value stands for. Typ is the name of the ThreatQ type, in any case. Scheme is the
// indicator's Scheme attribute, "" when absent: a hint for URLs without one, as ThreatQ strips it, ignored unless it says
// http or https. The error is a [*Refusal].
func Parse(typ, value, scheme string) (Parsed, error) {
	canonical, ok := canonicalType(typ)
	if !ok {
		return Parsed{}, refuse(UnsupportedType, "want one of "+strings.Join(Types(), ", "))
	}
	if len(value) > MaxValueBytes {
		return Parsed{}, tooLong(len(value))
	}
	v := trim(value)
	if v == "" {
		return Parsed{}, refuse(Empty, "no value: want something besides white space")
	}
	switch canonical {
	case TypeURL:
		return parseURL(v, scheme)
	case TypeFQDN:
		return parsed(Domain, v, parseDomain)
	case TypeIP, TypeIPv6:
		return parsed(IP, v, parseIP)
	default:
		return parsed(File, v, func(v string) (string, error) { return parseHash(canonical, v) })
	}
}

// canonicalType spells a type's name as [Types] does.
func canonicalType(typ string) (string, bool) {
	for _, t := range Types() {
		if strings.EqualFold(strings.TrimSpace(typ), t) {
			return t, true
		}
	}
	return "", false
}

// parsed wraps the normal form of the kinds that have no twin.
func parsed(kind Kind, v string, parse func(string) (string, error)) (Parsed, error) {
	normal, err := parse(v)
	if err != nil {
		return Parsed{}, err
	}
	return Parsed{Object: Object{Kind: kind, Value: normal}}, nil
}

// tooLong names the length, which tells a pasted file from a URL with one parameter too many.
func tooLong(n int) error {
	return refuse(TooLong, fmt.Sprintf("%d bytes: want at most %d", n, MaxValueBytes))
}

// trim removes what copying leaves at the ends: white space, and the invisible marks of word processors and feeds.
func trim(v string) string {
	return strings.TrimFunc(v, func(r rune) bool {
		return unicode.IsSpace(r) || r == '\ufeff' || r == '\u200b'
	})
}
