package indicator_test

import (
	"fmt"
	"testing"

	"vtq.internal/shared/indicator"
)

func TestParseURL(t *testing.T) {
	for name, tc := range map[string]struct {
		value, scheme string
		want, other   string
	}{
		"as ThreatQ stores it":    {"linkprotect.cudasvc.com/url", "", "http://linkprotect.cudasvc.com/url", "https://linkprotect.cudasvc.com/url"},
		"hint http":               {"google.com/x", "http", "http://google.com/x", ""},
		"hint https":              {"google.com/x", " HTTPS ", "https://google.com/x", ""},
		"hint of another kind":    {"google.com/x", "ftp", "http://google.com/x", "https://google.com/x"},
		"scheme beats hint":       {"http://google.com/x", "https", "http://google.com/x", ""},
		"recorded by VirusTotal":  {"http://www.google.com", "", "http://www.google.com/", ""},
		"host and scheme":         {"HTTPS://Google.COM/Path?Q=A#F", "", "https://google.com/Path?Q=A#F", ""},
		"blanks around":           {" \thttp://google.com/\r\n", "", "http://google.com/", ""},
		"trailing dot":            {"http://google.com./x", "", "http://google.com/x", ""},
		"umlaut host":             {"http://Bücher.example.com/Bü", "", "http://xn--bcher-kva.example.com/Bü", ""},
		"underscore host":         {"http://a_b.google.com/", "", "http://a_b.google.com/", ""},
		"one label":               {"http://intranet/x", "", "http://intranet/x", ""},
		"slashes without scheme":  {"//google.com/x", "", "http://google.com/x", "https://google.com/x"},
		"port without scheme":     {"example.com:8080/x", "", "http://example.com:8080/x", "https://example.com:8080/x"},
		"default port, http":      {"http://google.com:80", "", "http://google.com/", ""},
		"default port, https":     {"https://google.com:0443/", "", "https://google.com/", ""},
		"default port of the two": {"google.com:443", "", "http://google.com:443/", "https://google.com/"},
		"other's default port":    {"https://google.com:80/", "", "https://google.com:80/", ""},
		"empty port":              {"http://google.com:/", "", "http://google.com/", ""},
		"last port":               {"http://google.com:65535/", "", "http://google.com:65535/", ""},
		"query without path":      {"http://google.com?q=1", "", "http://google.com/?q=1", ""},
		"fragment without path":   {"google.com#f", "https", "https://google.com/#f", ""},
		"rest untouched":          {"http://google.com/a/../b/./%7e%2F?x=[.]&&#a#b", "", "http://google.com/a/../b/./%7e%2F?x=[.]&&#a#b", ""},
		"scheme in the query":     {"google.com/?u=ftp://x", "http", "http://google.com/?u=ftp://x", ""},
		"at in the path":          {"http://google.com/@me:x", "", "http://google.com/@me:x", ""},
		"backslash in the path":   {`http://google.com/a\b`, "", `http://google.com/a\b`, ""},
		"spaces as browsers do":   {"http://google.com/my file?a b", "", "http://google.com/my%20file?a%20b", ""},
		"ipv4 host":               {"http://8.8.8.8/", "", "http://8.8.8.8/", ""},
		"ipv4, hex":               {"http://0x08080808/", "", "http://8.8.8.8/", ""},
		"ipv4, mixed":             {"http://0X8.010.2056/", "", "http://8.8.8.8/", ""},
		"ipv4, decimal":           {"http://4294967295/", "", "http://255.255.255.255/", ""},
		"ipv4, wide digits":       {"http://８。８。８。８/", "", "http://8.8.8.8/", ""},
		"ipv6 host":               {"http://[2A00:1450:0::200E]:8080/", "", "http://[2a00:1450::200e]:8080/", ""},
		"ipv6 default port":       {"[2a00:1450::200e]:80/x", "http", "http://[2a00:1450::200e]/x", ""},
		"mapped ipv4 host":        {"http://[::ffff:808:808]/", "", "http://[::ffff:8.8.8.8]/", ""},
		"credentials are kept":    {"http://Me:Pass@google.com/", "", "http://Me:Pass@google.com/", ""},
		"last at counts":          {"http://a@b@google.com/", "", "http://a@b@google.com/", ""},
		"empty credentials":       {"http://:@google.com/", "", "http://google.com/", ""},
		"defanged":                {"hxxps://google[.]com/a", "", "https://google.com/a", ""},
		"defanged in capitals":    {"hXXp://google(dot)com", "", "http://google.com/", ""},
		"defanged all over":       {"hxxp[://]google[.]com/a[.]php?u=hxxp://b[.]com", "", "http://google.com/a.php?u=http://b.com", ""},
		"defanged colon":          {"http[:]//google.com[:]8080/a", "", "http://google.com:8080/a", ""},
		"defanged host only":      {"google[.]com/a[.]php", "", "http://google.com/a.php", "https://google.com/a.php"},
		"defanged ipv6":           {"hxxp://[2a00[:]1450::200e]/", "", "http://[2a00:1450::200e]/", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := indicator.Parse("URL", tc.value, tc.scheme)
			if err != nil || got.Object != object(indicator.URL, tc.want) {
				t.Fatalf("Parse(URL, %q, %q) = %v, %v, want %q", tc.value, tc.scheme, got.Object, err, tc.want)
			}
			var other string
			if got.Other != nil {
				other = got.Other.Value
			}
			if other != tc.other {
				t.Errorf("Parse(URL, %q, %q) other = %q, want %q", tc.value, tc.scheme, other, tc.other)
			}
		})
	}
}

func TestParseURLRefuses(t *testing.T) {
	for name, tc := range map[string]struct{ value, detail string }{
		"ftp":                   {"ftp://google.com/", "a scheme that is not looked up: want http or https"},
		"unknown scheme":        {"google.com://x", "a scheme that is not looked up"},
		"no scheme, separator":  {"://google.com", "a scheme that is not looked up"},
		"scheme, no slashes":    {"http:google.com", "a scheme without slashes"},
		"scheme, one slash":     {"hxxps:/google.com", "a scheme without slashes"},
		"scheme, three slashes": {"http:///google.com", "no host"},
		"script":                {"javascript:alert(1)", "no port"},
		"no host":               {"/index.html", "no host"},
		"only a scheme":         {"https://", "no host"},
		"port as a word":        {"http://google.com:http/", "want a number from 1 to 65535"},
		"port with a sign":      {"http://google.com:+80/", "want a number from 1 to 65535"},
		"port zero":             {"http://google.com:0/", "want a number from 1 to 65535"},
		"port too large":        {"http://google.com:65536/", "want a number from 1 to 65535"},
		"backslash":             {`http://google.com\@evil.com/`, "a backslash before the path"},
		"space in the host":     {"www.cnn.com and more", "a space or a backslash"},
		"tab in the path":       {"http://google.com/a\tb", "a control character"},
		"two lines":             {"http://google.com/\nhttp://bing.com/", "want a URL on one line"},
		"nul":                   {"http://google.com/\x00", "a control character"},
		"c1 control":            {"http://google.com/a\u0085b", "a control character"},
		"invalid utf-8":         {"http://google.com/\xff", "invalid UTF-8"},
		"wildcard":              {"http://*.google.com/", "host: a wildcard"},
		"encoded host":          {"http://g%6fogle.com/", "host: a character"},
		"ipv6 without brackets": {"http://2a00:1450::200e/", "no port"},
		"half a bracket":        {"http://[2a00:1450::200e/", "no port"},
		"empty brackets":        {"http://[]/", "brackets"},
		"zone":                  {"http://[fe80::1%25eth0]/", "without a zone"},
		"ipv4 in brackets":      {"http://[8.8.8.8]/", "brackets"},
		"after the brackets":    {"http://[2a00:1450::200e]x/", "host"},
		"five numbers":          {"http://1.2.3.4.5/", "host: the last label is a number"},
		"number too large":      {"http://256.8.8.8/", "host: the last label is a number"},
		"last too large":        {"http://8.8.65536/", "host: the last label is a number"},
		"no number":             {"http://8.8.8.0x/", "host: the last label is a number"},
		"no octal number":       {"http://8.8.8.08/", "host: the last label is a number"},
		"number over 32 bits":   {"http://4294967296/", "host: the last label is a number"},
		"word before a number":  {"http://google.8/", "host: the last label is a number"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := indicator.Parse("URL", tc.value, "")
			wantRefusal(t, fmt.Sprintf("Parse(URL, %q)", tc.value), tc.value, err, indicator.BadURL, tc.detail)
		})
	}
}
