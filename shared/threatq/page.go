package threatq

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"vtq.internal/shared/fault"
)

const (
	pathQuery = "/api/indicators/query"

	// MaxPage is the largest page of indicators: what ThreatQ's own SDK asks for, and so known to be served.
	MaxPage = 1000
	// maxPageBody bounds a page's body, in bytes: 1,000 indicators, or attributes, with 64 KiB each, which is room for one text of
	// the 65,500 bytes that ThreatQ's connectors allow. Recorded indicators take 1 to 3 KiB.
	maxPageBody = MaxPage * 64 << 10
	// maxMark bounds a cursor mark; recorded ones have 24 bytes.
	maxMark = 4 << 10
	// firstMark begins a cursor walk, as in Solr.
	firstMark = "*"
)

// recordFields is what a Record is made of. Since mid-2026 attributes and sources are left out unless asked for.
func recordFields() []string {
	return []string{"id", "value", "type", "status", "score", "attributes", "sources", "created_at", "updated_at"}
}

// A Page is one step of a walk, in the order of `updated_at`.
type Page struct {
	Indicators []Record
	// Next is the mark to go on from. It stays good: it holds the place in the order, not the state of a session.
	Next string
	// Done says that there is nothing behind this page.
	Done bool
	// Total is how many indicators the selection has, as ThreatQ counts; 0 when it did not say.
	Total int
	// Unreadable counts rows without an id or a value, which were left out: one bad row does not stop a walk.
	Unreadable int
}

// wireQuery is the body of a search.
type wireQuery struct {
	Criteria any      `json:"criteria"`
	Filters  any      `json:"filters"`
	Fields   []string `json:"fields"`
}

// Page reads the page after mark, or the first one when mark is empty, of at most limit indicators (1 to MaxPage). The search index
// may lag behind what was written by some seconds.
//
// A page that is larger than the client takes is ErrTooLarge: ask for half as many.
func (c *Client) Page(ctx context.Context, sel Selection, mark string, limit int) (Page, error) {
	if mark == "" {
		mark = firstMark
	}
	if limit < 1 || limit > MaxPage || len(mark) > maxMark {
		return Page{}, fault.New(fault.Permanent, fmt.Errorf("reading a page of %d indicators: a page has 1 to %d, a mark at most %d bytes",
			limit, MaxPage, maxMark))
	}
	page, err := c.search(ctx, sel.criteria(), sel.filters(), mark, limit, nil)
	if err != nil {
		return Page{}, fmt.Errorf("reading a page of indicators: %w", err)
	}
	return page, nil
}

// search asks the search index for one page.
func (c *Client) search(ctx context.Context, criteria, filters any, mark string, limit int, hide []string) (Page, error) {
	var answer envelope[wireRecord]
	err := c.do(ctx, call{
		method: http.MethodPost, endpoint: pathQuery, path: pathQuery,
		query: url.Values{"limit": {strconv.Itoa(limit)}, "cursorMark": {mark}, "sort": {"updated_at"}},
		body:  wireQuery{Criteria: criteria, Filters: filters, Fields: recordFields()},
		limit: maxPageBody, hide: hide,
	}, &answer)
	switch {
	case err != nil:
		return Page{}, err
	case answer.missing():
		return Page{}, errHidden("the indicators")
	}
	return c.page(ctx, answer, mark)
}

// page makes a Page of an answer. A walk ends with a page without rows, or where the mark stands still (Solr's convention), or
// where there is none: other clients met all three.
func (c *Client) page(ctx context.Context, answer envelope[wireRecord], mark string) (Page, error) {
	next := string(answer.Next)
	if len(next) > maxMark {
		return Page{}, fault.New(fault.Transient, errors.New("the answer's cursor mark is too long to be one"))
	}
	p := Page{Next: next, Unreadable: answer.Data.unreadable}
	p.Done = len(answer.Data.items)+p.Unreadable == 0 || next == "" || next == mark
	if answer.Total != nil {
		p.Total = max(int(*answer.Total), 0)
	}
	for _, w := range answer.Data.items {
		if !w.usable() {
			p.Unreadable++
			continue
		}
		r, err := c.record(ctx, w)
		if err != nil {
			return Page{}, err
		}
		p.Indicators = append(p.Indicators, r)
	}
	return p, nil
}
