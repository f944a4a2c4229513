package indicator_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"vtq.internal/shared/indicator"
)

const (
	private  = indicator.PrivateAddress
	reserved = indicator.ReservedAddress
	internal = indicator.InternalName
)

// First and last address of each block, and its public neighbours ("" where the neighbour is special, too).
func TestPublicAddressBlocks(t *testing.T) {
	for _, tc := range []struct {
		want                       indicator.Reason
		before, first, last, after string
	}{
		{reserved, "", "0.0.0.0", "0.255.255.255", "1.0.0.0"},
		{private, "9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"},
		{private, "100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"},
		{private, "126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"},
		{private, "169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"},
		{private, "172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"},
		{reserved, "191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"},
		{reserved, "192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"},
		{reserved, "192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0"},
		{private, "192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"},
		{reserved, "198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"},
		{reserved, "198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0"},
		{reserved, "203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0"},
		{reserved, "223.255.255.255", "224.0.0.0", "239.255.255.255", ""},
		{reserved, "", "240.0.0.0", "255.255.255.255", ""},

		{reserved, "", "::", "::", ""},
		{private, "", "::1", "::1", ""},
		{reserved, "", "::2", "::fffe:ffff:ffff", "::ffff:1.0.0.0"}, // Unallocated, and IPv4-compatible.
		{private, "", "::ffff:10.0.0.0", "::ffff:10.255.255.255", "::ffff:11.0.0.0"},
		{private, "64:ff9b::9.255.255.255", "64:ff9b::10.0.0.0", "64:ff9b::10.255.255.255", "64:ff9b::11.0.0.0"},
		{reserved, "64:ff9b::223.255.255.255", "64:ff9b::224.0.0.0", "64:ff9b::255.255.255.255", ""},
		{private, "", "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", ""},
		{reserved, "", "100::", "100::ffff:ffff:ffff:ffff", ""},
		{reserved, "", "100:0:0:1::", "100::1:ffff:ffff:ffff:ffff", ""},
		{reserved, "", "2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"},
		{reserved, "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"},
		{private, "2002:9ff:ffff::", "2002:a00::", "2002:aff:ffff:ffff:ffff:ffff:ffff:ffff", "2002:b00::"},
		{private, "2002:c0a7:ffff::", "2002:c0a8::", "2002:c0a8:ffff:ffff:ffff:ffff:ffff:ffff", "2002:c0a9::"},
		{reserved, "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::"},
		{reserved, "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "4000::", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""},
		{reserved, "", "5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""},
		{private, "", "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""},
		{private, "", "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""},
		{private, "", "fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""},
		{reserved, "", "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""},
	} {
		for _, addr := range []string{tc.first, tc.last} {
			wantAddress(t, addr, tc.want)
		}
		for _, addr := range []string{tc.before, tc.after} {
			if addr != "" {
				wantAddress(t, addr, "")
			}
		}
	}
}

// In the registries too, but globally reachable.
func TestPublicAddressesWithASpecialPurpose(t *testing.T) {
	for _, addr := range []string{
		"192.31.196.1", "192.52.193.1", "192.175.48.1", "2620:4f:8000::1", // AS112, AMT.
		"8.8.8.8", "2001:4860:4860::8888", "64:ff9b::8.8.8.8", "2002:808:808::1",
	} {
		wantAddress(t, addr, "")
	}
}

// wantAddress asks about an address as it is and as the host of a URL.
func wantAddress(t *testing.T, addr string, want indicator.Reason) {
	t.Helper()
	host := addr
	if netip.MustParseAddr(addr).Is6() {
		host = "[" + addr + "]"
	}
	for _, o := range []indicator.Object{
		object(indicator.IP, addr),
		object(indicator.URL, "http://"+host+"/"),
		object(indicator.URL, "https://"+host+":8443/x"),
	} {
		wantPublic(t, o, nil, want)
	}
}

func TestPublicNames(t *testing.T) {
	suffixes := []string{"corp.acme.com", " *.Bücher.de. ", ".vpn.acme.net", "", "*", "not a suffix"}
	for name, tc := range map[string]struct {
		value string
		want  indicator.Reason
	}{
		"public":                  {"www.google.com", ""},
		"one label":               {"localhost", internal},
		"a host":                  {"fileserver01", internal},
		"localhost":               {"a.localhost", internal},
		"mdns":                    {"printer.local", internal},
		"internal":                {"a.b.internal", internal},
		"lan":                     {"router.lan", internal},
		"home":                    {"nas.home", internal},
		"home.arpa":               {"nas.home.arpa", internal},
		"reverse name":            {"1.0.0.10.in-addr.arpa", internal},
		"corp":                    {"ad.corp", internal},
		"test":                    {"www.test", internal},
		"example":                 {"evil.example", internal},
		"invalid":                 {"a.invalid", internal},
		"onion":                   {"duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion", internal},
		"suffix as a label":       {"local.google.com", ""},
		"suffix as a part":        {"notlocal.mylocal-com.net", ""},
		"example.com is public":   {"www.example.com", ""},
		"configured":              {"corp.acme.com", internal},
		"below configured":        {"a.b.corp.acme.com", internal},
		"beside configured":       {"mycorp.acme.com", ""},
		"above configured":        {"acme.com", ""},
		"configured by wildcard":  {"a.xn--bcher-kva.de", internal},
		"configured with dot":     {"vpn.acme.net", internal},
		"in capitals, all right?": {"A.CORP.acme.com", internal},
	} {
		t.Run(name, func(t *testing.T) {
			wantPublic(t, object(indicator.Domain, tc.value), suffixes, tc.want)
			wantPublic(t, object(indicator.URL, "https://"+tc.value+":8443/x"), suffixes, tc.want)
		})
	}
}

func TestPublicOtherObjects(t *testing.T) {
	for name, tc := range map[string]struct {
		object indicator.Object
		want   indicator.Reason
	}{
		"file":                  {object(indicator.File, md5hex), ""},
		"password":              {object(indicator.URL, "https://me:secret@google.com/"), indicator.URLCredentials},
		"password only":         {object(indicator.URL, "https://:secret@google.com/"), indicator.URLCredentials},
		"token":                 {object(indicator.URL, "https://ghp_0123@github.com/"), indicator.URLCredentials},
		"password, private":     {object(indicator.URL, "https://me:secret@10.0.0.1/"), indicator.URLCredentials},
		"at in the path":        {object(indicator.URL, "https://google.com/me:secret@x"), ""},
		"other loopback":        {object(indicator.URL, "http://0x7f.1/"), private},
		"decimal loopback":      {object(indicator.URL, "http://2130706433/"), private},
		"octal private":         {object(indicator.URL, "http://012.0.0.1/"), private},
		"wide loopback":         {object(indicator.URL, "http://１２７。1/"), private},
		"not a URL":             {object(indicator.URL, "ftp://google.com/"), indicator.BadURL},
		"not a name":            {object(indicator.Domain, "8.8.8.8"), indicator.BadDomain},
		"not an address":        {object(indicator.IP, "google.com"), indicator.BadIP},
		"zone":                  {object(indicator.IP, "2a00::1%x"), indicator.BadIP},
		"no kind":               {indicator.Object{Value: md5hex}, indicator.UnsupportedType},
		"kind of another day":   {object("wallet", md5hex), indicator.UnsupportedType},
		"address not in normal": {object(indicator.IP, "::ffff:7f00:1"), private},
	} {
		t.Run(name, func(t *testing.T) { wantPublic(t, tc.object, nil, tc.want) })
	}
}

func TestParseSuffix(t *testing.T) {
	for _, s := range []string{"corp.acme.com", ".corp.acme.com", " *.Corp.Acme.com. ", "corp[.]acme.com"} {
		if got, err := indicator.ParseSuffix(s); err != nil || got != "corp.acme.com" {
			t.Errorf("ParseSuffix(%q) = %q, %v, want corp.acme.com", s, got, err)
		}
	}
	if got, err := indicator.ParseSuffix("acme"); err != nil || got != "acme" {
		t.Errorf("ParseSuffix(acme) = %q, %v, want a top-level name accepted", got, err)
	}
	for s, want := range map[string]indicator.Reason{
		"": indicator.Empty, "*.": indicator.Empty, " . ": indicator.Empty,
		"a b": indicator.BadDomain, "10.0.0.1": indicator.BadDomain, "*.*.acme.com": indicator.BadDomain,
	} {
		_, err := indicator.ParseSuffix(s)
		wantRefusal(t, fmt.Sprintf("ParseSuffix(%q)", s), s, err, want, "want")
	}
}

func wantPublic(t *testing.T, o indicator.Object, suffixes []string, want indicator.Reason) {
	t.Helper()
	err := o.Public(suffixes)
	if want == "" {
		if err != nil {
			t.Errorf("%v.Public() = %v, want nil", o, err)
		}
		return
	}
	if got, ok := indicator.ReasonOf(err); !ok || got != want {
		t.Errorf("%v.Public() = %v, want %s", o, err, want)
		return
	}
	if text := err.Error(); !strings.Contains(text, "want") || len(text) > 160 {
		t.Errorf("%v.Public() = %q, want it to say what is wanted, within a line", o, text)
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("%v.Public() = %q, want it without the password", o, err)
	}
}
