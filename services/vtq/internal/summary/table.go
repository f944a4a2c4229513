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
	all = append(all, group{name: "skipped", style: screen.Dim})
	for _, row := range o.Indicators {
		name := string(row.Class)
		switch {
		case row.Failed != "":
			name = "failed"
		case row.Skipped != "":
			name = "skipped"
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
	t := &screen.Table{Columns: []screen.Column{
		{Title: "TYPE"},
		{Title: "VALUE", Flexible: true},
		{Title: "VERDICT"},
		{Title: "SEVERITY"},
		{Title: "DETECTIONS", Right: true},
		{Title: "WRITTEN, OR WHY NOT", Flexible: true},
	}}
	if recorded(o) {
		t.Columns = append(t.Columns, screen.Column{Title: "REPORT", Flexible: true})
	}
	found := groups(o)
	shares := share(MaxRows, sizes(found, func(g group) int { return len(g.rows) }))
	for i, g := range found {
		shown := g.rows
		if !all {
			shown = sample(g.rows, shares[i])
		}
		for _, row := range shown {
			t.Row(cells(row, g)[:len(t.Columns)]...)
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

func cells(row demo.Row, g group) []screen.Cell {
	outcome := screen.Cell{Text: count(len(row.Attributes), "attribute")}
	switch {
	case row.Failed != "":
		outcome = screen.Cell{Text: row.Failed, Style: screen.Red}
	case row.Skipped != "":
		outcome = screen.Cell{Text: words(row.Skipped), Style: screen.Dim}
	}
	return []screen.Cell{
		{Text: row.Type},
		{Text: indicator.Defang(row.Value)},
		{Text: g.name, Style: g.style},
		{Text: row.Severity},
		{Text: row.Detections},
		outcome,
		{Text: filepath.Base(row.Report), Style: screen.Dim},
	}
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
		return row.Skipped
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
