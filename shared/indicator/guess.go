package indicator

import (
	"net/netip"
	"strings"
)

// shortestHash is the number of hex digits from which a value without dots is taken for a hash, cut or of another kind,
// not for a name: half the length of the shortest hash we know, and longer than any label of digits worth asking about.
const shortestHash = 16

// Guess parses what a person typed without saying its type. By its looks it is a hash (hex, of a known length), an IP
// address, a URL (with a scheme, a port, a path or a query), else a domain name. Typ is the type that was guessed, ""
// where none fits, and also set when the value is refused under it. The error is a [*Refusal].
func Guess(value string) (typ string, p Parsed, err error) {
	if len(value) > MaxValueBytes {
		return "", Parsed{}, tooLong(len(value))
	}
	v := trim(value)
	typ = guessType(v)
	if typ == "" {
		return "", Parsed{}, refuse(BadHash, "looks like a hash of another kind: want 32, 40 or 64 hex digits")
	}
	p, err = Parse(typ, v, "")
	return typ, p, err
}

// guessType looks for the narrowest form first: hex digits could be a label as well, an address a host.
func guessType(v string) string {
	if len(v) >= shortestHash && isHex(v) {
		for _, t := range []string{TypeMD5, TypeSHA1, TypeSHA256} {
			if len(v) == hexDigits(t) {
				return t
			}
		}
		return ""
	}
	if t := addressType(v); t != "" {
		return t
	}
	if strings.ContainsAny(refang(v), ":/?#") {
		return TypeURL
	}
	return TypeFQDN
}

// addressType also recognises blocks and zones, so that they are refused as what they are: 10.0.0.0/8 makes a URL, too.
func addressType(v string) string {
	bare := unbracket(refang(v))
	addr, err := netip.ParseAddr(bare)
	if err != nil {
		block, err := netip.ParsePrefix(bare)
		if err != nil {
			return ""
		}
		addr = block.Addr()
	}
	if addr.Unmap().Is4() {
		return TypeIP
	}
	return TypeIPv6
}
