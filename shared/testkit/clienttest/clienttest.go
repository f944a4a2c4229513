// Package clienttest holds what every HTTP client of the pipeline must pass: it classifies every status, and its errors leak nothing.
package clienttest

import (
	"io"
	"net/http"
	"strings"
)

// A Transport is an http.RoundTripper made of a function.
type Transport func(*http.Request) (*http.Response, error)

// RoundTrip calls the function, and closes the request's body as a RoundTripper must.
func (f Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	return f(r)
}

// Answer makes an answer to r.
func Answer(r *http.Request, status int, contentType, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {contentType}},
		Body:          io.NopCloser(strings.NewReader(body)),
		ContentLength: int64(len(body)),
		Request:       r,
	}
}
