package indicator

import "net/netip"

// specialSuffixes lists names that the public DNS does not have, or that are nobody's in particular.
func specialSuffixes() []string {
	return []string{
		// IANA's registry of special-use domain names: RFC 6761, 6762, 7686, 9476. All of arpa is infrastructure: it
		// includes home.arpa (RFC 8375) and the reverse names of private addresses.
		"localhost", "local", "test", "example", "invalid", "onion", "alt", "arpa",
		// Reserved by ICANN for private use (2024), and kept out of the root for being in private use (2018).
		"internal", "corp", "home", "mail",
		// The habit of routers and of the private networks of RFC 6762, appendix G. None is delegated.
		"lan", "localdomain", "intranet", "private",
	}
}

// A block is a range of addresses that no host on the Internet has.
type block struct {
	prefix string
	reason Reason
	use    string
}

// specialBlocks lists IANA's registries of special-purpose addresses, as of 2025, as far as they are not globally
// reachable, and the multicast ranges. Prefixes are text, to be compared with the registries; parsing the whole list
// takes microseconds, and is done once per address.
func specialBlocks() []block {
	return []block{
		{"0.0.0.0/8", ReservedAddress, "this network, RFC 791"},
		{"10.0.0.0/8", PrivateAddress, "private use, RFC 1918"},
		{"100.64.0.0/10", PrivateAddress, "shared behind carrier NAT, RFC 6598"},
		{"127.0.0.0/8", PrivateAddress, "loopback, RFC 1122"},
		{"169.254.0.0/16", PrivateAddress, "link local, RFC 3927"},
		{"172.16.0.0/12", PrivateAddress, "private use, RFC 1918"},
		{"192.0.0.0/24", ReservedAddress, "protocol assignments, RFC 6890"},
		{"192.0.2.0/24", ReservedAddress, "documentation, RFC 5737"},
		{"192.88.99.0/24", ReservedAddress, "6to4 relays, given up by RFC 7526"},
		{"192.168.0.0/16", PrivateAddress, "private use, RFC 1918"},
		{"198.18.0.0/15", ReservedAddress, "benchmarking, RFC 2544"},
		{"198.51.100.0/24", ReservedAddress, "documentation, RFC 5737"},
		{"203.0.113.0/24", ReservedAddress, "documentation, RFC 5737"},
		{"224.0.0.0/4", ReservedAddress, "multicast, RFC 5771"},
		{"240.0.0.0/4", ReservedAddress, "reserved and broadcast, RFC 1112"},

		{"::/128", ReservedAddress, "unspecified, RFC 4291"},
		{"::1/128", PrivateAddress, "loopback, RFC 4291"},
		{"64:ff9b:1::/48", PrivateAddress, "local translation, RFC 8215"},
		{"100::/64", ReservedAddress, "discard only, RFC 6666"},
		{"100:0:0:1::/64", ReservedAddress, "dummy prefix, RFC 9780"},
		{"2001::/23", ReservedAddress, "protocol assignments and Teredo, RFC 2928"},
		{"2001:db8::/32", ReservedAddress, "documentation, RFC 3849"},
		{"3fff::/20", ReservedAddress, "documentation, RFC 9637"},
		{"5f00::/16", ReservedAddress, "segment routing, RFC 9602"},
		{"fc00::/7", PrivateAddress, "unique local, RFC 4193"},
		{"fe80::/10", PrivateAddress, "link local, RFC 4291"},
		{"fec0::/10", PrivateAddress, "site local, given up by RFC 3879"},
		{"ff00::/8", ReservedAddress, "multicast, RFC 4291"},
	}
}

// The ranges of IPv6 that need arithmetic.
const (
	globalUnicast = "2000::/3"     // All that IANA hands out for public use.
	nat64         = "64:ff9b::/96" // RFC 6052: an IPv4 address in the last four bytes.
	sixToFour     = "2002::/16"    // RFC 3056: an IPv4 address in the four bytes that follow.
)

// inner gives the IPv4 address inside an IPv6 address that has one, else the address: 2002:c0a8:1::1 gives away
// 192.168.0.1 to whoever is asked about it.
func inner(addr netip.Addr) netip.Addr {
	b := addr.As16()
	switch {
	case netip.MustParsePrefix(nat64).Contains(addr):
		return netip.AddrFrom4([4]byte(b[12:16]))
	case netip.MustParsePrefix(sixToFour).Contains(addr):
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return addr.Unmap()
}
