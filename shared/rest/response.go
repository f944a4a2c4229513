package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"vtq.internal/shared/fault"
)

// A Response is what the server answered.
type Response struct {
	Status int
	Header http.Header
	// Body is unpacked. Of an answer that is no success it is at most the first MaxErrorBody bytes, and empty where they could
	// not be read.
	Body []byte

	where string
}

// Errors of an answer that is a success by its status alone. They are Transient: a proxy's page or a connection cut short goes away.
var (
	errNotJSON = errors.New("the answer is not JSON")
	errEmpty   = errors.New("the answer is empty")
)

// OK tells whether the status is a success, 2xx.
func (r Response) OK() bool { return success(r.Status) }

// Fault tells what is wrong by the status, nil for a success. The detail, when there is one, ends the message; it must be a
// word of the vendor's vocabulary that is known to be harmless, never text of the body.
func (r Response) Fault(detail string) error {
	if r.OK() {
		return nil
	}
	return r.FaultOf(Kind(r.Status), detail)
}

// FaultOf is Fault for a client that knows better than the table what the answer means.
func (r Response) FaultOf(kind fault.Kind, detail string) error {
	text := fmt.Sprintf("%s: status %d", r.where, r.Status)
	if name := http.StatusText(r.Status); name != "" {
		text += " (" + name + ")"
	}
	if r.Status >= 300 && r.Status < 400 {
		text += ": " + r.redirection()
	}
	if detail != "" {
		text += ": " + detail
	}
	return fault.After(kind, r.RetryAfter(), errors.New(text))
}

// redirection names the host that a redirect points to: the path and the query may carry anything.
func (r Response) redirection() string {
	const hint = "; set the base URL to where the service itself answers"
	target, err := url.Parse(r.Header.Get("Location"))
	switch {
	case err != nil || !plausibleHost(target.Host):
		return "redirected to an unreadable place" + hint
	case target.Host == "":
		return "redirected within the same host" + hint
	}
	return "redirected to " + target.Host + hint
}

// maxHost bounds a host with its port: 253 characters of DNS name, a colon, five digits.
const maxHost = 259

func plausibleHost(host string) bool {
	odd := func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune("-._:[]", r)
	}
	return len(host) <= maxHost && !strings.ContainsFunc(host, odd)
}

// RetryAfter is how long the server asked us to wait, zero when it did not. It is at most MaxRetryAfter. A refusal without the header
// may tell it by those of its rate limit.
func (r Response) RetryAfter() time.Duration {
	if wait := ParseRetryAfter(r.Header.Get("Retry-After"), r.Now()); wait > 0 || r.OK() {
		return wait
	}
	return r.exhausted()
}

// JSON tells whether the answer says that it is JSON.
func (r Response) JSON() bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json"))
}

// Page tells whether the answer is a page for a person, where a service would answer in JSON: by its type, or by a "<" before all
// else, since a proxy may call its page anything.
func (r Response) Page() bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "text/html" || kind == "application/xhtml+xml" {
		return true
	}
	head := bytes.TrimPrefix(r.Body, []byte("\ufeff")) // A byte order mark.
	return bytes.HasPrefix(bytes.TrimSpace(head), []byte("<"))
}

// Decode reads a JSON body. What is not JSON, or ends early, is Transient.
func (r Response) Decode(into any) error {
	switch {
	case len(r.Body) == 0:
		return r.undecodable(errEmpty)
	case !r.JSON():
		return r.undecodable(errNotJSON)
	}
	return r.undecodable(describeJSON(json.Unmarshal(r.Body, into)))
}

func (r Response) undecodable(err error) error {
	if err == nil {
		return nil
	}
	return fault.New(fault.Transient, fmt.Errorf("%s: status %d: %w", r.where, r.Status, err))
}

// describeJSON keeps the place of a decoding error and leaves out what stands there, which package json quotes.
func describeJSON(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &syntax):
		return fmt.Errorf("the answer is no valid JSON at byte %d", syntax.Offset)
	case errors.As(err, &kind):
		return fmt.Errorf("the answer has an unexpected shape at byte %d", kind.Offset)
	}
	return errNotJSON
}
