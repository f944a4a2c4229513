package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/telemetry"
)

// A Client performs exchanges. It holds nothing but its settings and is safe for concurrent use.
type Client struct {
	// Transport carries the requests: NewTransport's, or a test's own. Required.
	Transport http.RoundTripper
	// Timeout bounds a whole exchange, from dialing to the last byte of the body. Zero leaves the bound to the context.
	Timeout time.Duration
	// Peer is what the service is called in spans, as "virustotal". Optional.
	Peer string
}

// A Request is what to send.
type Request struct {
	Method string
	URL    *url.URL
	// Route is what errors call this request: its path with the variable parts left out, as "/files/{id}".
	Route string
	// Header is sent as it is; "Accept-Encoding: gzip" is added.
	Header http.Header
	// Body is sent with its length. Nil sends neither, which some servers refuse (411) for a POST or a PUT.
	Body []byte
	// Limit bounds the answer's body in bytes, on the wire and unpacked. Required.
	Limit int64
}

// MaxErrorBody bounds the body of an answer that is no success, in bytes; what is longer is cut. Recorded error bodies have
// 80 to 170 bytes, a front end's HTML page a few KiB.
const MaxErrorBody = 64 << 10

// errTimeout is the cause of an exchange that outlived Client.Timeout.
var errTimeout = errors.New("no complete answer in time")

// Do performs one exchange and returns whatever the server answered, of any status: Response.Fault tells what it means.
//
// Every error is classified: Interrupted when the context was canceled, Permanent (ErrTooLarge) when the answer is longer than
// the limit, Transient for everything else that keeps an answer from arriving whole.
func (c Client) Do(ctx context.Context, req Request) (Response, error) {
	ctx, span := telemetry.Request(ctx, telemetry.Call{Method: req.Method, Server: req.URL.Hostname(), Route: req.Route, Peer: c.Peer})
	response, err := c.exchange(ctx, req)
	span.Answered(response.Status)
	span.End(err)
	return response, err
}

func (c Client) exchange(ctx context.Context, req Request) (Response, error) {
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.Timeout, errTimeout)
		defer cancel()
	}
	where := req.Method + " " + req.URL.Host + req.Route
	answer, err := c.Transport.RoundTrip(once(ctx, req))
	if err != nil {
		return Response{}, broken(ctx, where, err)
	}
	defer answer.Body.Close()
	response := Response{Status: answer.StatusCode, Header: answer.Header, where: where}
	response.Body, err = read(answer, req.Limit)
	switch {
	case err == nil:
		notice(ctx, response)
		return response, nil
	case !success(answer.StatusCode) && !errors.Is(ctx.Err(), context.Canceled):
		// The status says all that is needed: a 429 stays a 429 when its body is cut short or packed wrongly.
		response.Body = nil
		return response, nil
	case errors.Is(err, ErrTooLarge):
		return Response{}, fault.New(fault.Permanent, fmt.Errorf("%s: %w of %d bytes", where, ErrTooLarge, req.Limit))
	}
	return Response{}, broken(ctx, where, err)
}

// once makes the request one that net/http sends at most once.
//
// Transport repeats a request whose reused connection died unanswered when the request is replayable: a GET, HEAD, OPTIONS or
// TRACE, or one with an idempotency key, whose body is absent or can be had again through GetBody (net/http, documentation of
// Transport). So no request of ours has a GetBody, and one without content has an empty body that is not http.NoBody.
//
// Such a body has an unknown length. Transport would probe it for its first byte, and on a machine too busy to answer within 200
// ms send it chunked, which front ends refuse on a GET. The identity coding, which means "none", skips the probe: the request
// goes out with neither Content-Length nor Transfer-Encoding, as any GET does.
func once(ctx context.Context, req Request) *http.Request {
	out := (&http.Request{
		Method: req.Method, URL: req.URL, Host: req.URL.Host, Header: req.Header.Clone(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
	if out.Header == nil {
		out.Header = http.Header{}
	}
	out.Header.Set("Accept-Encoding", "gzip")
	if len(req.Body) > 0 {
		out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(req.Body)), int64(len(req.Body))
	} else {
		out.Body, out.ContentLength, out.TransferEncoding = empty{}, -1, []string{"identity"}
	}
	return out
}

// empty is a body without content that net/http does not know to be empty.
type empty struct{}

func (empty) Read([]byte) (int, error) { return 0, io.EOF }
func (empty) Close() error             { return nil }
