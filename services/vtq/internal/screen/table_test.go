package screen_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/services/vtq/internal/screen"
)

func table() *screen.Table {
	t := &screen.Table{Columns: []screen.Column{
		{Title: "TYPE"}, {Title: "VALUE", Flexible: true}, {Title: "SEEN", Right: true}, {Title: "NOTE"},
	}}
	t.Row(screen.Cell{Text: "FQDN"}, screen.Cell{Text: "häfen[.]com"}, screen.Cell{Text: "1/94", Style: screen.Red}, screen.Cell{Text: "new"})
	t.Row(screen.Cell{Text: "SHA-256"}, screen.Cell{Text: strings.Repeat("a", 64)}, screen.Cell{Text: "14/72"})
	t.Across("and 3 more", screen.Dim)
	return t
}

func written(t *screen.Table, s screen.Screen) string {
	var b strings.Builder
	s.W = &b
	t.Write(s)
	return b.String()
}

func TestTableAlignsItsColumns(t *testing.T) {
	want := strings.Join([]string{
		"  TYPE     VALUE                                                              SEEN  NOTE",
		"  FQDN     häfen[.]com                                                        1/94  new",
		"  SHA-256  " + strings.Repeat("a", 64) + "  14/72",
		"           and 3 more",
		"",
	}, "\n")
	if diff := cmp.Diff(want, written(table(), screen.Screen{})); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

func TestTableFitsTheWindow(t *testing.T) {
	for _, width := range []int{100, 80, 60, 48} {
		for line := range strings.Lines(written(table(), screen.Screen{Width: width})) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
				t.Errorf("in a window of %d, a line takes %d: %q", width, n, line)
			}
		}
	}
	got := written(table(), screen.Screen{Width: 60})
	if !strings.Contains(got, "aaa…  14/72") {
		t.Errorf("the value is not what was cut:\n%s", got)
	}
}

func TestATableThatCannotFitKeepsWhatDoesNotGiveWay(t *testing.T) {
	got := written(table(), screen.Screen{Width: 10})
	if !strings.Contains(got, "SHA-256  aaaaaaaaaaaaaaa…  14/72") {
		t.Errorf("table in a window of 10:\n%s", got)
	}
}

func TestColoursDoNotMoveColumns(t *testing.T) {
	plain := written(table(), screen.Screen{})
	colored := written(table(), screen.Screen{Color: true})
	for _, code := range []string{"\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[0m"} {
		colored = strings.ReplaceAll(colored, code, "")
	}
	if diff := cmp.Diff(plain, colored); diff != "" {
		t.Errorf("table without its colours (-plain +colored):\n%s", diff)
	}
}
