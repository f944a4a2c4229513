package threatq

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// leaf compiles {field: scalar} or {field: {operator: value, ...}}. The fields and operators are those seen in clients of
// the vendor's; everything else is refused, "+equals" too, which has answered 500 on live instances.
func (c *compiler) leaf(field string, value any) (predicate, error) {
	operators, ok := value.(map[string]any)
	if !ok {
		operators = map[string]any{"is": value}
	}
	var parts []predicate
	for op, operand := range operators {
		keep, err := c.condition(field, op, operand)
		if err != nil {
			return nil, fmt.Errorf("condition %q on %q: %w", op, field, err)
		}
		parts = append(parts, keep)
	}
	return allOf(parts), nil
}

// condition compiles one operator on one field. It notes what the filter depends on: a score, an attribute or a touch changes
// without the indicator's own row, and NOW without any write at all.
func (c *compiler) condition(field, op string, operand any) (predicate, error) {
	switch field {
	case "value":
		return textCondition(op, operand, func(r *record) string { return r.value })
	case "type_name", "type":
		return textCondition(op, operand, func(r *record) string { return r.kind.name })
	case "status_name":
		return textCondition(op, operand, func(r *record) string { return r.status.name })
	case "title": // indicators have none, other objects that share the search do
		return textCondition(op, operand, func(*record) string { return "" })
	case "mentions":
		c.out.volatile = true
		return mentions(op, operand)
	case "score":
		c.out.volatile = true
		return scoreCondition(op, operand)
	case "created_at":
		return c.dateCondition(op, operand, func(r *record) stamp { return r.created })
	case "updated_at":
		return c.dateCondition(op, operand, func(r *record) stamp { return r.updated })
	case "touched_at":
		c.out.volatile = true
		return c.dateCondition(op, operand, func(r *record) stamp { return r.touched })
	default:
		return nil, errUnsupported
	}
}

// textCondition compares without regard to case: clients compare lower-cased values, and find them.
func textCondition(op string, operand any, of func(*record) string) (predicate, error) {
	want, ok := operand.(string)
	if !ok {
		return nil, errUnsupported
	}
	switch op {
	case "is":
		return func(r *record) bool { return strings.EqualFold(of(r), want) }, nil
	case "+contains":
		want = strings.ToLower(want)
		return func(r *record) bool { return strings.Contains(strings.ToLower(of(r)), want) }, nil
	default:
		return nil, errUnsupported
	}
}

// mentions is the keyword search: in the value, the description and the values of attributes.
func mentions(op string, operand any) (predicate, error) {
	word, ok := operand.(string)
	if !ok || (op != "is" && op != "+contains") {
		return nil, errUnsupported
	}
	word = strings.ToLower(word)
	has := func(text string) bool { return strings.Contains(strings.ToLower(text), word) }
	return func(r *record) bool {
		if has(r.value) || has(r.description) {
			return true
		}
		for _, a := range r.attributes {
			if has(a.value) {
				return true
			}
		}
		return false
	}, nil
}

// scoreCondition compares the effective score, an integer. Numbers may come as text.
func scoreCondition(op string, operand any) (predicate, error) {
	want, err := strconv.ParseFloat(scalar(operand), 64)
	if err != nil {
		return nil, errUnsupported
	}
	holds, err := comparison(op)
	if err != nil {
		return nil, err
	}
	return func(r *record) bool { return holds(cmp.Compare(float64(r.score()), want)) }, nil
}

// dateCondition compares with milliseconds, which the index has although its answers do not show them: what happened at
// 12:00:05.237 is later than "12:00:05".
func (c *compiler) dateCondition(op string, operand any, of func(*record) stamp) (predicate, error) {
	text := scalar(operand)
	want := c.now
	if strings.EqualFold(text, "now") {
		c.out.timed = true
	} else {
		var err error
		if want, err = parseStamp(text); err != nil {
			return nil, errUnsupported
		}
	}
	holds, err := comparison(op)
	if err != nil {
		return nil, err
	}
	return func(r *record) bool { return holds(cmp.Compare(of(r), want)) }, nil
}

// comparison turns an operator into a test on the sign of a comparison.
func comparison(op string) (holds func(int) bool, err error) {
	switch op {
	case "is":
		return func(n int) bool { return n == 0 }, nil
	case "+gt":
		return func(n int) bool { return n > 0 }, nil
	case "+gte":
		return func(n int) bool { return n >= 0 }, nil
	case "+lt":
		return func(n int) bool { return n < 0 }, nil
	case "+lte":
		return func(n int) bool { return n <= 0 }, nil
	default:
		return nil, errUnsupported
	}
}

// scalar is the text of a string or number, or nothing.
func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	default:
		return ""
	}
}
