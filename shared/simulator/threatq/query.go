package threatq

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
)

// defaultQueryLimit is the page of a query that asks for none: Solr's own default. Clients always send a limit.
const defaultQueryLimit = 10

// A savedQuery is what a query asks for, in the body of a request or in a data collection.
type savedQuery struct {
	Criteria json.RawMessage `json:"criteria"`
	Filters  json.RawMessage `json:"filters"`
}

// query searches by the criteria and filters in the body.
func (c *call) query() reply {
	var body struct {
		savedQuery
		Fields []string `json:"fields"`
	}
	if err := c.decode(&body); err != nil {
		return refuse(err)
	}
	return c.search(body.savedQuery, append(body.Fields, c.fields()...))
}

// queryHash searches by a data collection.
func (c *call) queryHash() reply {
	saved := c.s.collections.byHash(c.r.PathValue("hash"))
	if saved == nil {
		return missing()
	}
	return c.search(saved.query, c.fields())
}

// fields reads the parameter of that name.
func (c *call) fields() []string {
	text := c.r.URL.Query().Get("fields")
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

// search answers both ways of asking. Filters that the search does not know end in a 500, as on live instances; filters that
// are no filters end in a 400.
func (c *call) search(q savedQuery, fields []string) reply {
	f, err := compileFilter(q.Criteria, q.Filters, stampOf(c.now))
	switch {
	case errors.Is(err, errUnsupported):
		return unsupported()
	case err != nil:
		return refuse(err)
	}
	sel := selection{filter: f, sort: c.r.URL.Query().Get("sort")}
	if sel.limit, sel.offset, err = c.window(defaultQueryLimit); err != nil {
		return refuse(err)
	}
	x := &c.s.store.search
	x.settle(c.now)
	cursor, walking := c.cursor()
	if !walking {
		found, _ := x.page(sel)
		return c.page(found, fields, object{"total": x.total(f), "limit": sel.limit, "offset": sel.offset})
	}
	sel.offset = 0 // a cursor takes its place
	if sel.after, err = position(cursor); err != nil {
		return problem(http.StatusBadRequest, err.Error())
	}
	found, next := x.page(sel)
	return c.page(found, fields, object{
		"total": x.total(f), "limit": sel.limit, "nextCursorMark": c.nextCursor(cursor, next, len(found)),
	})
}

// cursor reads cursorMark. An empty one is a broken one: a client lost it on the way.
func (c *call) cursor() (text string, walking bool) {
	q := c.r.URL.Query()
	return q.Get("cursorMark"), q.Has("cursorMark")
}

// position is where a cursor stands; nil is the start, in front of every mark.
func position(cursor string) (*mark, error) {
	if cursor == "*" {
		return nil, nil
	}
	m, err := parseMark(cursor)
	return &m, err
}

// nextCursor is the cursor behind a page. At the end it is the one that was sent, as Solr has it.
func (c *call) nextCursor(sent string, next *mark, found int) string {
	switch {
	case next == nil:
		return sent
	case found == 0 && c.s.EmptyPageObject:
		return next.encode(javabinAltered)
	case found == 0:
		return sent
	default:
		return next.encode(javabinVersion)
	}
}

// page writes the records of a page into its envelope.
func (c *call) page(found []*record, fields []string, envelope object) reply {
	p := projectionOf(fields, c.s.LegacyFields)
	columns := p.columns()
	rows := make([]object, len(found))
	for i, rec := range found {
		rows[i] = p.render(rec, columns)
	}
	envelope["data"] = rows
	if len(rows) == 0 && c.s.EmptyPageObject {
		envelope["data"] = object{}
	}
	return respond(http.StatusOK, envelope)
}
