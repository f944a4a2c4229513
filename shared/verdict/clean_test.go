package verdict_test

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"vtq.internal/shared/verdict"
)

func TestClean(t *testing.T) {
	cases := map[string]struct {
		text  string
		limit int
		want  string
	}{
		"empty":                        {"", 10, ""},
		"plain":                        {"invoice.pdf", 20, "invoice.pdf"},
		"other scripts stay":           {"счёт 請求書 🎉", 20, "счёт 請求書 🎉"},
		"markup is the writer's care":  {`<b>"x"&`, 20, `<b>"x"&`},
		"control characters":           {"a\x00b\x07c\x1b[31m\x7f\u0085d", 20, "abc[31md"},
		"lines become one":             {"one\r\ntwo\tthree", 20, "one  two three"},
		"line and paragraph separator": {"a\u2028b\u2029c", 20, "abc"},
		"bidirectional override":       {"invoice\u202Efdp.exe", 20, "invoicefdp.exe"},
		"bidirectional isolates":       {"\u2066a\u2069", 20, "a"},
		"zero width":                   {"ev\u200Bil\u200D\uFEFF.example", 20, "evil.example"},
		"private use":                  {"a\uE000b", 20, "ab"},
		"invalid UTF-8":                {"a\xff\xc3b", 20, "ab"},
		"replacement character":        {"a\uFFFDb", 20, "ab"},
		"space at the ends":            {" \u00A0\n a b \t", 20, "a b"},
		"nothing readable":             {"\u200B\x00 \n", 20, ""},
		"exactly the limit":            {"abcde", 5, "abcde"},
		"one over":                     {"abcdef", 5, "abcd…"},
		"limit counts runes":           {"🎉🎉🎉🎉🎉", 5, "🎉🎉🎉🎉🎉"},
		"limit counts what is kept":    {"abc\u200Bde", 5, "abcde"},
		"no space before the ellipsis": {"abc defg", 5, "abc…"},
		"one rune is the ellipsis":     {"ab", 1, "…"},
		"one rune fits":                {"a", 1, "a"},
		"no room at all":               {"a", 0, ""},
		"a negative limit":             {"a", -1, ""},
		"huge":                         {strings.Repeat("é", 1<<20), 5, "éééé…"},
		"huge and of spaces":           {strings.Repeat(" ", 1<<20) + "a", 5, ""},
		"at the bytes looked at":       {"a" + strings.Repeat(" ", 5*64-2) + "b", 400, "a" + strings.Repeat(" ", 5*64-2) + "b"},
		"what hides behind spaces":     {"a" + strings.Repeat(" ", 1<<20) + ".exe", 5, "a…"},
		"just within the bytes":        {"ab" + strings.Repeat("\x00", 5*64-2), 5, "ab"},
		"just past the bytes":          {"ab" + strings.Repeat("\x00", 5*64-1), 5, "ab…"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := verdict.Clean(c.text, c.limit); got != c.want {
				t.Errorf("Clean(%.80q, %d) = %q, want %q", c.text, c.limit, got, c.want)
			}
		})
	}
}

func FuzzClean(f *testing.F) {
	for _, seed := range []string{
		"", "plain", "a\u202Eb", "\u200B\uFEFF", "\xff\xfe", "a\nb\u2028c", " a ", "🎉🎉🎉", "a…", strings.Repeat("x ", 5000),
	} {
		f.Add(seed, uint16(0))
		f.Add(seed, uint16(3))
		f.Add(seed, uint16(verdict.MaxText))
	}
	f.Fuzz(func(t *testing.T, text string, limit16 uint16) {
		limit := int(limit16)
		got := verdict.Clean(text, limit)
		if !utf8.ValidString(got) {
			t.Errorf("Clean(%q, %d) = %q, not valid UTF-8", text, limit, got)
		}
		if n := utf8.RuneCountInString(got); n > limit {
			t.Errorf("Clean(%q, %d) = %q, %d runes", text, limit, got, n)
		}
		if at := strings.IndexFunc(got, unseen); at >= 0 {
			t.Errorf("Clean(%q, %d) = %q, unseen character at byte %d", text, limit, got, at)
		}
		if strings.TrimSpace(got) != got {
			t.Errorf("Clean(%q, %d) = %q, space at an end", text, limit, got)
		}
		if again := verdict.Clean(got, limit); again != got {
			t.Errorf("Clean(%q, %d) = %q, want it unchanged the second time", got, limit, again)
		}
	})
}

// unseen tells the runes that break a line, steer a terminal or turn the reading direction.
func unseen(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp) || r == utf8.RuneError
}

func TestDate(t *testing.T) {
	day := func(year int, month time.Month, day int) time.Time {
		return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	}
	cases := map[string]struct{ in, want time.Time }{
		"another zone":      {day(2021, 6, 17).Add(999 * time.Millisecond).In(time.FixedZone("", 7200)), day(2021, 6, 17)},
		"the first":         {day(1990, 1, 1), day(1990, 1, 1)},
		"a second before":   {day(1990, 1, 1).Add(-time.Second), time.Time{}},
		"the last":          {day(2101, 1, 1).Add(-time.Second), day(2101, 1, 1).Add(-time.Second)},
		"a second after":    {day(2101, 1, 1), time.Time{}},
		"none":              {time.Time{}, time.Time{}},
		"far in the future": {time.Unix(1<<62, 0), time.Time{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := verdict.Date(c.in); !got.Equal(c.want) || got.Location() != time.UTC {
				t.Errorf("Date(%v) = %v, want %v", c.in, got, c.want)
			}
		})
	}
}
