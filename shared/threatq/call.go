package threatq

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/rest"
)

// maxBody bounds an answer that is no page, in bytes: 1,000 saved searches of 16 KiB each. The recorded answers have under 4 KiB.
const maxBody = 16 << 20

// A call is one exchange with the API.
type call struct {
	method string // GET when empty
	// endpoint is the path with its variable parts left out: what errors and observations say.
	endpoint, path string
	query          url.Values
	body           any // Sent as JSON; nil sends none.
	limit          int64
	// hide lists values of the request that no error may repeat.
	hide []string
	// gone says that a 404 speaks of an indicator, and not of the API.
	gone bool
}

// request writes the call down.
func (c *Client) request(what call) (rest.Request, error) {
	r := rest.Request{
		Method: cmp.Or(what.method, http.MethodGet), URL: c.address(what), Route: what.endpoint,
		Header: http.Header{"Accept": {"application/json"}, "User-Agent": {c.agent}},
		Limit:  cmp.Or(what.limit, maxBody),
	}
	if what.body == nil {
		return r, nil
	}
	body, err := json.Marshal(what.body)
	if err != nil {
		// The encoder quotes what it cannot write, so its words stay here.
		return r, fault.New(fault.Permanent, errors.New("the request cannot be written as JSON"))
	}
	r.Body = body
	r.Header.Set("Content-Type", "application/json")
	return r, nil
}

// address is where the call goes. url.JoinPath would leave a base without a path with no leading slash.
func (c *Client) address(what call) *url.URL {
	to := *c.base
	to.Path, to.RawQuery = to.Path+what.path, what.query.Encode()
	if to.RawPath != "" {
		to.RawPath += what.path // Our paths need no escapes.
	}
	return &to
}

// send performs one exchange and reports it.
func (c *Client) send(ctx context.Context, r rest.Request) (rest.Response, error) {
	begun := time.Now()
	answer, err := c.wire.Do(ctx, r)
	c.observe(Observation{Method: r.Method, Endpoint: r.Route, Status: answer.Status, Took: time.Since(begun)})
	return answer, err
}

// authorized sends a request with a token. A token that is refused is exchanged once for one from a fresh login: tokens end before
// their time when an administrator revokes them or the instance restarts.
func (c *Client) authorized(ctx context.Context, r rest.Request) (rest.Response, error) {
	var answer rest.Response
	for range 2 {
		token, err := c.token(ctx)
		if err != nil {
			return rest.Response{}, err
		}
		// A live instance refused "bearer" in lower case, whatever the login had called it.
		r.Header.Set("Authorization", "Bearer "+token.Reveal())
		if answer, err = c.send(ctx, r); err != nil || answer.Status != http.StatusUnauthorized {
			return answer, err
		}
		c.session.drop(token)
	}
	return answer, nil
}

// failer is any envelope: an answer whose body may complain although its status says success, or be beyond all bounds.
type failer interface {
	failure() json.RawMessage
	overfull() bool
}

// do performs the call and decodes its answer into one of the envelopes.
func (c *Client) do(ctx context.Context, what call, into failer) error {
	r, err := c.request(what)
	if err != nil {
		return err
	}
	answer, err := c.authorized(ctx, r)
	if err != nil {
		return err
	}
	if err := c.refusal(ctx, answer, what); err != nil {
		return &statusError{status: answer.Status, err: err}
	}
	if answer.Status == http.StatusNoContent && len(answer.Body) == 0 {
		return nil
	}
	if bytes.Count(answer.Body, []byte("{")) > maxObjects {
		return fault.New(fault.Permanent, fmt.Errorf("%w: more than %d objects", ErrTooLarge, maxObjects))
	}
	if err := answer.Decode(into); err != nil {
		return err
	}
	if raw := into.failure(); raw != nil {
		return answer.FaultOf(fault.Permanent, "yet it complains: "+messages(raw, what.hide))
	}
	if into.overfull() {
		return fault.New(fault.Permanent, fmt.Errorf("%w: more than %d items", ErrTooLarge, maxItems))
	}
	return nil
}

// refusal says what a status other than success means.
func (c *Client) refusal(ctx context.Context, answer rest.Response, what call) error {
	switch answer.Status {
	case http.StatusUnauthorized:
		return answer.Fault(hintAgain)
	case http.StatusForbidden:
		return answer.Fault(hintRole)
	case http.StatusNotFound:
		if what.gone && (answer.JSON() || c.answers(ctx)) {
			return answer.FaultOf(fault.Gone, hintGone)
		}
		return answer.FaultOf(fault.Denied, hintURL)
	case http.StatusInternalServerError:
		return answer.Fault(hintServer)
	}
	return answer.Fault(complaint(answer, what.hide))
}

// answers tells whether the API is still there. ThreatQ's own 404 is JSON; one with a page comes from something in front of it, and
// must not make a library that cannot be reached look like a deleted one.
func (c *Client) answers(ctx context.Context) bool {
	r, err := c.request(call{endpoint: pathUser, path: pathUser})
	if err != nil {
		return false
	}
	answer, err := c.authorized(ctx, r)
	return err == nil && answer.Status == http.StatusOK && answer.JSON()
}
