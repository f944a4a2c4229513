package indicator

import (
	"net/netip"
	"strings"
)

// Public tells whether an object may be asked about: nil, or a [*Refusal]. Refused are addresses that are not public,
// names that mean something inside a network only, URLs with either as their host, and URLs with user information.
// InternalSuffixes are the operator's own such names, each covering itself and all names below it; write them as
// [ParseSuffix] accepts them, others cover nothing. A file is always public: its hash tells nothing about where it lay.
//
// An object that Parse would not have made, such as one from a message that somebody forged, is judged by what it stands
// for, and refused when that is nothing.
func (o Object) Public(internalSuffixes []string) error {
	switch o.Kind {
	case File:
		return nil
	case IP:
		addr, detail := normalAddr(o.Value)
		if detail != "" {
			return refuse(BadIP, detail)
		}
		return publicAddr(addr)
	case Domain:
		name, err := parseDomain(o.Value)
		if err != nil {
			return err
		}
		return publicName(name, internalSuffixes)
	case URL:
		return publicURL(o.Value, internalSuffixes)
	}
	return refuse(UnsupportedType, "an object of no known kind: want file, url, domain or ip")
}

// publicURL looks at credentials first: of all reasons it is the one that the analyst should hear of.
func publicURL(v string, suffixes []string) error {
	l, err := parseLink(v)
	switch {
	case err != nil:
		return err
	case l.user != "":
		return refuse(URLCredentials, "user information before the host, which the provider would learn: want a URL without")
	case l.addr.IsValid():
		return publicAddr(l.addr)
	}
	return publicName(l.host, suffixes)
}

func publicName(name string, suffixes []string) error {
	if !strings.Contains(name, ".") {
		return refuse(InternalName, "a name of one label: want a fully qualified name")
	}
	for _, s := range specialSuffixes() {
		if covers(s, name) {
			return refuse(InternalName, "a name under ."+s+", which the public DNS does not have: want a public name")
		}
	}
	for _, s := range suffixes {
		if normal, err := ParseSuffix(s); err == nil && covers(normal, name) {
			return refuse(InternalName, "a name under a suffix configured as internal: want a public name")
		}
	}
	return nil
}

// covers compares whole labels: corp.acme.com covers a.corp.acme.com, not mycorp.acme.com.
func covers(suffix, name string) bool {
	head, ok := strings.CutSuffix(name, suffix)
	return ok && (head == "" || strings.HasSuffix(head, "."))
}

// ParseSuffix reads one suffix of internal names from the configuration, so that a mistyped one is a complaint at the
// start and not a leak: "corp.example.com", ".corp.example.com" and "*.corp.example.com" are the same. The result is in
// the normal form of names. The error is a [*Refusal].
func ParseSuffix(s string) (string, error) {
	s = strings.TrimPrefix(strings.TrimPrefix(trim(s), "*"), ".")
	if s == "" {
		return "", refuse(Empty, "no suffix: want a domain name")
	}
	return parseDomain(s)
}

// publicAddr judges an address, and one that carries an IPv4 address inside by that.
func publicAddr(addr netip.Addr) error {
	addr = inner(addr)
	for _, b := range specialBlocks() {
		if netip.MustParsePrefix(b.prefix).Contains(addr) {
			return refuse(b.reason, "an address in "+b.prefix+" ("+b.use+"): want a public address")
		}
	}
	if addr.Is6() && !netip.MustParsePrefix(globalUnicast).Contains(addr) {
		return refuse(ReservedAddress, "an address outside "+globalUnicast+" (all of IPv6 that is in public use): want a public address")
	}
	return nil
}
