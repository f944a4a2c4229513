package threatq

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"vtq.internal/shared/fault"
)

const (
	pathConsume = "/api/indicators/consume"

	// MaxConsume bounds the indicators of one bulk write: what ThreatQ's own SDK sends at once.
	MaxConsume = 500
	// maxConsumeBody bounds the body of a bulk write, in bytes: four times what 500 indicators with fifteen attributes come to, and half
	// of what PHP takes by default (8 MB).
	maxConsumeBody = 4 << 20
)

// An Enrichment is what a bulk write adds to an indicator.
type Enrichment struct {
	// Standing is repeated as it was told, but for its rows.
	Standing

	Attributes []NewAttribute
}

// A Consumed is what became of one Enrichment.
type Consumed struct {
	// Rows are those that were sent, in their order, without ids where the answer tells of no rows. Nil with an error.
	Rows []Row
	// Err is classified. It is ErrNoBulk where writing in bulk is no way at all, ErrMisplaced when the answer names another indicator,
	// Permanent when ThreatQ refused this one, and Transient when it refused one of its rows or did not say what became of it.
	Err error
}

// wireEnrichment is an indicator as it is sent. No sources of the indicator are named: it gets the one tied to the credentials, which
// ThreatQ adds to whatever it takes in. ThreatQ is told not to normalise a value that it has stored itself: changed, it could only
// be another indicator's.
type wireEnrichment struct {
	ID         int64     `json:"id"`
	Value      string    `json:"value"`
	Type       wireNamed `json:"type"`
	Status     int64     `json:"status_id"`
	Normalize  string    `json:"normalize"`
	Attributes []wireNew `json:"attributes"`
}

type wireNamed struct {
	Name string `json:"name"`
}

// wireConsumed is one item of the answer, which comes in no order.
type wireConsumed struct {
	ID         number              `json:"id"`
	Value      text                `json:"value"`
	Type       reference           `json:"type"`
	Attributes list[wireAttribute] `json:"attributes"`
	Error      json.RawMessage     `json:"error"`
}

// Consume adds rows to many indicators, up to MaxConsume, by one request: by more where they are too long for one. It tells of each by
// itself what became of it, in the order of items. To repeat it changes nothing.
//
// ThreatQ finds an indicator by type and value, or creates it: one that was deleted a moment ago comes back under another id. The id in
// the answer tells (ErrMisplaced), when it is done.
func (c *Client) Consume(ctx context.Context, items []Enrichment) []Consumed {
	all := make([]Consumed, len(items))
	var errands []errand
	for i, item := range items {
		all[i].Err = writable(item.Attributes)
		if len(items) > MaxConsume {
			all[i].Err = fault.New(fault.Permanent, fmt.Errorf("%d indicators at once; at most %d are written", len(items), MaxConsume))
		}
		if all[i].Err == nil {
			errands = append(errands, errand{item, &all[i]})
		}
	}
	for _, part := range split(errands, maxConsumeBody, func(e errand) int { return encodedSize(e.wire()) }) {
		err := c.consume(ctx, part)
		for _, e := range part {
			if err != nil {
				e.done.Err = fmt.Errorf("adding attributes to %d indicators: %w", len(part), err)
			}
		}
	}
	return all
}

// An errand is an item and what becomes of it.
type errand struct {
	Enrichment

	done *Consumed
}

func (e Enrichment) wire() wireEnrichment {
	w := wireEnrichment{
		ID: e.ID, Value: e.Value, Type: wireNamed{e.Type}, Status: e.Status, Normalize: "N", Attributes: make([]wireNew, len(e.Attributes)),
	}
	for i, a := range e.Attributes {
		w.Attributes[i] = a.wire()
	}
	return w
}

// consume sends one request. An error is about all of it.
func (c *Client) consume(ctx context.Context, errands []errand) error {
	body := make([]wireEnrichment, len(errands))
	var hide []string
	for i, e := range errands {
		body[i], hide = e.wire(), append(hide, e.Value)
		for _, a := range e.Attributes {
			hide = append(hide, a.Value)
		}
	}
	var answer envelope[wireConsumed]
	err := c.do(ctx, call{
		method: http.MethodPost, endpoint: pathConsume, path: pathConsume, body: body, hide: hide, limit: maxPageBody, gone: true,
	}, &answer)
	switch {
	case barred(err):
		return fault.New(fault.Denied, fmt.Errorf("%w: %w", ErrNoBulk, err))
	case err != nil:
		return err
	}
	return judge(errands, answer.Data.items, hide)
}

// barred tells the answers of an instance that has no bulk write, or not for this account. A 404 is one when the API is there.
func barred(err error) bool {
	switch statusOf(err) {
	case http.StatusForbidden, http.StatusMethodNotAllowed:
		return true
	case http.StatusNotFound:
		return fault.KindOf(err) == fault.Gone
	}
	return false
}

// judge finds for each item what became of it. An answer that speaks of none of them is understood by nobody; one that is silent about
// the only one may just have dropped it.
func judge(errands []errand, answers []wireConsumed, hide []string) error {
	byID, silent := make(map[int64]wireConsumed, len(answers)), 0
	for _, w := range answers {
		byID[int64(w.ID)] = w
	}
	sent := make(map[number]bool, len(errands))
	for _, e := range errands {
		sent[number(e.ID)] = true
	}
	others := slices.DeleteFunc(slices.Clone(answers), func(w wireConsumed) bool { return sent[w.ID] })
	for _, e := range errands {
		w, told := byID[e.ID]
		if !told {
			w, told = valued(e.Enrichment, others)
		}
		if told = told && (w.ID > 0 || filled(w.Error) != nil); !told {
			silent++
		}
		*e.done = w.judge(e.Enrichment, told, hide)
	}
	if silent == len(errands) && silent > 1 {
		return fault.New(fault.Denied, fmt.Errorf("%w: the answer speaks of none of them", ErrNoBulk))
	}
	return nil
}

// valued finds the answer about the value of an item, under whatever id that nobody else was sent with: the way that ThreatQ's own SDK
// reads it.
func valued(item Enrichment, answers []wireConsumed) (wireConsumed, bool) {
	for _, w := range answers {
		if alike(string(w.Value), item.Value) && (w.Type.Name == "" || alike(string(w.Type.Name), item.Type)) {
			return w, true
		}
	}
	return wireConsumed{}, false
}

func (w wireConsumed) judge(item Enrichment, told bool, hide []string) Consumed {
	switch {
	case !told:
		return Consumed{Err: fault.New(fault.Transient, errUnanswered)}
	case filled(w.Error) != nil:
		return Consumed{Err: fault.New(fault.Permanent, errors.New("ThreatQ refused it: "+messages(w.Error, hide)))}
	case int64(w.ID) != item.ID:
		return Consumed{Err: fault.New(fault.Transient, fmt.Errorf("%w: indicator %d for %d", ErrMisplaced, w.ID, item.ID))}
	}
	return w.rows(item.Attributes, hide)
}

// rows finds the rows that were sent. Where the answer tells of rows at all, one that it does not tell, or tells an error of, is not
// known to stand there: its indicator has to be looked at, by itself.
func (w wireConsumed) rows(sent []NewAttribute, hide []string) Consumed {
	rows := make([]Row, len(sent))
	for i, item := range sent {
		rows[i] = Row{Name: item.Name, Value: item.Value}
		for _, a := range w.Attributes.items {
			if !alike(a.name(), item.Name) || string(a.Value) != item.Value {
				continue
			}
			if filled(a.Error) != nil {
				return Consumed{Err: fault.New(fault.Transient, errors.New("ThreatQ refused a row: "+messages(a.Error, hide)))}
			}
			rows[i] = a.row()
		}
		if w.Attributes.present && rows[i].ID <= 0 {
			return Consumed{Err: fault.New(fault.Transient, errUnanswered)}
		}
	}
	return Consumed{Rows: rows}
}
