package threatq

import (
	"slices"
	"strings"
)

// A projection says which columns of a search record are sent.
type projection struct {
	all   bool                       // no list, or one with "*": every column but attributes and sources
	named map[string]map[string]bool // column -> members asked for; "" is all of them
}

// projectionOf reads the entries of "fields": "value", "*", "attributes", "attributes.name". Entries that name no column
// select nothing.
func projectionOf(fields []string, legacy bool) projection {
	p := projection{all: len(fields) == 0 || slices.Contains(fields, "*"), named: map[string]map[string]bool{}}
	if legacy && len(fields) == 0 {
		fields = []string{"attributes", "sources"}
	}
	for _, f := range fields {
		column, member, _ := strings.Cut(f, ".")
		if p.named[column] == nil {
			p.named[column] = map[string]bool{}
		}
		member, _, _ = strings.Cut(member, ".")
		p.named[column][member] = true
	}
	return p
}

// A column is a column of a search record.
type column struct {
	name  string
	extra bool                                              // only sent if it is named
	value func(*record) any                                 // nil leaves the key out
	plain func(*record) any                                 // in place of value where the column is named on its own
	rows  func(r *record, members map[string]bool) []object // in place of value in columns of rows
}

// columns returns those that p sends.
func (p projection) columns() []column {
	return slices.DeleteFunc(searchColumns(), func(c column) bool {
		return p.named[c.name] == nil && (c.extra || !p.all)
	})
}

// render writes a record in the search shape.
func (p projection) render(rec *record, columns []column) object {
	out := make(object, len(columns))
	for _, c := range columns {
		if v := p.cell(rec, c); v != nil {
			out[c.name] = v
		}
	}
	return out
}

// cell is the value of a column in the form that was asked for.
func (p projection) cell(rec *record, c column) any {
	members := p.named[c.name]
	switch {
	case c.rows != nil:
		rows := c.rows(rec, members)
		for _, row := range rows {
			prune(row, members)
		}
		return rows
	case c.plain != nil && members[""] && !p.all:
		return c.plain(rec)
	}
	v := c.value(rec)
	if !p.all {
		prune(v, members)
	}
	return v
}

// prune takes the members from an object that were not asked for.
func prune(v any, members map[string]bool) {
	o, ok := v.(object)
	if !ok || members[""] {
		return
	}
	for k := range o {
		if !members[k] {
			delete(o, k)
		}
	}
}
