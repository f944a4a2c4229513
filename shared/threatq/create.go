package threatq

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"vtq.internal/shared/fault"
)

// CreateAttributes adds rows to an indicator, in one request, and returns them in the order of items. To add a row that exists with the
// same name and value changes nothing, so the call can be repeated; a changed value, however, has to be written by UpdateAttribute.
//
// Rows that exist despite an error are returned with it, the others have no id. An *ItemsError tells of failures item by item; an
// indicator that is not there is of kind Gone.
func (c *Client) CreateAttributes(ctx context.Context, id int64, items []NewAttribute) ([]Row, error) {
	if len(items) == 0 {
		return nil, nil
	}
	if err := writable(items); err != nil {
		return nil, fmt.Errorf("adding attributes to indicator %d: %w", id, err)
	}
	create := c.createTogether
	if c.single.Load() && len(items) > 1 {
		create = c.createEach
	}
	rows, err := create(ctx, id, items)
	if err != nil {
		return rows, fmt.Errorf("adding attributes to indicator %d: %w", id, err)
	}
	return rows, nil
}

// writable refuses what ThreatQ would.
func writable(items []NewAttribute) error {
	if len(items) > MaxAttributes {
		return fault.New(fault.Permanent, fmt.Errorf("%d at once; at most %d are written", len(items), MaxAttributes))
	}
	var failed []ItemError
	for i, item := range items {
		if err := errors.Join(sizes("the name", item.Name, MaxAttributeName), sizes("the value", item.Value, MaxAttributeValue)); err != nil {
			failed = append(failed, ItemError{Index: i, Err: err})
		}
	}
	return itemsError(failed)
}

// createTogether sends all rows at once. One connector sends a list of one; that a longer one is taken is likely and no more, and one
// bad row may make ThreatQ refuse them all. So what was refused together is sent again one by one.
func (c *Client) createTogether(ctx context.Context, id int64, items []NewAttribute) ([]Row, error) {
	rows, err := c.post(ctx, id, items)
	if len(items) == 1 || fault.KindOf(err) != fault.Permanent || rows != nil {
		return rows, err
	}
	rows, err = c.createEach(ctx, id, items)
	if err == nil {
		c.single.Store(true) // Nothing was wrong with any of them.
	}
	return rows, err
}

// createEach sends the rows one by one. Only what is wrong with a single row lets it go on to the next.
func (c *Client) createEach(ctx context.Context, id int64, items []NewAttribute) ([]Row, error) {
	rows := make([]Row, len(items))
	var failed []ItemError
	for i := range items {
		one, err := c.post(ctx, id, items[i:i+1])
		switch {
		case err == nil:
			rows[i] = one[0]
		case fault.KindOf(err) == fault.Permanent:
			failed = append(failed, ItemError{Index: i, Err: err})
		default:
			return rows, err
		}
	}
	return rows, itemsError(failed)
}

// wireNew is a row as it is sent.
type wireNew struct {
	Name    string            `json:"name"`
	Value   string            `json:"value"`
	Sources []wireSourceToSet `json:"sources,omitempty"`
}

type wireSourceToSet struct {
	Name string `json:"name"`
}

func (a NewAttribute) wire() wireNew {
	w := wireNew{Name: a.Name, Value: a.Value}
	if a.Source != "" {
		w.Sources = []wireSourceToSet{{Name: a.Source}}
	}
	return w
}

// post sends rows in one request. Without rows in its result the request failed as a whole.
func (c *Client) post(ctx context.Context, id int64, items []NewAttribute) ([]Row, error) {
	body := make([]wireNew, len(items))
	hide := make([]string, len(items))
	for i, item := range items {
		body[i], hide[i] = item.wire(), item.Value
	}
	var answer envelope[wireAttribute]
	err := c.do(ctx, call{
		method: http.MethodPost, endpoint: pathAttributes, path: attributesPath(id),
		body: body, hide: hide, limit: maxPageBody, gone: true,
	}, &answer)
	switch {
	case err != nil:
		return nil, err
	case answer.missing():
		return nil, errHidden("attributes")
	}
	return settled(items, answer.Data.items, hide)
}

// errUnanswered tells of a row that the answer does not mention. It may exist; to send it again is harmless.
var errUnanswered = errors.New("the answer does not say what became of it")

// settled finds for each item what became of it.
func settled(items []NewAttribute, answers []wireAttribute, hide []string) ([]Row, error) {
	rows := make([]Row, len(items))
	var failed []ItemError
	for i, item := range items {
		w, ok := answerTo(item, i, items, answers)
		switch {
		case ok && filled(w.Error) != nil:
			failed = append(failed, ItemError{Index: i, Err: fault.New(fault.Permanent,
				errors.New("ThreatQ refused it: "+messages(w.Error, hide)))})
		case ok && w.ID > 0:
			rows[i] = w.row()
		default:
			failed = append(failed, ItemError{Index: i, Err: fault.New(fault.Transient, errUnanswered)})
		}
	}
	return rows, itemsError(failed)
}

// answerTo finds the answer to an item: by name and value, else by both without regard to case and outer blanks (the database compares
// so), else by its place, if there are as many answers as items and the name there is the item's or missing.
func answerTo(item NewAttribute, place int, items []NewAttribute, answers []wireAttribute) (wireAttribute, bool) {
	for _, w := range answers {
		if w.name() == item.Name && string(w.Value) == item.Value {
			return w, true
		}
	}
	for _, w := range answers {
		if alike(w.name(), item.Name) && alike(string(w.Value), item.Value) {
			return w, true
		}
	}
	if len(answers) == len(items) {
		if w := answers[place]; w.name() == "" || alike(w.name(), item.Name) {
			return w, true
		}
	}
	return wireAttribute{}, false
}

// alike compares as the database does.
func alike(a, b string) bool { return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b)) }
