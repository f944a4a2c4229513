package rest_test

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"vtq.internal/shared/rest"
	"vtq.internal/shared/telemetry"
)

// A roundTrip answers as it likes.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestEveryExchangeHasASpan has one for each, with what errors may tell as well, and sends nothing of it to the other side.
func TestEveryExchangeHasASpan(t *testing.T) {
	cases := map[string]struct {
		answer int // 0 for none.
		want   map[string]string
	}{
		"an answer":  {http.StatusOK, map[string]string{"http.response.status_code": "200"}},
		"not found":  {http.StatusNotFound, map[string]string{"http.response.status_code": "404"}},
		"a refusal":  {http.StatusTooManyRequests, map[string]string{"http.response.status_code": "429", "error.type": "429"}},
		"no answers": {0, map[string]string{"error.type": "transient"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			spans := tracetest.NewSpanRecorder()
			ctx := telemetry.Using(sdk.NewTracerProvider(sdk.WithSpanProcessor(spans))).Context(t.Context())
			client := rest.Client{Peer: "virustotal", Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				for header := range r.Header {
					if header != "Accept-Encoding" {
						t.Errorf("the header %s is sent", header)
					}
				}
				if c.answer == 0 {
					return nil, errors.New("broken: secret")
				}
				return &http.Response{StatusCode: c.answer, Body: http.NoBody, Header: http.Header{}}, nil
			})}
			_, err := client.Do(ctx, rest.Request{
				Method: http.MethodGet, URL: &url.URL{Scheme: "https", Host: "vt.example:8443", Path: "/files/secret"}, Route: "/files/{id}", Limit: 1,
			})
			if (err != nil) != (c.answer == 0) {
				t.Errorf("Do = %v", err)
			}
			span := spans.Ended()[0]
			got := map[string]string{"name": span.Name()}
			for _, a := range span.Attributes() {
				got[string(a.Key)] = a.Value.String()
			}
			want := map[string]string{
				"name": "GET /files/{id}", "http.request.method": "GET", "server.address": "vt.example", "url.template": "/files/{id}",
				"service.peer.name": "virustotal",
			}
			maps.Copy(want, c.want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the span (-want +got):\n%s", diff)
			}
		})
	}
}
