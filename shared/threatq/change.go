package threatq

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"vtq.internal/shared/fault"
)

// UpdateAttribute gives a row another value and returns the row as it is then. The value must not be another row's of the same name:
// what ThreatQ does then is not known, so delete this row instead.
//
// A row that is not there is ErrNoRow, of kind Transient.
func (c *Client) UpdateAttribute(ctx context.Context, id, row int64, value string) (Row, error) {
	if err := sizes("a new value", value, MaxAttributeValue); err != nil {
		return Row{}, fmt.Errorf("changing attribute row %d of indicator %d: %w", row, id, err)
	}
	var answer envelope[wireAttribute]
	err := c.do(ctx, call{
		method: http.MethodPut, endpoint: pathAttribute, path: attributePath(id, row),
		body: map[string]string{"value": value}, hide: []string{value}, gone: true,
	}, &answer)
	if fault.KindOf(err) == fault.Gone {
		err = fault.New(fault.Transient, fmt.Errorf("%w: %w", ErrNoRow, err))
	}
	w, ok := answer.one()
	if err == nil && !ok {
		err = errHidden("attributes")
	}
	if err != nil {
		return Row{}, fmt.Errorf("changing attribute row %d of indicator %d: %w", row, id, err)
	}
	changed := w.row()
	changed.ID = cmp.Or(changed.ID, row)
	return changed, nil
}

// DeleteAttribute removes a row. One that is not there, or whose indicator is not, is removed already.
func (c *Client) DeleteAttribute(ctx context.Context, id, row int64) error {
	var answer envelope[json.RawMessage]
	err := c.do(ctx, call{
		method: http.MethodDelete, endpoint: pathAttribute, path: attributePath(id, row), gone: true,
	}, &answer)
	if err != nil && fault.KindOf(err) != fault.Gone {
		return fmt.Errorf("deleting attribute row %d of indicator %d: %w", row, id, err)
	}
	return nil
}
