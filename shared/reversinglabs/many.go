package reversinglabs

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/verdict"
)

// MaxHashes bounds a batch (the vendor's documentation of TCA-0103).
const MaxHashes = 100

// An Answer is what became of one object of a batch: a verdict, or the error that keeps it from one.
type Answer struct {
	Verdict verdict.Verdict
	// Err is Permanent for an object that the service cannot have, and for a hash that it calls invalid; ErrSingly for one that the
	// answer leaves open. Nil with a verdict.
	Err error
}

// LookMany asks what the service knows about up to MaxHashes files, named by hashes of one type: one request, and none when no object
// can be asked about. A hash that occurs twice is sent, and billed, once.
//
// The answers have the order of the objects; a file that the service does not have is a verdict with Found unset. An error concerns
// the whole batch, and is classified by the table of the package documentation: ErrTooMany and ErrSingly say how to go on,
// ErrMixed that the objects were grouped wrongly.
func (c *Client) LookMany(ctx context.Context, objects []indicator.Object) ([]Answer, error) {
	answers, err := c.lookMany(ctx, objects)
	if err != nil {
		return nil, fmt.Errorf("looking up %d files: %w", len(objects), err)
	}
	return answers, nil
}

func (c *Client) lookMany(ctx context.Context, objects []indicator.Object) ([]Answer, error) {
	q, err := questionOf(objects)
	if err != nil {
		return nil, fault.New(fault.Permanent, err)
	}
	var told batch
	if len(q.Hashes) > 0 {
		if told, err = c.ask(ctx, q); err != nil {
			return nil, err
		}
	}
	asked := now()
	answers := make([]Answer, len(objects))
	for i, object := range objects {
		answers[i] = c.answer(asked, told, object)
	}
	return answers, nil
}

// A question is a batch as it is sent.
type question struct {
	Type   verdict.HashType `json:"hash_type"`
	Hashes []string         `json:"hashes"` // Distinct, in lower case.
}

// questionOf leaves out what cannot be asked about.
func questionOf(objects []indicator.Object) (question, error) {
	if len(objects) > MaxHashes {
		return question{}, ErrTooMany
	}
	var q question
	for _, object := range objects {
		typ, hash := HashType(object), hashOf(object)
		switch {
		case typ == "" || slices.Contains(q.Hashes, hash):
			continue
		case q.Type != "" && q.Type != typ:
			return question{}, ErrMixed
		}
		q.Type, q.Hashes = typ, append(q.Hashes, hash)
	}
	return q, nil
}

// body is the question as JSON: {"rl":{"query":{…}}}.
func (q question) body() []byte {
	type query struct {
		Query question `json:"query"`
	}
	body, _ := json.Marshal(struct { // Texts alone: it cannot fail.
		RL query `json:"rl"`
	}{query{q}})
	return body
}

func (c *Client) ask(ctx context.Context, q question) (batch, error) {
	response, err := c.post(ctx, q.body())
	switch {
	case err != nil:
		return batch{}, err
	case !response.OK():
		return batch{}, refusal(response, len(q.Hashes))
	}
	return decodeMany(response, q)
}

// answer says what a batch tells about one of its objects. What was sent and is not in the answer is unknown to the service, unless the
// answer holds something that nobody can attribute.
func (c *Client) answer(asked time.Time, told batch, object indicator.Object) Answer {
	hash := hashOf(object)
	found, known := told.found[hash]
	switch {
	case HashType(object) == "":
		return Answer{Err: itemFault(fault.Permanent, errNoHash)}
	case known:
		return Answer{Verdict: c.known(asked, found)}
	case told.invalid[hash]:
		return Answer{Err: itemFault(fault.Permanent, errInvalid)}
	case told.strays && !told.unknown[hash]:
		return Answer{Err: itemFault(fault.Transient, ErrSingly)}
	}
	return Answer{Verdict: c.unknown(asked)}
}

func itemFault(kind fault.Kind, err error) error {
	return fault.New(kind, fmt.Errorf("looking up one of many files: %w", err))
}
