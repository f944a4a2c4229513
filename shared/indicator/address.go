package indicator

import (
	"encoding/binary"
	"math"
	"net/netip"
	"strconv"
	"strings"
)

func parseIP(v string) (string, error) {
	addr, detail := normalAddr(v)
	if detail != "" {
		return "", refuse(BadIP, detail)
	}
	return addr.String(), nil
}

// normalAddr reads one address of either family, or tells what is wrong. ThreatQ has a type for each family, but users
// file IPv6 under "IP Address" as well, so the text decides. The error of netip quotes the value: it is dropped.
func normalAddr(v string) (addr netip.Addr, detail string) {
	v = unbracket(refang(v))
	addr, err := netip.ParseAddr(v)
	switch {
	case strings.Contains(v, "/"):
		return addr, "a block or a path: want one IP address"
	case strings.Contains(v, "%"):
		return addr, "an address with a zone, which means something on one machine only: want an address without"
	case err != nil:
		return addr, "not an IP address: want dotted decimal IPv4 without leading zeros, or IPv6, without a port"
	}
	return addr.Unmap(), ""
}

// unbracket takes off the brackets that URLs put around IPv6.
func unbracket(v string) string {
	if strings.HasPrefix(v, "[") && strings.HasSuffix(v, "]") {
		return v[1 : len(v)-1]
	}
	return v
}

// looseIPv4 reads the spellings of IPv4 that browsers accept in a URL's host (WHATWG URL, "IPv4 parser"): one to four
// numbers, each decimal, octal (0177) or hexadecimal (0x7f), the last filling all bytes that are left.
func looseIPv4(host string) (netip.Addr, bool) {
	parts := strings.Split(host, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var sum uint32
	for i, part := range parts {
		most, shift := uint32(math.MaxUint8), 24-8*i
		if i == len(parts)-1 {
			most, shift = math.MaxUint32>>(8*i), 0
		}
		n, ok := looseNumber(part)
		if !ok || n > most {
			return netip.Addr{}, false
		}
		sum |= n << shift
	}
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, sum))), true
}

func looseNumber(s string) (uint32, bool) {
	base := 10
	if digits, ok := strings.CutPrefix(s, "0x"); ok {
		s, base = digits, 16
	} else if len(s) > 1 && s[0] == '0' {
		base = 8
	}
	n, err := strconv.ParseUint(s, base, 32)
	return uint32(n), err == nil
}
