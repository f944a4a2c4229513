package summary

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"vtq.internal/services/vtq/internal/demo"
	"vtq.internal/services/vtq/internal/screen"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/verdict"
)

// MaxRows is how many indicators are shown unless all are wanted: what a window holds at once.
const MaxRows = 30

// A group is indicators that came to the same: a class, or none.
type group struct {
	name  string
	style screen.Style
	rows  []demo.Row
}

// groups are those that have any rows, gravest first; what went wrong is graver than any verdict.
func groups(o demo.Outcome) []group {
	all := []group{{name: "failed", style: screen.Red}}
	for _, class := range verdict.Classes() {
		all = append(all, group{name: string(class), style: Style(class)})
	}
	all = append(all, group{name: "waiting", style: screen.Yellow}, group{name: "skipped", style: screen.Dim})
	for _, row := range o.Indicators {
		name := string(row.Class)
		switch {
		case row.Failed != "":
			name = "failed"
		case row.Skipped != "":
			name = "skipped"
		case row.Waits != nil:
			name = "waiting"
		}
		if i := slices.IndexFunc(all, func(g group) bool { return g.name == name }); i >= 0 {
			all[i].rows = append(all[i].rows, row)
		}
	}
	all = slices.DeleteFunc(all, func(g group) bool { return len(g.rows) == 0 })
	for _, g := range all {
		slices.SortStableFunc(g.rows, func(a, b demo.Row) int { return detections(b) - detections(a) })
	}
	return all
}

// Style follows what each class asks of an analyst.
func Style(class verdict.Class) screen.Style {
	switch class {
	case verdict.ClassMalicious:
		return screen.Red
	case verdict.ClassSuspicious:
		return screen.Yellow
	case verdict.ClassHarmless:
		return screen.Green
	case verdict.ClassUndetected, verdict.ClassNoVerdict, verdict.ClassNotFound:
	}
	return screen.Plain
}

// detections are those of "14/72".
func detections(row demo.Row) int {
	found, _, _ := strings.Cut(row.Detections, "/")
	n, _ := strconv.Atoi(found) // None where there is none.
	return n
}

// table shows some rows of every group, and of every type in it, and says how many more there are.
func table(o demo.Outcome, all bool) *screen.Table {
	columns := columnsOf(o)
	t := &screen.Table{}
	for _, c := range columns {
		t.Columns = append(t.Columns, c.Column)
	}
	found := groups(o)
	shares := share(MaxRows, sizes(found, func(g group) int { return len(g.rows) }))
	for i, g := range found {
		shown := g.rows
		if !all {
			shown = sample(g.rows, shares[i])
		}
		for _, row := range shown {
			t.Row(cells(columns, row, g)...)
		}
		if more := len(g.rows) - len(shown); more > 0 {
			t.Across(fmt.Sprintf("and %d more %s", more, g.name), screen.Dim)
		}
	}
	if !all && len(o.Indicators) > MaxRows {
		t.Across("--all shows every one", screen.Dim)
	}
	return t
}

func recorded(o demo.Outcome) bool {
	return slices.ContainsFunc(o.Indicators, func(row demo.Row) bool { return row.Report != "" })
}

// A column has a cell for each row.
type column struct {
	screen.Column
	cellFunc func(demo.Row, group) screen.Cell
}

// columnsOf leaves out what would say the same in every row: who was asked, where that is one, and that nothing was recorded.
func columnsOf(o demo.Outcome) []column {
	plain := func(title string, textFunc func(demo.Row) string) column {
		return column{screen.Column{Title: title}, func(row demo.Row, _ group) screen.Cell { return screen.Cell{Text: textFunc(row)} }}
	}
	all := []column{
		plain("TYPE", func(row demo.Row) string { return row.Type }),
		plain("VALUE", func(row demo.Row) string { return indicator.Defang(row.Value) }),
		{screen.Column{Title: "VERDICT"}, func(_ demo.Row, g group) screen.Cell { return screen.Cell{Text: g.name, Style: g.style} }},
		plain("SEVERITY", func(row demo.Row) string { return row.Severity }),
		plain("DETECTIONS", func(row demo.Row) string { return row.Detections }),
	}
	all[1].Flexible, all[4].Right = true, true
	if len(o.Providers) > 1 {
		all = append(all, plain("PROVIDER", func(row demo.Row) string { return provider.Title(row.Provider) }))
	}
	all = append(all, column{screen.Column{Title: "WRITTEN, OR WHY NOT", Flexible: true}, became})
	if recorded(o) {
		all = append(all, column{screen.Column{Title: "REPORT", Flexible: true}, func(row demo.Row, _ group) screen.Cell {
			return screen.Cell{Text: filepath.Base(row.Report), Style: screen.Dim}
		}})
	}
	return all
}

// became is what was written, or why nothing was.
func became(row demo.Row, g group) screen.Cell {
	switch {
	case row.Failed != "":
		return screen.Cell{Text: row.Failed, Style: g.style}
	case row.Skipped != "":
		return screen.Cell{Text: words(reason(row)), Style: g.style}
	case row.Waits != nil:
		return screen.Cell{Text: "the quota is spent", Style: screen.Dim}
	}
	return screen.Cell{Text: count(len(row.Attributes), "attribute")}
}

func cells(columns []column, row demo.Row, g group) []screen.Cell {
	all := make([]screen.Cell, len(columns))
	for i, c := range columns {
		all[i] = c.cellFunc(row, g)
	}
	return all
}

// sample takes n rows, some of every sort, and keeps their order.
func sample(rows []demo.Row, n int) []demo.Row {
	var sorts []string
	members := map[string]int{}
	for _, row := range rows {
		sort := sortOf(row)
		if members[sort] == 0 {
			sorts = append(sorts, sort)
		}
		members[sort]++
	}
	taken := map[string]int{}
	for i, n := range share(n, sizes(sorts, func(sort string) int { return members[sort] })) {
		taken[sorts[i]] = n
	}
	return slices.DeleteFunc(slices.Clone(rows), func(row demo.Row) bool {
		taken[sortOf(row)]--
		return taken[sortOf(row)] < 0
	})
}

// sortOf tells rows apart that a reader should see one of each: kinds of objects and, of what was skipped, reasons.
func sortOf(row demo.Row) string {
	if row.Skipped != "" {
		return reason(row)
	}
	switch row.Type {
	case indicator.TypeMD5, indicator.TypeSHA1, indicator.TypeSHA256:
		return string(indicator.File)
	case indicator.TypeIP, indicator.TypeIPv6:
		return string(indicator.IP)
	}
	return row.Type
}

// share deals n out in turns, the first first, to each no more than it has.
func share(n int, sizes []int) []int {
	shares := make([]int, len(sizes))
	for dealt := true; dealt && n > 0; {
		dealt = false
		for i := range sizes {
			if n > 0 && shares[i] < sizes[i] {
				shares[i]++
				n--
				dealt = true
			}
		}
	}
	return shares
}

func sizes[T any](all []T, size func(T) int) []int {
	out := make([]int, len(all))
	for i, one := range all {
		out[i] = size(one)
	}
	return out
}
