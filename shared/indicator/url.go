package indicator

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A link is a URL in normalised parts. It is read by hand: net/url decodes and re-encodes, and differs from browsers on
// where the host ends.
type link struct {
	scheme string     // "http", "https", or "" when the value names none.
	user   string     // User information as it came, "" when there is none.
	host   string     // A name in A-labels, or an address, bracketed when IPv6.
	addr   netip.Addr // The host's address, invalid when it is a name.
	port   string     // Without leading zeros, "" when there is none.
	tail   string     // Path, query and fragment as they came, from the slash on.
}

func parseURL(v, hint string) (Parsed, error) {
	l, err := parseLink(v)
	if err != nil {
		return Parsed{}, err
	}
	scheme, assumed := l.scheme, false
	if scheme == "" {
		scheme, assumed = hintedScheme(hint)
	}
	p := Parsed{Object: Object{Kind: URL, Value: l.under(scheme)}}
	if n := len(p.Object.Value); n > MaxValueBytes { // Longer than it came: a scheme more, or %20 for spaces.
		return Parsed{}, tooLong(n)
	}
	if twin := l.under("https"); assumed && len(twin) <= MaxValueBytes {
		p.Other = &Object{Kind: URL, Value: twin}
	}
	return p, nil
}

// hintedScheme reads ThreatQ's Scheme attribute. Analysts can write anything there, so what it does not know it ignores.
func hintedScheme(hint string) (scheme string, assumed bool) {
	switch s := strings.ToLower(strings.TrimSpace(hint)); s {
	case "http", "https":
		return s, false
	}
	return "http", true
}

func parseLink(v string) (link, error) {
	if !utf8.ValidString(v) || strings.ContainsFunc(v, unicode.IsControl) {
		return link{}, refuse(BadURL, "a control character or invalid UTF-8: want a URL on one line")
	}
	scheme, rest, defanged, detail := cutScheme(v)
	if detail != "" {
		return link{}, refuse(BadURL, detail)
	}
	authority, tail := rest, ""
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority, tail = rest[:i], rest[i:]
	}
	l := link{scheme: scheme}
	marked, detail := l.setAuthority(authority)
	if detail != "" {
		return link{}, refuse(BadURL, detail)
	}
	if defanged || marked {
		tail = refangTail(tail)
	}
	l.setTail(tail)
	return l, nil
}

// setAuthority fills user, host and port, and tells whether the host was defanged. User information stays untouched.
func (l *link) setAuthority(s string) (defanged bool, detail string) {
	if strings.ContainsAny(s, ` \`) {
		// Browsers end the host at a backslash, libraries do not: nobody can say which host is meant.
		return false, "a space or a backslash before the path: want a host name or an address"
	}
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		l.user, s = s[:i], s[i+1:]
	}
	if l.user == ":" { // Nothing given away, and browsers drop it.
		l.user = ""
	}
	plain := refang(s)
	host, port, detail := cutPort(plain)
	if detail != "" {
		return false, detail
	}
	l.port = port
	return plain != s, l.setHost(host)
}

// setHost tells an address from a name as browsers do: by the brackets, or by a last label that is a number.
func (l *link) setHost(s string) (detail string) {
	if s == "" {
		return "no host: want a host name or an address after the scheme"
	}
	if bare := unbracket(s); bare != s {
		addr, err := netip.ParseAddr(bare)
		if err != nil || !addr.Is6() || addr.Zone() != "" {
			return "brackets around something else: want an IPv6 address without a zone in them"
		}
		l.host, l.addr = "["+addr.String()+"]", addr
		return ""
	}
	name, detail := normalName(s)
	if detail != "" {
		return "host: " + detail
	}
	if endsInNumber(name) {
		addr, ok := looseIPv4(name)
		if !ok {
			return "host: the last label is a number: want a domain name or an IPv4 address"
		}
		l.addr, name = addr, addr.String()
	}
	l.host = name
	return ""
}

// setTail writes what browsers send: an empty path is a slash (VirusTotal, recorded 2020: http://www.google.com is looked
// up as http://www.google.com/), and a space is %20.
func (l *link) setTail(s string) {
	l.tail = strings.ReplaceAll(s, " ", "%20")
	if !strings.HasPrefix(l.tail, "/") {
		l.tail = "/" + l.tail
	}
}

// under writes the URL under a scheme, whose default port it drops.
func (l *link) under(scheme string) string {
	var b strings.Builder
	b.WriteString(scheme + "://")
	if l.user != "" {
		b.WriteString(l.user + "@")
	}
	b.WriteString(l.host)
	if l.port != "" && l.port != defaultPort(scheme) {
		b.WriteString(":" + l.port)
	}
	b.WriteString(l.tail)
	return b.String()
}

func defaultPort(scheme string) string {
	if scheme == "https" {
		return "443"
	}
	return "80"
}

// cutPort splits host and port. An empty port is none, as browsers have it.
func cutPort(s string) (host, port, detail string) {
	i := strings.LastIndexByte(s, ':')
	if i < strings.LastIndexByte(s, ']') { // The colons of an IPv6 address.
		i = -1
	}
	if i < 0 {
		return s, "", ""
	}
	host, port = s[:i], s[i+1:]
	if port == "" {
		return host, "", ""
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return "", "", "what follows the host is no port: want a number from 1 to 65535"
	}
	return host, strconv.FormatUint(n, 10), ""
}
