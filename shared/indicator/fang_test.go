package indicator_test

import (
	"testing"

	"vtq.internal/shared/indicator"
)

func TestDefang(t *testing.T) {
	for name, tc := range map[string]struct{ value, want string }{
		"empty":             {"", ""},
		"hash":              {md5hex, md5hex},
		"name":              {"evil.example", "evil[.]example"},
		"ipv4":              {"192.0.2.1", "192[.]0[.]2[.]1"},
		"ipv6":              {"2001:db8::1", "2001:db8::1"},
		"url":               {"https://evil.example", "hxxps://evil[.]example"},
		"url in capitals":   {"HTTP://Evil.Example/A.B", "hxxp://Evil[.]Example/A[.]B"},
		"defanged":          {"hxxps://evil[.]example", "hxxps://evil[.]example"},
		"half defanged":     {"hxxp://a[.]b.example", "hxxp://a[.]b[.]example"},
		"other scheme":      {"ftp://evil.example", "ftp[://]evil[.]example"},
		"scheme in a word":  {"xhttp://e", "xhxxp://e"},
		"url in a url":      {"http://a.b/?u=https://c.d", "hxxp://a[.]b/?u=hxxps://c[.]d"},
		"marked separator":  {"http[://]e", "http[://]e"},
		"open bracket":      {"a[.b", "a[[.]b"},
		"separator alone":   {"://", "[://]"},
		"other dots":        {"evil。example．com｡", "evil[.]example[.]com[.]"},
		"terminal escape":   {"a\x1b[2Jb", `a\x1b[2Jb`},
		"new line":          {"a\nb\x7f", `a\x0ab\x7f`},
		"bidi override":     {"a\u202eb", `a\u202eb`},
		"invisible":         {"a\u200bb\U000e0001", `a\u200bb\U000e0001`},
		"invalid utf-8":     {"a\xffb", `a\xffb`},
		"replacement":       {"a\ufffdb", "a\ufffdb"},
		"letters and space": {"bücher 例", "bücher 例"},
		"hidden separator":  {"http:\u200b//evil.example", `http:\u200b//evil[.]example`},
	} {
		t.Run(name, func(t *testing.T) {
			got := indicator.Defang(tc.value)
			if got != tc.want {
				t.Errorf("Defang(%q) = %q, want %q", tc.value, got, tc.want)
			}
			if again := indicator.Defang(got); again != got {
				t.Errorf("Defang(%q) = %q, want it to stay", got, again)
			}
		})
	}
}

func TestParseReadsWhatDefangWrites(t *testing.T) {
	for typ, value := range map[string]string{
		"MD5":          md5hex,
		"FQDN":         "www.google.com",
		"IP Address":   "8.8.8.8",
		"IPv6 Address": "2a00:1450::200e",
		"URL":          "https://www.google.com:8080/a.php?u=http://8.8.8.8/ftp://x.y#z",
	} {
		got, err := indicator.Parse(typ, indicator.Defang(value), "")
		if err != nil || got.Object.Value != value {
			t.Errorf("Parse(%q, Defang(%q)) = %v, %v, want the value back", typ, value, got.Object, err)
		}
	}
}
