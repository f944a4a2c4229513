package screen_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/services/vtq/internal/screen"
)

func TestPlainProgressSpeaksAtEveryQuarter(t *testing.T) {
	var b strings.Builder
	p := screen.NewProgress(screen.Screen{W: &b})
	for done := range 201 {
		p.Show("first pass", done, 200, "")
	}
	p.Show("second pass", 200, 200, "nothing to do")
	p.Clear()
	want := `first pass: 0 of 200
first pass: 50 of 200
first pass: 100 of 200
first pass: 150 of 200
first pass: 200 of 200
second pass: 200 of 200, nothing to do
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("plain progress (-want +got):\n%s", diff)
	}
}

func TestTheBarStaysOnItsLine(t *testing.T) {
	const erase = "\r\x1b[2K"
	var b strings.Builder
	p := screen.NewProgress(screen.Screen{W: &b, Terminal: true, Width: 80})
	p.Show("first pass", 0, 0, "starting")
	p.Show("first pass", 100, 200, strings.Repeat("a very long note ", 9))
	p.Show("first pass", 200, 200, "")
	p.Clear()
	p.Clear()
	drawn := strings.Split(b.String(), erase)
	if len(drawn) != 5 || drawn[0] != "" || drawn[4] != "" {
		t.Fatalf("drawn = %q, want three bars, each in the place of the one before, and nothing at the end", drawn)
	}
	for _, bar := range drawn[1:4] {
		if n := utf8.RuneCountInString(bar); n > 79 || strings.Contains(bar, "\n") {
			t.Errorf("a bar takes %d columns of 80: %q", n, bar)
		}
	}
	for i, want := range []int{0, 12, 24} {
		if got := strings.Count(drawn[i+1], "━"); got != want {
			t.Errorf("bar %d is full in %d places, want %d: %q", i, got, want, drawn[i+1])
		}
	}
}
