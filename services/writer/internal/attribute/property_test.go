package attribute_test

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"vtq.internal/services/writer/internal/attribute"
	"vtq.internal/shared/threatq"
	"vtq.internal/shared/verdict"
)

// TestValuesAreFitForThreatQ has verdicts whose texts are whatever came from outside: what is written is one clean line, within the
// bounds, and the same every time.
func TestValuesAreFitForThreatQ(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		v := hostile(rt)
		all, again := mapping().Of(v), mapping().Of(v)
		for i, a := range all {
			switch {
			case a != again[i]:
				rt.Errorf("%s is %q, then %q", a.Name, a.Value, again[i].Value)
			case !utf8.ValidString(a.Value), strings.TrimSpace(a.Value) != a.Value, strings.ContainsFunc(a.Value, unicode.IsControl):
				rt.Errorf("%s = %q, want a clean line", a.Name, a.Value)
			case utf8.RuneCountInString(a.Value) > attribute.MaxValue:
				rt.Errorf("%s has %d runes, want at most %d", a.Name, utf8.RuneCountInString(a.Value), attribute.MaxValue)
			}
		}
	})
}

// hostile draws a verdict.
func hostile(t *rapid.T) verdict.Verdict {
	noise := rapid.OneOf(
		rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
		rapid.Map(rapid.IntRange(0, 3*attribute.MaxValue), func(n int) string { return strings.Repeat("\u202ea\x00", n) }),
	)
	text := func(label string) string { return noise.Draw(t, label) }
	list := func(label string) []string { return rapid.SliceOfN(noise, 0, 2*verdict.MaxList).Draw(t, label) }
	v := verdict.Verdict{Found: rapid.Bool().Draw(t, "found")}
	for _, name := range list("engines") {
		v.Engines = append(v.Engines, verdict.Engine{Name: name})
	}
	v.Facts = verdict.Facts{
		Link: text("link"), ThreatLabel: text("label"), Tags: list("tags"), FileName: text("file"), Title: text("title"),
		LastAnalysis: time.Unix(rapid.Int64Range(-1<<40, 1<<40).Draw(t, "analysis"), 0),
		Private:      verdict.Private{YARA: list("yara"), GTIVerdict: text("gti")},
	}
	return v
}

func TestBoundsOfAValue(t *testing.T) {
	if attribute.MaxValue > threatq.MaxAttributeValue {
		t.Errorf("values have up to %d runes, ThreatQ's client takes %d", attribute.MaxValue, threatq.MaxAttributeValue)
	}
	whole := strings.Repeat("é", attribute.MaxValue)
	cases := []struct{ title, want string }{
		{whole, whole},
		{whole + "é", whole[:len(whole)-len("é")] + "…"},
		{" a\tb\r\n ", "a b"},
		{"\x00\u202e", ""},
	}
	for _, c := range cases {
		title, want := c.title, c.want
		if got := only(t, "title", verdict.Verdict{Facts: verdict.Facts{Title: title}}); got != want {
			t.Errorf("a title of %d bytes, %.20q, became %.20q of %d bytes, want %.20q of %d", len(title), title, got, len(got), want, len(want))
		}
	}
}
