package threatq

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// A Selection says which indicators to walk. The zero value selects everything.
type Selection struct {
	// Name and Hash are those of the data collection; both empty for everything. ThreatQ probably gives an edited collection
	// another hash, so a hash that changed between two resolutions means that the collection changed.
	Name, Hash string
	// Criteria and Filters are the two halves of the query in ThreatQ's own grammar, passed on as they were saved.
	Criteria, Filters json.RawMessage
	// Since, when set, leaves out what was not updated at or after it (whole seconds, UTC). It looks at `updated_at`, which moves
	// with the indicator's own row alone; `touched_at` would move with every attribute that we write.
	Since time.Time
}

// Resolve turns a data collection's name or hash into a Selection; an empty one selects everything. A name matches exactly, else
// without regard to case if that is unambiguous; 32 hex digits match a hash, also of a collection that is not listed.
//
// An unknown or ambiguous collection is ErrNoCollection, of kind Denied: it takes a person, and once it is mended nothing is lost.
func (c *Client) Resolve(ctx context.Context, collection string) (Selection, error) {
	collection = strings.TrimSpace(collection)
	if collection == "" {
		return Selection{}, nil
	}
	known, err := c.collections(ctx)
	if err != nil {
		return Selection{}, fmt.Errorf("listing the data collections: %w", err)
	}
	found, err := match(known, collection)
	switch {
	case err != nil:
		return Selection{}, err
	case found == nil && isHash(collection):
		return c.collectionByHash(ctx, strings.ToLower(collection))
	case found == nil:
		return Selection{}, unknownCollection(collection, known)
	case !found.Query.known && found.Hash != "":
		return c.collectionByHash(ctx, string(found.Hash)) // A listing without bodies.
	}
	return found.selection()
}

// leaf is one condition, or a group of them, in ThreatQ's query grammar.
type leaf map[string]any

// filters joins the collection's filters with the condition on `updated_at`.
func (s Selection) filters() any {
	var all []any
	if f := filled(s.Filters); f != nil {
		all = append(all, f)
	}
	if !s.Since.IsZero() {
		all = append(all, leaf{"updated_at": leaf{"+gte": s.Since.UTC().Format(timeLayout)}})
	}
	switch len(all) {
	case 0:
		return leaf{}
	case 1:
		return all[0]
	}
	return leaf{"+and": all}
}

// criteria gives the collection's criteria, an empty object for none.
func (s Selection) criteria() any {
	if c := filled(s.Criteria); c != nil {
		return c
	}
	return leaf{}
}
