package threatq

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
)

// withEverything are the relations that make up a Record. An older version answers a name that it does not know with 500.
const withEverything = "type,status,score,attributes,sources"

// Indicator reads one indicator by its id from the relational store, which sees every write at once. An indicator that is not
// there, or that the account may not see, is of kind Gone.
func (c *Client) Indicator(ctx context.Context, id int64) (Record, error) {
	w, err := c.relational(ctx, id, withEverything)
	if unsupported(err) {
		w, err = c.plain(ctx, id)
	}
	if err != nil {
		return Record{}, fmt.Errorf("reading indicator %d: %w", id, err)
	}
	return c.record(ctx, w)
}

// plain reads an indicator without `with`, and its attributes and sources by themselves: the way around the 500 that ThreatQ's own
// connectors take.
func (c *Client) plain(ctx context.Context, id int64) (wireRecord, error) {
	w, err := c.relational(ctx, id, "")
	if err != nil {
		return w, err
	}
	if w.Attributes, err = related[wireAttribute](ctx, c, id, "attributes"); err != nil {
		return w, err
	}
	w.Sources, err = related[wireSource](ctx, c, id, "sources")
	return w, err
}

// related reads what hangs on an indicator that answered a moment ago, so a 404 speaks of the path and not of the indicator. It is
// an error all the same: without its sources nobody knows how far an indicator may be passed on.
func related[T any](ctx context.Context, c *Client, id int64, relation string) (list[T], error) {
	var answer envelope[T]
	err := c.do(ctx, call{
		endpoint: "/api/indicators/{id}/" + relation, path: fmt.Sprintf("/api/indicators/%d/%s", id, relation),
		query: url.Values{"limit": {strconv.Itoa(rowsPerPage)}}, limit: maxPageBody,
	}, &answer)
	return answer.Data, err
}

// relational reads an indicator's own row, with the relations that are asked for.
func (c *Client) relational(ctx context.Context, id int64, with string) (wireRecord, error) {
	var answer envelope[wireRecord]
	get := call{endpoint: "/api/indicators/{id}", path: fmt.Sprintf("/api/indicators/%d", id), limit: maxPageBody, gone: true}
	if with != "" {
		get.query = url.Values{"with": {with}}
	}
	if err := c.do(ctx, get, &answer); err != nil {
		return wireRecord{}, err
	}
	w, ok := answer.one()
	if !ok || !w.usable() {
		return wireRecord{}, errHidden("the indicator")
	}
	return w, nil
}
