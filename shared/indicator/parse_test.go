package indicator_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"vtq.internal/shared/indicator"
)

const (
	md5hex    = "d41d8cd98f00b204e9800998ecf8427e"
	sha1hex   = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
	sha256hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

func TestParse(t *testing.T) {
	for name, tc := range map[string]struct {
		typ, value string
		want       indicator.Object
	}{
		"md5":                      {"MD5", md5hex, object(indicator.File, md5hex)},
		"sha-1":                    {"SHA-1", sha1hex, object(indicator.File, sha1hex)},
		"sha-256":                  {"SHA-256", sha256hex, object(indicator.File, sha256hex)},
		"hash in capitals":         {"MD5", strings.ToUpper(md5hex), object(indicator.File, md5hex)},
		"hash between blanks":      {"MD5", "\t " + md5hex + "\r\n", object(indicator.File, md5hex)},
		"byte order mark":          {"MD5", "\ufeff" + md5hex + "\u200b", object(indicator.File, md5hex)},
		"type in another case":     {" sha-1 ", sha1hex, object(indicator.File, sha1hex)},
		"ipv4":                     {"IP Address", "8.8.8.8", object(indicator.IP, "8.8.8.8")},
		"ipv4 defanged":            {"IP Address", "8[.]8(.)8{.}8", object(indicator.IP, "8.8.8.8")},
		"ipv6":                     {"IPv6 Address", "2001:4860:4860:0::8888", object(indicator.IP, "2001:4860:4860::8888")},
		"ipv6 in capitals":         {"IPv6 Address", "2A00:1450::200E", object(indicator.IP, "2a00:1450::200e")},
		"ipv6 in brackets":         {"IPv6 Address", "[2a00:1450::200e]", object(indicator.IP, "2a00:1450::200e")},
		"ipv6 defanged":            {"IPv6 Address", "2a00[:]1450::200e", object(indicator.IP, "2a00:1450::200e")},
		"ipv6 under the ipv4 type": {"IP Address", "2a00:1450::200e", object(indicator.IP, "2a00:1450::200e")},
		"ipv4 under the ipv6 type": {"IPv6 Address", "8.8.8.8", object(indicator.IP, "8.8.8.8")},
		"ipv4 in ipv6":             {"IPv6 Address", "::ffff:8.8.8.8", object(indicator.IP, "8.8.8.8")},
		"ipv4 in ipv6, hex":        {"IPv6 Address", "::FFFF:808:808", object(indicator.IP, "8.8.8.8")},
		"private is parsed":        {"IP Address", "10.0.0.1", object(indicator.IP, "10.0.0.1")},
		"name":                     {"FQDN", "www.google.com", object(indicator.Domain, "www.google.com")},
		"name in capitals, dot":    {"fqdn", "WWW.Google.COM.", object(indicator.Domain, "www.google.com")},
		"name defanged":            {"FQDN", "www[.]google(dot)co{DOT}uk", object(indicator.Domain, "www.google.co.uk")},
		"name with umlaut":         {"FQDN", "bücher.example.com", object(indicator.Domain, "xn--bcher-kva.example.com")},
		"umlaut in capitals":       {"FQDN", "BÜCHER.example.com", object(indicator.Domain, "xn--bcher-kva.example.com")},
		"umlaut in two runes":      {"FQDN", "bu\u0308cher.example.com", object(indicator.Domain, "xn--bcher-kva.example.com")},
		"sharp s stays itself":     {"FQDN", "straße.de", object(indicator.Domain, "xn--strae-oqa.de")},
		"ideographic full stop":    {"FQDN", "例え。jp。", object(indicator.Domain, "xn--r8jz45g.jp")},
		"a-label":                  {"FQDN", "XN--BCHER-KVA.example.com", object(indicator.Domain, "xn--bcher-kva.example.com")},
		"a-label unknown to us":    {"FQDN", "xn--0.com", object(indicator.Domain, "xn--0.com")},
		"underscore":               {"FQDN", "_dmarc.google.com", object(indicator.Domain, "_dmarc.google.com")},
		"underscore and umlaut":    {"FQDN", "_dmarc.bücher.de", object(indicator.Domain, "_dmarc.xn--bcher-kva.de")},
		"hyphens":                  {"FQDN", "r3---sn.googlevideo.com", object(indicator.Domain, "r3---sn.googlevideo.com")},
		"hyphens at the ends":      {"FQDN", "-a-.tumblr.com", object(indicator.Domain, "-a-.tumblr.com")},
		"leading digit":            {"FQDN", "1.0x2.3com.com", object(indicator.Domain, "1.0x2.3com.com")},
		"one label":                {"FQDN", "localhost", object(indicator.Domain, "localhost")},
		"longest label":            {"FQDN", strings.Repeat("a", 63) + ".com", object(indicator.Domain, strings.Repeat("a", 63)+".com")},
		"longest name":             {"FQDN", longName(253) + ".", object(indicator.Domain, longName(253))},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := indicator.Parse(tc.typ, tc.value, "")
			if err != nil || got.Object != tc.want || got.Other != nil {
				t.Errorf("Parse(%q, %q) = %v, %v, want %v", tc.typ, tc.value, got, err, tc.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		typ, value string
		want       indicator.Reason
		detail     string
	}{
		"other type":           {"Mutex", "Global\\x", indicator.UnsupportedType, "want one of MD5"},
		"block type":           {"CIDR Block", "8.8.8.0/24", indicator.UnsupportedType, "want one of MD5"},
		"no type":              {"", md5hex, indicator.UnsupportedType, "want one of MD5"},
		"empty":                {"MD5", "", indicator.Empty, "white space"},
		"blank":                {"URL", " \t\u00a0\ufeff", indicator.Empty, "white space"},
		"too long":             {"FQDN", strings.Repeat("a", indicator.MaxValueBytes+1), indicator.TooLong, "8193 bytes: want at most 8192"},
		"hash of another type": {"MD5", sha1hex, indicator.BadHash, "40 hex digits: want 32 for MD5"},
		"hash cut":             {"SHA-256", sha256hex[1:], indicator.BadHash, "63 hex digits: want 64 for SHA-256"},
		"hash with a letter":   {"SHA-1", "None", indicator.BadHash, "not hexadecimal: want 40 hex digits for SHA-1"},
		"hash with a blank":    {"MD5", md5hex[:16] + " " + md5hex[17:], indicator.BadHash, "not hexadecimal"},
		"block":                {"IP Address", "8.8.8.0/24", indicator.BadIP, "a block"},
		"block of one":         {"IPv6 Address", "2a00:1450::200e/128", indicator.BadIP, "a block"},
		"zone":                 {"IPv6 Address", "fe80::1%eth0", indicator.BadIP, "zone"},
		"port":                 {"IP Address", "8.8.8.8:53", indicator.BadIP, "without a port"},
		"leading zero":         {"IP Address", "8.8.8.010", indicator.BadIP, "without leading zeros"},
		"three bytes":          {"IP Address", "8.8.8", indicator.BadIP, "not an IP address"},
		"one bracket":          {"IPv6 Address", "[2a00:1450::200e", indicator.BadIP, "not an IP address"},
		"name as address":      {"IP Address", "dns.google", indicator.BadIP, "not an IP address"},
		"address as name":      {"FQDN", "8.8.8.8", indicator.BadDomain, "an IP address: want a domain name"},
		"ipv6 as name":         {"FQDN", "2a00:1450::200e", indicator.BadDomain, "a port"},
		"wide digits":          {"FQDN", "８.８.８.８", indicator.BadDomain, "an IP address: want a domain name"},
		"other spelling":       {"FQDN", "0x08.0x08", indicator.BadDomain, "the last label is a number"},
		"number":               {"FQDN", "1.2.3", indicator.BadDomain, "the last label is a number"},
		"wildcard":             {"FQDN", "*.google.com", indicator.BadDomain, "a wildcard: want one domain name"},
		"url as name":          {"FQDN", "https://google.com", indicator.BadDomain, "a URL"},
		"name with port":       {"FQDN", "google.com:443", indicator.BadDomain, "a port"},
		"mail address":         {"FQDN", "me@google.com", indicator.BadDomain, "an email address"},
		"two dots":             {"FQDN", "google..com", indicator.BadDomain, "an empty label"},
		"leading dot":          {"FQDN", ".google.com", indicator.BadDomain, "an empty label"},
		"two trailing dots":    {"FQDN", "google.com..", indicator.BadDomain, "an empty label"},
		"only a dot":           {"FQDN", ".", indicator.BadDomain, "an empty label"},
		"inner blank":          {"FQDN", "google .com", indicator.BadDomain, "a character that no domain name has"},
		"inner newline":        {"FQDN", "google.com\nbing.com", indicator.BadDomain, "a character that no domain name has"},
		"mark in a mark":       {"FQDN", "google[[.]]com", indicator.BadDomain, "a character that no domain name has"},
		"slash by mapping":     {"FQDN", "a℀.com", indicator.BadDomain, "a URL"},
		"invalid utf-8":        {"FQDN", "a\xff.com", indicator.BadDomain, "internationalised"},
		"mixed directions":     {"FQDN", "aא.com", indicator.BadDomain, "internationalised"},
		"label too long":       {"FQDN", strings.Repeat("a", 64) + ".com", indicator.BadDomain, "want at most 63"},
		"a-label too long":     {"FQDN", strings.Repeat("ü", 63) + ".com", indicator.BadDomain, "want at most 63"},
		"name too long":        {"FQDN", longName(254), indicator.BadDomain, "want at most 253"},
		"long before IDNA":     {"FQDN", strings.Repeat("ü.", 400), indicator.BadDomain, "want at most 253"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := indicator.Parse(tc.typ, tc.value, "")
			wantRefusal(t, fmt.Sprintf("Parse(%q, %q)", tc.typ, tc.value), tc.value, err, tc.want, tc.detail)
		})
	}
}

func TestParseAtTheLengthBound(t *testing.T) {
	value := "http://google.com/" + strings.Repeat("a", indicator.MaxValueBytes-len("http://google.com/"))
	if got, err := indicator.Parse("URL", value, ""); err != nil || got.Object.Value != value {
		t.Errorf("Parse of %d bytes: %v, want it kept", len(value), err)
	}
	_, err := indicator.Parse("URL", value+"a", "")
	wantRefusal(t, "Parse of one byte more", value, err, indicator.TooLong, "8193 bytes")
	_, err = indicator.Parse("URL", value[len("http://"):]+"aa", "")
	wantRefusal(t, "Parse of what grows by its scheme", value, err, indicator.TooLong, "8194 bytes")
	_, err = indicator.Parse("URL", "http://google.com/"+strings.Repeat("a b", 2000), "")
	wantRefusal(t, "Parse of what grows by its spaces", "a b", err, indicator.TooLong, "10018 bytes")

	// The https twin is one byte longer: just that one is left out.
	got, err := indicator.Parse("URL", value[len("http://"):], "")
	if err != nil || got.Object.Value != value || got.Other != nil {
		t.Errorf("Parse of %d bytes without scheme: other %v, error %v, want neither", len(value), got.Other, err)
	}
}

func TestGuess(t *testing.T) {
	for name, tc := range map[string]struct {
		value, typ string
		want       indicator.Object
	}{
		"md5":            {strings.ToUpper(md5hex), "MD5", object(indicator.File, md5hex)},
		"sha-1":          {sha1hex, "SHA-1", object(indicator.File, sha1hex)},
		"sha-256":        {" " + sha256hex, "SHA-256", object(indicator.File, sha256hex)},
		"ipv4":           {"8.8.8[.]8", "IP Address", object(indicator.IP, "8.8.8.8")},
		"ipv6":           {"[2a00:1450::200e]", "IPv6 Address", object(indicator.IP, "2a00:1450::200e")},
		"ipv4 in ipv6":   {"::ffff:8.8.8.8", "IP Address", object(indicator.IP, "8.8.8.8")},
		"url":            {"hxxps://google[.]com", "URL", object(indicator.URL, "https://google.com/")},
		"path":           {"google.com/x", "URL", object(indicator.URL, "http://google.com/x")},
		"query":          {"google.com?x", "URL", object(indicator.URL, "http://google.com/?x")},
		"port":           {"google.com[:]8080", "URL", object(indicator.URL, "http://google.com:8080/")},
		"address, port":  {"8.8.8.8:53", "URL", object(indicator.URL, "http://8.8.8.8:53/")},
		"name":           {"Google.com.", "FQDN", object(indicator.Domain, "google.com")},
		"name as digits": {"beef.cafe", "FQDN", object(indicator.Domain, "beef.cafe")},
		"short hex word": {"deadbeef", "FQDN", object(indicator.Domain, "deadbeef")},
	} {
		t.Run(name, func(t *testing.T) {
			typ, got, err := indicator.Guess(tc.value)
			if err != nil || typ != tc.typ || got.Object != tc.want {
				t.Errorf("Guess(%q) = %q, %v, %v, want %q, %v", tc.value, typ, got.Object, err, tc.typ, tc.want)
			}
		})
	}
}

func TestGuessRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		value, typ string
		want       indicator.Reason
	}{
		"empty":      {" ", "FQDN", indicator.Empty},
		"too long":   {strings.Repeat("a", indicator.MaxValueBytes+1), "", indicator.TooLong},
		"hash cut":   {md5hex[1:], "", indicator.BadHash},
		"sha-512":    {sha256hex + sha256hex, "", indicator.BadHash},
		"ipv4 block": {"8.8.8.0/24", "IP Address", indicator.BadIP},
		"ipv6 block": {"2a00::/16", "IPv6 Address", indicator.BadIP},
		"zone":       {"fe80::1%eth0", "IPv6 Address", indicator.BadIP},
		"scheme":     {"ftp://google.com", "URL", indicator.BadURL},
		"sentence":   {"not an indicator", "FQDN", indicator.BadDomain},
	} {
		t.Run(name, func(t *testing.T) {
			typ, _, err := indicator.Guess(tc.value)
			if typ != tc.typ {
				t.Errorf("Guess(%q) type = %q, want %q", tc.value, typ, tc.typ)
			}
			wantRefusal(t, fmt.Sprintf("Guess(%q)", tc.value), tc.value, err, tc.want, "want")
		})
	}
}

// Each reason is a label of a metric: one that nothing gives would be a dead series, one that is not listed a hidden one.
func TestEveryReasonIsGiven(t *testing.T) {
	given := map[indicator.Reason]error{}
	for _, in := range []struct{ typ, value string }{
		{"ASN", "1"},
		{"MD5", ""},
		{"URL", strings.Repeat("a", indicator.MaxValueBytes+1)},
		{"MD5", "x"},
		{"URL", "ftp://a.b"},
		{"FQDN", "*.a.b"},
		{"IP Address", "x"},
		{"IP Address", "10.0.0.1"},
		{"IP Address", "240.0.0.1"},
		{"FQDN", "nas"},
		{"URL", "http://a:b@google.com/"},
	} {
		p, err := indicator.Parse(in.typ, in.value, "")
		if err == nil {
			err = p.Object.Public(nil)
		}
		reason, _ := indicator.ReasonOf(err)
		given[reason] = err
	}
	for _, r := range indicator.Reasons() {
		if given[r] == nil {
			t.Errorf("no value was refused as %s", r)
		}
		delete(given, r)
	}
	if len(given) > 0 {
		t.Errorf("reasons %v are not in Reasons()", given)
	}
}

func TestReasonOf(t *testing.T) {
	refusal := &indicator.Refusal{Reason: indicator.BadIP, Detail: "not an IP address"}
	for name, tc := range map[string]struct {
		err    error
		want   indicator.Reason
		wantOK bool
	}{
		"refusal": {refusal, indicator.BadIP, true},
		"wrapped": {fmt.Errorf("admitting: %w", refusal), indicator.BadIP, true},
		"joined":  {errors.Join(io.EOF, refusal), indicator.BadIP, true},
		"other":   {io.EOF, "", false},
		"nil":     {nil, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got, ok := indicator.ReasonOf(tc.err); got != tc.want || ok != tc.wantOK {
				t.Errorf("ReasonOf(%v) = %q, %t, want %q, %t", tc.err, got, ok, tc.want, tc.wantOK)
			}
		})
	}
	if got, want := refusal.Error(), "bad_ip: not an IP address"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}

func object(kind indicator.Kind, value string) indicator.Object {
	return indicator.Object{Kind: kind, Value: value}
}

// longName makes a valid name of n bytes, but for its length.
func longName(n int) string {
	labels := strings.Repeat(strings.Repeat("a", 49)+".", n/50)
	return labels + strings.Repeat("b", n-len(labels))
}

// wantRefusal also checks what holds for every refusal: it is no longer than a line, and keeps the value to itself.
func wantRefusal(t *testing.T, call, value string, err error, want indicator.Reason, detail string) {
	t.Helper()
	if got, ok := indicator.ReasonOf(err); !ok || got != want {
		t.Fatalf("%s error = %v, want %s", call, err, want)
	}
	if text := err.Error(); !strings.Contains(text, detail) || len(text) > 160 {
		t.Errorf("%s error = %q, want it to say %q, within a line", call, text, detail)
	}
	if v := strings.TrimSpace(value); len(v) > 5 && strings.Contains(err.Error(), v) {
		t.Errorf("%s error = %q, want it without the value", call, err)
	}
}
