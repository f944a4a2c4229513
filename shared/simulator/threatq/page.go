package threatq

import "strings"

// A total is how many documents a filter matched when the index was at a version.
type total struct{ version, n int }

// maxTotals bounds the cache of totals; a client asks the same few queries all the time.
const maxTotals = 64

// total counts the matches of a filter. The count is kept while nothing changes that the filter looks at, since every page
// of a walk tells it: without that a walk would be quadratic.
func (x *index) total(f filter) int {
	if f.keep == nil {
		return len(x.docs)
	}
	version := x.rows
	if f.volatile {
		version = x.writes
	}
	if t, ok := x.totals[f.text]; ok && t.version == version && !f.timed {
		return t.n
	}
	n := 0
	for _, rec := range x.docs {
		if f.keep(rec) {
			n++
		}
	}
	x.scanned += int64(len(x.docs))
	if len(x.totals) >= maxTotals {
		clear(x.totals)
	}
	x.totals[f.text] = total{version: version, n: n}
	return n
}

// A selection says which documents make a page.
type selection struct {
	filter        filter
	sort          string
	after         *mark
	offset, limit int
}

// page returns the documents of a selection, and the mark behind the last of them; the selection's own if there are none.
func (x *index) page(sel selection) (found []*record, next *mark) {
	field, descending := parseSort(sel.sort)
	next = sel.after
	skip := sel.offset
	if sel.limit == 0 {
		return nil, next
	}
	for e := range x.order(field).after(sel.after, descending) {
		x.scanned++
		if sel.filter.keep != nil && !sel.filter.keep(e.rec) {
			continue
		}
		if skip > 0 {
			skip--
			continue
		}
		found = append(found, e.rec)
		m := e.mark()
		next = &m
		if len(found) == sel.limit {
			break
		}
	}
	return found, next
}

// sortKey tells what a field sorts by.
func sortKey(field string) func(*record) int64 {
	switch field {
	case "created_at":
		return func(r *record) int64 { return int64(r.created) }
	case "updated_at":
		return func(r *record) int64 { return int64(r.updated) }
	case "touched_at":
		return func(r *record) int64 { return int64(r.touched) }
	case "published_at":
		return func(r *record) int64 { return int64(r.published) }
	case "score":
		return func(r *record) int64 { return int64(max(r.score(), 0)) }
	default:
		return func(r *record) int64 { return r.id }
	}
}

// parseSort reads a sort parameter: a comma list whose first field counts here, "-" for descending. Fields that do not
// exist are tolerated, as clients in the field send "-created".
func parseSort(text string) (field string, descending bool) {
	first, _, _ := strings.Cut(text, ",")
	field, descending = strings.CutPrefix(strings.TrimSpace(first), "-")
	switch field {
	case "created_at", "updated_at", "touched_at", "published_at", "score":
		return field, descending
	default:
		return "id", descending
	}
}
