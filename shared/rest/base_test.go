package rest_test

import (
	"strings"
	"testing"

	"vtq.internal/shared/rest"
)

func TestParseBase(t *testing.T) {
	cases := map[string]struct{ text, want, complaint string }{
		"a host":           {"https://www.virustotal.com", "https://www.virustotal.com", ""},
		"a path":           {" https://www.virustotal.com/api/v3/ ", "https://www.virustotal.com/api/v3", ""},
		"an escaped path":  {"https://gateway.test/a%2Fb/", "https://gateway.test/a%2Fb", ""},
		"a port":           {"http://127.0.0.1:8080", "http://127.0.0.1:8080", ""},
		"nothing":          {"", "", "must begin with https://"},
		"no scheme":        {"www.virustotal.com", "", "must begin with https://"},
		"another scheme":   {"ftp://host.test", "", "must begin with https://"},
		"no host":          {"https:///api", "", "names no host"},
		"a port alone":     {"https://:443", "", "names no host"},
		"credentials":      {"https://me:SECRET@host.test", "", "must not hold credentials"},
		"a query":          {"https://host.test/?SECRET", "", "must not have a query"},
		"an empty query":   {"https://host.test/?", "", "must not have a query"},
		"a fragment":       {"https://host.test/#SECRET", "", "must not have a query or a fragment"},
		"a broken address": {"https://SECRET\x7f", "", "not a URL"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := rest.ParseBase(c.text)
			if c.complaint == "" {
				if err != nil || got.String() != c.want {
					t.Errorf("ParseBase(%q) = %v, %v; want %s", c.text, got, err, c.want)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.complaint) || strings.Contains(err.Error(), "SECRET") {
				t.Errorf("ParseBase(%q) = %v, %v; want %s", c.text, got, err, c.complaint)
			}
		})
	}
}

func TestAt(t *testing.T) {
	cases := map[string]struct {
		base     string
		segments []string
		want     string
	}{
		"plain":           {"https://host.test/api/v3", []string{"files", "abc"}, "https://host.test/api/v3/files/abc"},
		"no path":         {"https://host.test", []string{"x"}, "https://host.test/x"},
		"to be escaped":   {"https://host.test/a%2Fb", []string{"a/b?c#d", "%41", ".."}, "https://host.test/a%2Fb/a%2Fb%3Fc%23d/%2541/.."},
		"kept as they be": {"https://host.test", []string{"2001:db8::1", "a=b"}, "https://host.test/2001:db8::1/a=b"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			base, err := rest.ParseBase(c.base)
			if err != nil {
				t.Fatal(err)
			}
			if got := rest.At(base, c.segments...).String(); got != c.want || base.String() != c.base {
				t.Errorf("At(%s, %q) = %s, want %s", base, c.segments, got, c.want)
			}
		})
	}
}

func TestIsWord(t *testing.T) {
	for text, want := range map[string]bool{"": true, "vtq/1.0": true, "!~": true, "a b": false, "a\n": false, "\x7f": false, "ä": false, "\x00": false} {
		if got := rest.IsWord(text); got != want {
			t.Errorf("IsWord(%q) = %t, want %t", text, got, want)
		}
	}
}
