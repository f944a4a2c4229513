package screen_test

import (
	"os"
	"strings"
	"testing"

	"vtq.internal/services/vtq/internal/screen"
)

func TestOnlyATerminalIsOne(t *testing.T) {
	file, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	for name, s := range map[string]screen.Screen{
		"a buffer": screen.Of(&strings.Builder{}, []string{"TERM=xterm"}),
		"a file":   screen.Of(file, []string{"TERM=xterm"}),
	} {
		if s.Terminal || s.Color || s.Width != screen.DefaultWidth {
			t.Errorf("Of(%s) = terminal %v, color %v, width %d; want neither, %d", name, s.Terminal, s.Color, s.Width, screen.DefaultWidth)
		}
	}
}

func TestPaint(t *testing.T) {
	cases := map[string]struct {
		color bool
		style screen.Style
		text  string
		want  string
	}{
		"in colour":      {true, screen.Red, "bad", "\x1b[31mbad\x1b[0m"},
		"without colour": {false, screen.Red, "bad", "bad"},
		"no style":       {true, screen.Plain, "bad", "bad"},
		"no text":        {true, screen.Red, "", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := (screen.Screen{Color: c.color}).Paint(c.style, c.text); got != c.want {
				t.Errorf("Paint(%q, %q) = %q, want %q", c.style, c.text, got, c.want)
			}
		})
	}
}

func TestCut(t *testing.T) {
	cases := map[string]struct {
		text  string
		limit int
		want  string
	}{
		"fits":               {"abc", 3, "abc"},
		"one too many":       {"abcd", 3, "ab…"},
		"letters, not bytes": {"häfen", 5, "häfen"},
		"two columns each":   {"例え話", 5, "例え…"},
		"accents take none":  {"Zͫa", 2, "Zͫa"},
		"nothing":            {"", 0, ""},
		"no room for a word": {"abc", 1, "…"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := screen.Cut(c.text, c.limit); got != c.want {
				t.Errorf("Cut(%q, %d) = %q, want %q", c.text, c.limit, got, c.want)
			}
		})
	}
}
