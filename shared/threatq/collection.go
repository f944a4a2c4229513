package threatq

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/verdict"
)

const (
	// collectionsPerList is what one listing of saved searches asks for: ThreatQ's own page size. Nobody curates more.
	collectionsPerList = 1000
	// namesShown bounds the known names that an error lists, and nameShown the runes of each, so that the text fits a screen.
	namesShown, nameShown = 10, 60
	// hashLength is the length of a data collection's hash, as the address bar of the ThreatQ console shows it.
	hashLength = 32
)

// wireCollection is one saved search.
type wireCollection struct {
	Name  text       `json:"name"`
	Hash  text       `json:"hash"`
	Query savedQuery `json:"json"`
}

// selection refuses a collection without a query: reading it as "no filter" would walk, and pay for, the whole library.
func (w wireCollection) selection() (Selection, error) {
	if !w.Query.known {
		return Selection{}, fault.New(fault.Denied, fmt.Errorf("%w: %q holds no query that could be walked", ErrNoCollection, shown(w.Name)))
	}
	return Selection{Name: string(w.Name), Hash: string(w.Hash), Criteria: w.Query.Criteria, Filters: w.Query.Filters}, nil
}

// savedQuery is the query of a saved search. ThreatQ's own SDK meets it as an object and as a string that needs a second parse,
// and with the two halves inside `api_query` or bare.
type savedQuery struct {
	Criteria, Filters json.RawMessage
	known             bool
}

// queryDepth bounds how deep a query lies in what was saved: itself, within `api_query`, and once more for good measure. Each level is
// parsed anew, so that a megabyte within four thousand of them would take a minute.
const queryDepth = 3

// UnmarshalJSON implements json.Unmarshaler. It never fails. Whatever the halves hold goes to ThreatQ as it was saved: to drop what we
// do not understand would widen the selection.
func (q *savedQuery) UnmarshalJSON(b []byte) error {
	*q = readQuery(b, queryDepth)
	return nil
}

// readQuery looks for the halves in b and, so many levels deep, in the `api_query` there.
func readQuery(b []byte, depth int) savedQuery {
	var inner string
	if json.Unmarshal(b, &inner) == nil {
		b = []byte(inner)
	}
	var w struct {
		API      json.RawMessage `json:"api_query"`
		Criteria json.RawMessage `json:"criteria"`
		Filters  json.RawMessage `json:"filters"`
	}
	_ = json.Unmarshal(b, &w) // What is no query leaves w empty.
	if depth > 1 && w.API != nil {
		if q := readQuery(w.API, depth-1); q.known {
			return q
		}
	}
	if w.Criteria == nil && w.Filters == nil {
		return savedQuery{}
	}
	return savedQuery{Criteria: filled(w.Criteria), Filters: filled(w.Filters), known: true}
}

// collections lists the saved searches that the account may see.
func (c *Client) collections(ctx context.Context) ([]wireCollection, error) {
	var answer envelope[wireCollection]
	err := c.do(ctx, call{
		endpoint: "/api/search/query", path: "/api/search/query",
		query: url.Values{"limit": {strconv.Itoa(collectionsPerList)}},
	}, &answer)
	if err == nil && answer.missing() {
		err = errHidden("data collections")
	}
	return answer.Data.items, err
}

// collectionByHash reads one saved search by its hash, 32 hex digits.
func (c *Client) collectionByHash(ctx context.Context, hash string) (Selection, error) {
	var answer envelope[wireCollection]
	err := c.do(ctx, call{endpoint: "/api/search/query/{hash}", path: "/api/search/query/" + hash}, &answer)
	if err != nil && statusOf(err) != http.StatusNotFound {
		return Selection{}, fmt.Errorf("reading the data collection: %w", err)
	}
	found, ok := answer.one()
	if !ok {
		return Selection{}, fault.New(fault.Denied, fmt.Errorf(
			"%w: no data collection has the hash %s, or the account may not see it", ErrNoCollection, hash))
	}
	if found.Hash == "" {
		found.Hash = text(hash)
	}
	return found.selection()
}

// match finds the one collection that is meant, nil when there is none.
func match(known []wireCollection, wanted string) (*wireCollection, error) {
	rules := []func(wireCollection) bool{
		func(w wireCollection) bool { return string(w.Name) == wanted },
		func(w wireCollection) bool { return strings.EqualFold(string(w.Name), wanted) },
		func(w wireCollection) bool { return isHash(wanted) && strings.EqualFold(string(w.Hash), wanted) },
	}
	for _, rule := range rules {
		i := slices.IndexFunc(known, rule)
		if i < 0 {
			continue
		}
		if slices.ContainsFunc(known[i+1:], rule) {
			return nil, fault.New(fault.Denied, fmt.Errorf(
				"%w: several data collections are called %q; give the hash of the one that is meant", ErrNoCollection, shown(text(wanted))))
		}
		return &known[i], nil
	}
	return nil, nil //nolint:nilnil // Nothing found is no fault here: the caller has another way to look.
}

// unknownCollection lists what there is, so that a typing error is seen at once.
func unknownCollection(wanted string, known []wireCollection) error {
	var names []string
	for _, w := range known {
		if w.Name != "" { // Unsaved searches are listed without a name.
			names = append(names, fmt.Sprintf("%q", shown(w.Name)))
		}
	}
	slices.Sort(names)
	there := "the account sees none at all"
	if n := len(names); n > 0 {
		there = "there are " + strings.Join(names[:min(n, namesShown)], ", ")
		if n > namesShown {
			there += fmt.Sprintf(" and %d more", n-namesShown)
		}
	}
	return fault.New(fault.Denied, fmt.Errorf("%w: %q; %s", ErrNoCollection, shown(text(wanted)), there))
}

// shown makes a name from outside fit for an error.
func shown(name text) string { return verdict.Clean(string(name), nameShown) }

// isHash tells 32 hex digits.
func isHash(s string) bool {
	return len(s) == hashLength && strings.Trim(s, "0123456789abcdefABCDEF") == ""
}
