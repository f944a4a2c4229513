package threatq

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// maxDepth bounds the nesting of a filter. The deepest that clients in the field send is five.
const maxDepth = 32

var (
	errUnsupported = errors.New("unsupported query")
	errMalformed   = errors.New("malformed query")
)

// A predicate tells whether a record is wanted.
type predicate func(*record) bool

// A filter is criteria and filters of a query, compiled.
type filter struct {
	keep     predicate // nil keeps everything
	text     string    // what it was compiled from
	volatile bool      // depends on more than the indicator's own row
	timed    bool      // depends on the time
}

// compileFilter takes the two parts of a query, either of which may be absent or empty; both must hold. It fails with
// errMalformed for what is no query, and with errUnsupported for fields and operators that the search does not know.
func compileFilter(criteria, filters json.RawMessage, now stamp) (filter, error) {
	c := compiler{now: now, out: filter{text: string(criteria) + "\x00" + string(filters)}}
	var parts []predicate
	for _, raw := range []json.RawMessage{criteria, filters} {
		keep, err := c.part(raw)
		if err != nil {
			return filter{}, err
		}
		if keep != nil {
			parts = append(parts, keep)
		}
	}
	c.out.keep = allOf(parts)
	return c.out, nil
}

type compiler struct {
	now stamp
	out filter
}

// part compiles criteria or filters; nil keeps everything.
func (c *compiler) part(raw json.RawMessage) (predicate, error) {
	raw = bytes.TrimSpace(raw)
	// PHP writes an empty object as an empty array, so the server cannot tell them apart either.
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) || bytes.Equal(raw, []byte("[]")) {
		return nil, nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, errMalformed
	}
	return c.node(v, 0)
}

// node compiles an object; several keys in one object must all hold.
func (c *compiler) node(v any, depth int) (predicate, error) {
	fields, ok := v.(map[string]any)
	if !ok || depth > maxDepth {
		return nil, fmt.Errorf("a condition that is no object, or nested too deep: %w", errMalformed)
	}
	var parts []predicate
	for key, value := range fields {
		keep, err := c.entry(key, value, depth)
		if err != nil {
			return nil, err
		}
		if keep != nil {
			parts = append(parts, keep)
		}
	}
	return allOf(parts), nil
}

// entry compiles one key of an object: a connective with a list, or a field.
func (c *compiler) entry(key string, value any, depth int) (predicate, error) {
	switch key {
	case "+and", "+or":
		parts, err := c.nodes(value, depth+1)
		if err != nil {
			return nil, err
		}
		if key == "+or" {
			return anyOf(parts), nil
		}
		return allOf(parts), nil
	default:
		return c.leaf(key, value)
	}
}

// nodes compiles the list of a connective.
func (c *compiler) nodes(v any, depth int) ([]predicate, error) {
	list, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("a connective without a list: %w", errMalformed)
	}
	var parts []predicate
	for _, item := range list {
		keep, err := c.node(item, depth)
		if err != nil {
			return nil, err
		}
		if keep == nil { // an empty branch keeps everything, of which anyOf must know
			keep = func(*record) bool { return true }
		}
		parts = append(parts, keep)
	}
	return parts, nil
}

// allOf is nil, which keeps everything, if there are no parts.
func allOf(parts []predicate) predicate {
	switch len(parts) {
	case 0:
		return nil
	case 1:
		return parts[0]
	}
	return func(r *record) bool {
		for _, keep := range parts {
			if !keep(r) {
				return false
			}
		}
		return true
	}
}

// anyOf keeps everything too if there are no parts: the vendor's interface saves facets nobody ticked as empty lists.
func anyOf(parts []predicate) predicate {
	if len(parts) < 2 {
		return allOf(parts)
	}
	return func(r *record) bool {
		for _, keep := range parts {
			if keep(r) {
				return true
			}
		}
		return false
	}
}
