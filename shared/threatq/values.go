package threatq

import (
	"context"
	"fmt"
	"strings"

	"vtq.internal/shared/fault"
)

const (
	// valuesPerRequest bounds the branches of one search for values.
	valuesPerRequest = 50
	// valuesPerPage leaves room for a second type of each value; a page more costs little.
	valuesPerPage = 2 * valuesPerRequest
	// maxValuePages ends a walk whose marks never stand still: 10,000 rows are every value under each of 200 types.
	maxValuePages = 100
)

// Values finds the indicators with these values, of whatever type, in no certain order and each once. Blank values are skipped,
// values that ThreatQ does not have are simply not in the result.
//
// ThreatQ stores URLs without http:// or https://, so a value that has one is searched for both ways.
func (c *Client) Values(ctx context.Context, values []string) ([]Record, error) {
	var found []Record
	seen := map[int64]bool{}
	for leaves := searched(values); len(leaves) > 0; {
		n := min(len(leaves), valuesPerRequest)
		records, err := c.valuesOf(ctx, leaves[:n])
		if err != nil {
			return nil, fmt.Errorf("finding %d of %d values: %w", n, len(values), err)
		}
		for _, r := range records {
			if !seen[r.ID] {
				seen[r.ID] = true
				found = append(found, r)
			}
		}
		leaves = leaves[n:]
	}
	return found, nil
}

// searched lists the spellings to search for, each once.
func searched(values []string) []string {
	var all []string
	seen := map[string]bool{"": true}
	add := func(v string) {
		if !seen[v] {
			seen[v] = true
			all = append(all, v)
		}
	}
	for _, v := range values {
		v = strings.TrimSpace(v)
		add(v)
		for _, scheme := range []string{"http://", "https://"} {
			if len(v) > len(scheme) && strings.EqualFold(v[:len(scheme)], scheme) {
				add(v[len(scheme):])
			}
		}
	}
	return all
}

// valuesOf walks one search for values to its end: a value may exist under several types.
func (c *Client) valuesOf(ctx context.Context, values []string) ([]Record, error) {
	branches := make([]any, len(values))
	for i, v := range values {
		branches[i] = leaf{"value": v}
	}
	var found []Record
	mark := firstMark
	for range maxValuePages {
		page, err := c.search(ctx, leaf{}, leaf{"+or": branches}, mark, valuesPerPage, values)
		if err != nil {
			return nil, err
		}
		found = append(found, page.Indicators...)
		if page.Done {
			return found, nil
		}
		mark = page.Next
	}
	return nil, fault.New(fault.Permanent, fmt.Errorf("the search does not end within %d pages", maxValuePages))
}
