package screen_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/services/vtq/internal/screen"
)

func TestWrap(t *testing.T) {
	cases := map[string]struct {
		text  string
		limit int
		want  []string
	}{
		"fits":                 {"one two", 7, []string{"one two"}},
		"one column too many":  {"one two", 6, []string{"one", "two"}},
		"spaces are one":       {"one \n  two", 20, []string{"one two"}},
		"a word that is wider": {"a " + strings.Repeat("x", 9) + " b", 4, []string{"a", strings.Repeat("x", 9), "b"}},
		"nothing":              {"", 4, []string{""}},
		"no room at all":       {"one two", -3, []string{"one", "two"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, screen.Wrap(c.text, c.limit)); diff != "" {
				t.Errorf("Wrap(%q, %d) (-want +got):\n%s", c.text, c.limit, diff)
			}
		})
	}
}

func TestAParagraphHangsBehindItsHead(t *testing.T) {
	var b strings.Builder
	s := screen.Screen{W: &b, Width: 20, Color: true}
	s.Paragraph(s.Paint(screen.Red, "FAIL")+"  ", 6, screen.Plain, "nobody answers at this address")
	want := "\x1b[31mFAIL\x1b[0m  nobody answers\n      at this\n      address\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("paragraph (-want +got):\n%s", diff)
	}
}
