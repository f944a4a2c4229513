package threatq

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/verdict"
)

const (
	// MaxRows bounds the attribute rows that are read of one indicator. Feeds leave some dozens; a tool that adds a row for every change
	// of a counter may leave thousands, and 10,000 are ten pages.
	MaxRows = 10_000
	// rowsPerPage is the page that ThreatQ's own add-on reads attributes with.
	rowsPerPage = 1000
	// MaxAttributes bounds the attributes of one creation, and so the size of its request; a verdict makes some thirty.
	MaxAttributes = 200
	// MaxAttributeName bounds a name that is written, in runes: what a connector that ThreatQ's staff reviewed allows itself.
	MaxAttributeName = 200
	// MaxAttributeValue bounds a value that is written, in runes, from the same connector. The server's own limit is not known.
	MaxAttributeValue = 10_000
)

// A Row is an attribute of an indicator as ThreatQ stores it. Its identity is (indicator, name, value): another value under the same
// name is another row, and the same value again is the same row.
type Row struct {
	// ID names the row in UpdateAttribute and DeleteAttribute. It is not the id of the attribute's name.
	ID          int64
	Name, Value string
	// Sources are who reported the row. Nil means that ThreatQ did not say, which is not the same as nobody.
	Sources []string
}

// A NewAttribute is a row to create.
type NewAttribute struct {
	Name, Value string
	// Source is who is to be shown as its source; ThreatQ creates an unknown one. Empty for the one tied to the credentials.
	Source string
}

// wireAttribute is an attribute row in either shape, or what became of one that was sent.
type wireAttribute struct {
	ID        number           `json:"id"`
	Name      text             `json:"name"`
	Value     text             `json:"value"`
	Attribute reference        `json:"attribute"`
	Sources   list[wireSource] `json:"sources"`
	Error     json.RawMessage  `json:"error"`
}

// name is the row's own, or that of the attribute it refers to.
func (w wireAttribute) name() string { return string(cmp.Or(w.Name, w.Attribute.Name)) }

// row makes a Row.
func (w wireAttribute) row() Row {
	r := Row{ID: int64(w.ID), Name: w.name(), Value: string(w.Value)}
	if w.Sources.present && !w.Sources.overfull {
		r.Sources = make([]string, 0, len(w.Sources.items))
		for _, s := range w.Sources.items {
			r.Sources = append(r.Sources, verdict.Clean(string(s.Name), maxName))
		}
	}
	return r
}

// Attributes reads all rows of an indicator from the relational store, which sees every write at once. More than MaxRows is
// ErrTooMany; an indicator that is not there is of kind Gone.
func (c *Client) Attributes(ctx context.Context, id int64) ([]Row, error) {
	rows, err := c.rows(ctx, id, "attribute,sources")
	if unsupported(err) {
		rows, err = c.rows(ctx, id, "")
	}
	if err == nil {
		err = c.addSources(ctx, id, rows)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the attributes of indicator %d: %w", id, err)
	}
	return rows, nil
}

// rows walks the pages. It ends where ThreatQ's count says so, or with a page that brings nothing new: the largest page a server
// gives is not known, so a short page proves nothing, and one that ignores the offset must not be read forever.
func (c *Client) rows(ctx context.Context, id int64, with string) ([]Row, error) {
	var all []Row
	seen := map[int64]bool{}
	for offset := 0; ; {
		page, total, err := c.rowsPage(ctx, id, with, offset)
		if err != nil {
			return nil, err
		}
		fresh := 0
		for _, w := range page {
			if w.ID > 0 && !seen[int64(w.ID)] {
				seen[int64(w.ID)] = true
				all = append(all, w.row())
				fresh++
			}
		}
		offset += len(page)
		switch {
		case len(all) > MaxRows:
			return nil, fault.New(fault.Permanent, fmt.Errorf("%w: over %d", ErrTooMany, MaxRows))
		case fresh == 0, total > 0 && offset >= total:
			return all, nil
		}
	}
}

// rowsPage reads one page of rows, and how many there are in all, 0 when that is not told.
func (c *Client) rowsPage(ctx context.Context, id int64, with string, offset int) ([]wireAttribute, int, error) {
	var answer envelope[wireAttribute]
	query := url.Values{"limit": {strconv.Itoa(rowsPerPage)}, "offset": {strconv.Itoa(offset)}}
	if with != "" {
		query.Set("with", with)
	}
	err := c.do(ctx, call{
		endpoint: pathAttributes, path: attributesPath(id), query: query, limit: maxPageBody, gone: true,
	}, &answer)
	switch {
	case err != nil:
		return nil, 0, err
	case answer.missing():
		return nil, 0, errHidden("attributes")
	}
	total := cmp.Or(answer.Total, new(number))
	return answer.Data.items, int(*total), nil
}

// addSources completes rows that came without sources. That the list of rows tells them when asked is known from its sister, the list
// of comments; that the indicator does, under `attributes.sources`, was recorded. A version that knows neither leaves them unknown.
func (c *Client) addSources(ctx context.Context, id int64, rows []Row) error {
	known := true
	for _, r := range rows {
		known = known && r.Sources != nil
	}
	if known {
		return nil
	}
	w, err := c.relational(ctx, id, "attributes,attributes.sources")
	switch {
	case unsupported(err):
		return nil
	case err != nil:
		return err
	}
	sources := make(map[int64][]string, len(rows))
	for _, a := range w.Attributes.items {
		sources[int64(a.ID)] = a.row().Sources
	}
	for i := range rows {
		if rows[i].Sources == nil {
			rows[i].Sources = sources[rows[i].ID]
		}
	}
	return nil
}

const (
	pathAttributes = "/api/indicators/{id}/attributes"
	pathAttribute  = "/api/indicators/{id}/attributes/{row}"
)

func attributesPath(id int64) string { return fmt.Sprintf("/api/indicators/%d/attributes", id) }

func attributePath(id, row int64) string {
	return fmt.Sprintf("/api/indicators/%d/attributes/%d", id, row)
}

// sizes refuses what ThreatQ refuses or cuts: a blank text, and one over the limit in runes.
func sizes(what, content string, limit int) error {
	n := utf8.RuneCountInString(content)
	switch {
	case strings.TrimSpace(content) == "":
		return fault.New(fault.Permanent, fmt.Errorf("%s is blank", what))
	case n > limit:
		return fault.New(fault.Permanent, fmt.Errorf("%s has %d characters, at most %d are written", what, n, limit))
	}
	return nil
}
