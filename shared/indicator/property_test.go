package indicator_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"vtq.internal/shared/indicator"
)

// The pieces of which hostile values are made; random text alone hardly ever gets past the scheme.
func values() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{
			"http", "https", "HXXP", "hxxps", "ftp", "://", "[://]", "[:]", ":", "//", "/", "?", "#", "@", `\`, " ", "%20",
			".", "[.]", "(dot)", "{.}", "[", "]", "[[.]]", "。", "*", "_", "-", "--", "xn--", "0x7f", "010", "127", "8", "255", "4294967295",
			"2001:db8::1", "::ffff:10.0.0.1", "%eth0", "/24", "google", "com", "local", "Bücher", "ß", "א", "\u200b", "\u0308", "\x00",
			"\n", "\xff", "：", "／", "ａ", "℀", md5hex, sha1hex, sha256hex,
		}),
		rapid.StringN(0, 4, -1),
	)
	return rapid.Map(rapid.SliceOfN(piece, 0, 9), func(s []string) string { return strings.Join(s, "") })
}

func TestParseProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typ := rapid.SampledFrom(indicator.Types()).Draw(t, "type")
		checkParse(t, typ, values().Draw(t, "value"), rapid.SampledFrom([]string{"", "http", "HTTPS", "x"}).Draw(t, "scheme"))
	})
}

func TestGuessProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkGuess(t, values().Draw(t, "value"))
	})
}

func TestDefangProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkDefang(t, values().Draw(t, "value")) })
}

func FuzzParse(f *testing.F) {
	for _, value := range []string{
		md5hex, "hxxps://Evil[.]Example:443/a b?[.]#x", "Bücher.example.com.", "[::ffff:10.0.0.1]", "//me:x@0x7f.1\\", "a\xff\x00",
		"http[:]//[2001:DB8::1]:80", "xn--bcher-kva。de", "8.8.8.8/24",
	} {
		for i := range indicator.Types() {
			f.Add(i, value, "https")
		}
	}
	f.Fuzz(func(t *testing.T, typ int, value, scheme string) {
		types := append(indicator.Types(), "Mutex")
		checkParse(t, types[uint(typ)%uint(len(types))], value, scheme)
	})
}

func FuzzGuess(f *testing.F) {
	for _, value := range []string{
		md5hex, sha256hex[:63], "hxxps://Evil[.]Example:443/a b", "Bücher.example.com.", "[2001:db8::1]", "10.0.0.0/8", "fe80::1%eth0", "\ufeffx.test",
		" 8.8.8.8\r\n", "evil.test/a", "1234567890123456", "a:b", "localhost",
	} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) { checkGuess(t, value) })
}

// FuzzTokens reads what stands in subjects and settings: keys and the suffixes of internal names.
func FuzzTokens(f *testing.F) {
	for _, text := range []string{"", md5hex, strings.ToUpper(md5hex), md5hex + "\n", "corp.example", ".Corp.Example.", "*.corp", "xn--", "Bücher.test", "a b", "10"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if key, err := indicator.ParseKey(text); err == nil && (string(key) != text || len(text) != 32 || strings.Trim(text, "0123456789abcdef") != "") {
			t.Errorf("ParseKey(%q) = %q", text, key)
		}
		suffix, err := indicator.ParseSuffix(text)
		if err != nil {
			checkRefusal(t, text, err)
			return
		}
		if again, err := indicator.ParseSuffix(suffix); err != nil || again != suffix || suffix == "" {
			t.Errorf("ParseSuffix(%q) = %q, which reads as %q, %v", text, suffix, again, err)
		}
		if err := (indicator.Object{Kind: indicator.Domain, Value: "host." + suffix}).Public([]string{suffix}); err == nil {
			t.Errorf("a host below the suffix %q of %q is public", suffix, text)
		}
	})
}

func FuzzDefang(f *testing.F) {
	for _, value := range []string{
		"", "https://evil.example/a.b?u=http://x", "a[.b.]c", "[://://]", "\x1b]8;;http://x\x07", "。\xff\u202e", "hxxp[://]a[.]b",
	} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) { checkDefang(t, value) })
}

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkParse checks what holds for every value: a refusal, or a bounded, clean, stable object.
func checkParse(t failer, typ, value, scheme string) {
	t.Helper()
	p, err := indicator.Parse(typ, value, scheme)
	if err != nil {
		checkRefusal(t, value, err)
		return
	}
	objects := []indicator.Object{p.Object}
	if p.Other != nil {
		objects = append(objects, *p.Other)
	}
	for _, o := range objects {
		checkObject(t, typ, o)
		if err := o.Public([]string{"google.com"}); err != nil {
			checkRefusal(t, o.Value, err)
		}
	}
}

// checkGuess checks that a guess is what its type parses to, or a refusal.
func checkGuess(t failer, value string) {
	t.Helper()
	typ, p, err := indicator.Guess(value)
	if err != nil {
		checkRefusal(t, value, err)
		return
	}
	again, err := indicator.Parse(typ, value, "")
	if err != nil || again.Object != p.Object {
		t.Fatalf("Guess(%q) = %q, %v, but Parse gives %v, %v", value, typ, p.Object, again.Object, err)
	}
	checkObject(t, typ, p.Object)
}

func checkObject(t failer, typ string, o indicator.Object) {
	t.Helper()
	if len(o.Value) == 0 || len(o.Value) > indicator.MaxValueBytes || !utf8.ValidString(o.Value) ||
		strings.ContainsFunc(o.Value, unicode.IsControl) || strings.Contains(o.Value, " ") {
		t.Fatalf("%v: value is empty, too long or unclean", o)
	}
	if host := hostOf(o); strings.ToLower(host) != host {
		t.Fatalf("%v: host %q is not in lower case", o, host)
	}
	again, err := indicator.Parse(typ, o.Value, "")
	if err != nil || again.Object != o || again.Other != nil {
		t.Fatalf("Parse(%q, %q) = %v, %v, want the same again", typ, o.Value, again, err)
	}
	var back indicator.Object
	if text, err := json.Marshal(o); err != nil || json.Unmarshal(text, &back) != nil || back != o {
		t.Fatalf("%v through JSON = %v, want the same", o, back)
	}
}

func hostOf(o indicator.Object) string {
	if o.Kind != indicator.URL {
		return o.Value
	}
	_, rest, _ := strings.Cut(o.Value, "://")
	authority := rest[:strings.IndexAny(rest, "/?#")]
	return authority[strings.LastIndex(authority, "@")+1:]
}

// checkRefusal checks that a refusal keeps the value to itself; short ones may be words of the detail by chance.
func checkRefusal(t failer, value string, err error) {
	t.Helper()
	if _, ok := indicator.ReasonOf(err); !ok {
		t.Fatalf("error %v is no refusal", err)
	}
	if len(err.Error()) > 160 || len(value) > 16 && strings.Contains(err.Error(), value) {
		t.Fatalf("refusal %q of %q is long or repeats it", err, value)
	}
}

func checkDefang(t failer, value string) {
	t.Helper()
	got := indicator.Defang(value)
	if again := indicator.Defang(got); again != got {
		t.Fatalf("Defang(%q) = %q, then %q, want it to stay", value, got, again)
	}
	if len(got) > 4*len(value) {
		t.Fatalf("Defang(%q) has %d bytes, want at most %d", value, len(got), 4*len(value))
	}
	if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
		t.Fatalf("Defang(%q) = %q, want printable text", value, got)
	}
	dead := strings.NewReplacer("[.]", "", "[://]", "").Replace(got)
	lower := strings.ToLower(dead)
	if strings.ContainsAny(dead, ".。．｡") || strings.Contains(lower, "http://") || strings.Contains(lower, "https://") {
		t.Fatalf("Defang(%q) = %q, want no live link", value, got)
	}
}
