package threatq

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"vtq.internal/shared/fault"
)

// maxSearchBody bounds the body of a search, in bytes: half of what Solr takes of a form by default (2 MiB). 500 values of 64 bytes
// come to 40 KiB; values at the bound of 8 KiB need several searches.
const maxSearchBody = 1 << 20

// An Asked names an indicator to the search index, which finds by value alone.
type Asked struct {
	ID int64
	// Value is the indicator itself, as ThreatQ stores it.
	Value string
}

// A Standing is an indicator as the search index tells it: what a bulk write has to say about it, so that nothing but its attributes
// changes.
type Standing struct {
	ID          int64
	Type, Value string
	// Status is the id of the present status, never zero.
	Status int64
	// Rows are its attribute rows. The index may lag behind them by a minute.
	Rows []Row
}

// standingFields is what a Standing is made of. The sources of a row are told by newer instances alone, and only when asked for.
func standingFields() []string {
	return []string{
		"id", "value", "type", "type_id", "status", "status_id",
		"attributes.id", "attributes.name", "attributes.value", "attributes.sources",
	}
}

// Standings finds what stands on indicators, up to MaxConsume of them, by one search: by more where their values are too long for one.
// It leaves out those that the index does not show, that have no status it could name, or that share their type and value with another
// one: about those a bulk write could not be sure.
func (c *Client) Standings(ctx context.Context, asked []Asked) (map[int64]Standing, error) {
	if len(asked) > MaxConsume {
		return nil, fault.New(fault.Permanent, fmt.Errorf("reading %d indicators: at most %d are read at once", len(asked), MaxConsume))
	}
	var all []wireRecord
	for _, part := range split(asked, maxSearchBody, func(a Asked) int { return encodedSize(leaf{"value": a.Value}) }) {
		found, err := c.standingsOf(ctx, part)
		if err != nil {
			return nil, fmt.Errorf("reading %d indicators: %w", len(part), err)
		}
		all = append(all, found...)
	}
	return c.standings(ctx, asked, all)
}

// standingsOf asks one search. What does not fit a page is left out.
func (c *Client) standingsOf(ctx context.Context, asked []Asked) ([]wireRecord, error) {
	branches, hide := make([]any, len(asked)), make([]string, len(asked))
	for i, a := range asked {
		branches[i], hide[i] = leaf{"value": a.Value}, a.Value
	}
	var answer envelope[wireRecord]
	err := c.do(ctx, call{
		method: http.MethodPost, endpoint: pathQuery, path: pathQuery,
		query: url.Values{"limit": {strconv.Itoa(MaxPage)}, "offset": {"0"}, "sort": {"id"}},
		body:  wireQuery{Criteria: leaf{}, Filters: leaf{"+or": branches}, Fields: standingFields()},
		limit: maxPageBody, hide: hide,
	}, &answer)
	if err == nil && answer.missing() {
		err = errHidden("the indicators")
	}
	return answer.Data.items, err
}

// standings makes Standings of what was found.
func (c *Client) standings(ctx context.Context, asked []Asked, found []wireRecord) (map[int64]Standing, error) {
	all, bearers := make(map[int64]Standing, len(asked)), map[string]int64{}
	for _, w := range found {
		s, err := c.standing(ctx, w)
		if err != nil {
			return nil, err
		}
		// Consume knows an indicator by these two, and its database compares without regard to case.
		same := strings.ToLower(s.Type + "\x00" + s.Value)
		if other, taken := bearers[same]; taken && other != s.ID {
			delete(all, other)
			continue
		}
		bearers[same] = s.ID
		told := s.Type != "" && s.Status > 0 && !w.Attributes.overfull && w.Attributes.unreadable == 0
		if told && slices.ContainsFunc(asked, func(a Asked) bool { return a.ID == s.ID }) {
			all[s.ID] = s
		}
	}
	return all, nil
}

// standing reads one record.
func (c *Client) standing(ctx context.Context, w wireRecord) (Standing, error) {
	typ, err := c.types.name(ctx, c, w.Type, w.TypeID)
	if err != nil {
		return Standing{}, err
	}
	s := Standing{ID: int64(w.ID), Type: typ, Value: string(w.Value), Status: int64(cmp.Or(w.StatusID, w.Status.ID))}
	if s.Status == 0 {
		id, err := c.statuses.id(ctx, c, string(w.Status.Name))
		if err != nil {
			return Standing{}, err
		}
		s.Status = int64(id)
	}
	for _, row := range w.Attributes.items {
		s.Rows = append(s.Rows, row.row())
	}
	return s, nil
}

// split cuts a list where its parts would exceed a limit in bytes. What exceeds it alone is a part of its own.
func split[T any](all []T, limit int, size func(T) int) [][]T {
	var parts [][]T
	begin, sum := 0, 0
	for i, one := range all {
		n := size(one)
		if i > begin && sum+n > limit {
			parts = append(parts, all[begin:i])
			begin, sum = i, 0
		}
		sum += n
	}
	if begin < len(all) {
		parts = append(parts, all[begin:])
	}
	return parts
}

// encodedSize is how many bytes something takes in a list, with its comma.
func encodedSize(v any) int {
	body, err := json.Marshal(v)
	if err != nil {
		return 0 // The request says so.
	}
	return len(body) + len(",")
}
