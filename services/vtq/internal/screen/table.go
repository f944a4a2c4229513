package screen

import "strings"

const (
	// margin is what stands before every row.
	margin = "  "
	// gap is what parts two columns.
	gap = "  "
	// minFlexible is the least width of a column that gives way: enough of a hash or a host to know it again.
	minFlexible = 16
)

// A Column is one column of a table.
type Column struct {
	Title string
	Right bool // Aligned on the right, as numbers are.
	// Flexible columns are cut when the row does not fit the window, the widest first. Others keep their width.
	Flexible bool
}

// A Cell is one text in a table. It has to be printable and of one line.
type Cell struct {
	Text  string
	Style Style
}

// A Table is rows under titles. Rows are shown in the order in which they were added.
type Table struct {
	Columns []Column
	rows    []row
}

// A row has cells, or else one text that stands across the columns.
type row struct {
	cells  []Cell
	across Cell
}

// Row adds a row; what it lacks in cells is left empty.
func (t *Table) Row(cells ...Cell) { t.rows = append(t.rows, row{cells: cells}) }

// Across adds a line that begins in the second column and keeps to none.
func (t *Table) Across(text string, style Style) {
	t.rows = append(t.rows, row{across: Cell{Text: text, Style: style}})
}

// Write writes the table, as wide as it needs and no wider than the screen.
func (t *Table) Write(s Screen) {
	widths := t.widths(s.width())
	titles := make([]Cell, len(t.Columns))
	for i, column := range t.Columns {
		titles[i] = Cell{Text: column.Title, Style: Bold}
	}
	s.Printf("%s\n", t.line(s, widths, titles))
	for _, r := range t.rows {
		if r.cells == nil {
			indent := margin + strings.Repeat(" ", widths[0]) + gap
			s.Printf("%s%s\n", indent, s.Paint(r.across.Style, Cut(r.across.Text, s.width()-width(indent))))
			continue
		}
		s.Printf("%s\n", t.line(s, widths, r.cells))
	}
}

// line spells a row. Padding stays outside of the colours, and nothing trails the last cell.
func (t *Table) line(s Screen, widths []int, cells []Cell) string {
	spelt := make([]string, len(cells))
	for i, cell := range cells {
		text := Cut(cell.Text, widths[i])
		padding := strings.Repeat(" ", widths[i]-width(text))
		if t.Columns[i].Right {
			spelt[i] = padding + s.Paint(cell.Style, text)
		} else {
			spelt[i] = s.Paint(cell.Style, text) + padding
		}
	}
	return strings.TrimRight(margin+strings.Join(spelt, gap), " ")
}

// widths gives each column what its widest cell takes, and takes from the widest flexible one until the row fits.
func (t *Table) widths(limit int) []int {
	widths := make([]int, len(t.Columns))
	total := len(margin) + len(gap)*(len(t.Columns)-1)
	for i, column := range t.Columns {
		widths[i] = width(column.Title)
		for _, r := range t.rows {
			if i < len(r.cells) {
				widths[i] = max(widths[i], width(r.cells[i].Text))
			}
		}
		total += widths[i]
	}
	// A column at a time, so that of several flexible ones none is cut while another has more.
	for ; total > limit; total-- {
		widest := t.widest(widths)
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	return widths
}

// widest finds the flexible column that has the most to give, -1 when none has anything.
func (t *Table) widest(widths []int) int {
	found, most := -1, minFlexible
	for i, column := range t.Columns {
		if column.Flexible && widths[i] > most {
			found, most = i, widths[i]
		}
	}
	return found
}
