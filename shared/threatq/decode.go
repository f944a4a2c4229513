package threatq

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// ThreatQ answers from two stores (a search index and a relational database) with different shapes for the same thing, and PHP
// writes an empty list as an object. The types of this file read every shape that was recorded. A leaf that cannot be read counts
// as absent: what needs it refuses its row, so that one odd field never costs a page.

// timeLayout is how ThreatQ spells a time: UTC without a zone, in whole seconds in the search index. Some relational fields add
// milliseconds: Go reads a fraction after the seconds whether the layout names it or not.
const timeLayout = time.DateTime

// number is an id or a count: a JSON number or a numeric string. Zero when absent or unreadable.
type number int64

// UnmarshalJSON implements json.Unmarshaler. It never fails.
func (n *number) UnmarshalJSON(b []byte) error {
	s := strings.Trim(string(b), `" `)
	if whole, err := strconv.ParseInt(s, 10, 64); err == nil {
		*n = number(whole)
		return nil
	}
	// Beyond 2^53 a float no longer names one integer.
	if r := parseDecimal(s); r != nil && *r == math.Trunc(*r) && math.Abs(*r) <= 1<<53 {
		*n = number(*r)
	}
	return nil
}

// decimal is a number with a fraction: a JSON number or a numeric string ("4.00" was recorded). Nil when absent or unreadable.
type decimal struct{ value *float64 }

// UnmarshalJSON implements json.Unmarshaler. It never fails.
func (d *decimal) UnmarshalJSON(b []byte) error {
	d.value = parseDecimal(strings.Trim(string(b), `" `))
	return nil
}

// parseDecimal reads a finite number, nil for anything else.
func parseDecimal(s string) *float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return nil
	}
	return &f
}

// text is a string, or a scalar that somebody forgot to quote. Empty for null, lists and objects.
type text string

// UnmarshalJSON implements json.Unmarshaler. It never fails.
func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*t = text(s)
		return nil
	}
	if first := b[0]; first != '{' && first != '[' {
		*t = text(b)
	}
	return nil
}

// stamp is a time in either spelling. The zero time for null and for anything unreadable.
type stamp struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler. It never fails.
func (s *stamp) UnmarshalJSON(b []byte) error {
	if t, err := time.ParseInLocation(timeLayout, strings.Trim(string(b), `"`), time.UTC); err == nil {
		s.Time = t
	}
	return nil
}

// reference is a type or a status: an object with id and name (search index), a bare name (projection by `fields`), or a bare id.
type reference struct {
	ID   number
	Name text
}

// UnmarshalJSON implements json.Unmarshaler. It never fails.
func (r *reference) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case '{':
		type plain reference // Drops this method, so that the call below does not come back here.
		return json.Unmarshal(b, (*plain)(r))
	case '"':
		return r.Name.UnmarshalJSON(b)
	}
	return r.ID.UnmarshalJSON(b)
}

// list is a `data` member or any other list: an array, one bare object (a list of one), an empty object (PHP's empty array, seen
// on the last page of a cursor walk), or null.
type list[T any] struct {
	items []T
	// present tells a list that was sent, even empty, from one that was not: without permission ThreatQ leaves `data` out.
	present bool
	// unreadable counts the items that are no T at all.
	unreadable int
	// overfull tells that there are more than maxItems, and that the others were not read.
	overfull bool
}

const (
	// maxItems bounds the items that are read of one list: twice the longest that anything is done with (MaxRows).
	maxItems = 2 * MaxRows
	// maxObjects bounds the objects in an answer, by its opening braces: a page of 1,000 indicators with 250 attributes each, and four
	// objects for each of those. Three bytes of an empty object take some 300 of a record, so an answer that is bounded in bytes alone
	// could take 10 GB.
	maxObjects = 1 << 20
)

// UnmarshalJSON implements json.Unmarshaler. It never fails.
func (l *list[T]) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case '[':
		l.present = true
		l.readArray(b)
	case '{':
		l.present = true
		if !emptyObject(b) {
			l.readOne(json.NewDecoder(bytes.NewReader(b)))
		}
	}
	return nil
}

// readArray decodes item by item, so that one that is no T leaves the rest readable.
func (l *list[T]) readArray(b []byte) {
	d := json.NewDecoder(bytes.NewReader(b))
	if _, err := d.Token(); err != nil { // The opening bracket.
		return
	}
	for n := 0; d.More(); n++ {
		if l.overfull = n == maxItems; l.overfull {
			return
		}
		l.readOne(d)
	}
}

// readOne decodes the next item. A mismatch consumes it all the same: the bytes are known to be well-formed JSON by now.
func (l *list[T]) readOne(d *json.Decoder) {
	var item T
	if err := d.Decode(&item); err != nil {
		l.unreadable++
		return
	}
	l.items = append(l.items, item)
}

// emptyObject tells an object without members, or PHP's other spelling of it: a list without items.
func emptyObject(b []byte) bool {
	return len(b) > 1 && (b[0] == '{' || b[0] == '[') && len(bytes.TrimSpace(b[1:len(b)-1])) == 0
}

// filled gives b unless it stands for nothing: absent, null, an empty text, or an empty object or list.
func filled(b json.RawMessage) json.RawMessage {
	b = bytes.TrimSpace(b)
	if s := string(b); s == "" || s == "null" || s == "false" || s == `""` || emptyObject(b) {
		return nil
	}
	return b
}

// envelope is what every answer comes in: `data` as a list or as one object, and what a page adds to it.
type envelope[T any] struct {
	Data   list[T]         `json:"data"`
	Total  *number         `json:"total"`
	Next   text            `json:"nextCursorMark"`
	Errors json.RawMessage `json:"errors"`
}

// failure gives what an answer complains of although its status says success; ThreatQ's own SDK takes it for a failure.
func (e envelope[T]) failure() json.RawMessage { return filled(e.Errors) }

// overfull tells an answer of more items than are read.
func (e envelope[T]) overfull() bool { return e.Data.overfull }

// one gives the single resource of an answer.
func (e envelope[T]) one() (item T, ok bool) {
	if len(e.Data.items) == 0 {
		return item, false
	}
	return e.Data.items[0], true
}

// missing tells an answer that says nothing at all: with neither data nor anything of a page around it, ThreatQ hides what the
// account may not see (recorded on the tables of types and statuses).
func (e envelope[T]) missing() bool {
	return !e.Data.present && e.Total == nil && e.Next == ""
}
