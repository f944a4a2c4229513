package rest_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/rest"
)

// answerWith performs one exchange with a server that answers with a status and headers. It tells the wait of a refusal and the one
// that was noticed.
func answerWith(t *testing.T, status int, header map[string]string) (asked, noticed time.Duration) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
	}))
	defer server.Close()
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	ctx := rest.WithNotice(t.Context(), func(wait time.Duration) { noticed = wait })
	response, err := rest.Client{Transport: http.DefaultTransport}.Do(ctx, rest.Request{Method: http.MethodGet, URL: base, Limit: 1 << 10})
	if err != nil {
		t.Fatal(err)
	}
	return fault.RetryAfter(response.Fault("")), noticed
}

func TestRateHeaders(t *testing.T) {
	const date = "Sun, 01 Mar 2026 09:00:00 GMT" // 1772355600
	cases := map[string]struct {
		status         int
		header         map[string]string
		asked, noticed time.Duration
	}{
		"none":                              {200, nil, 0, 0},
		"some left":                         {200, map[string]string{"X-RateLimit-Remaining": "3", "X-RateLimit-Reset": "30"}, 0, 0},
		"none left":                         {200, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "30"}, 0, 30 * time.Second},
		"none left, until a time":           {200, map[string]string{"Date": date, "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1772355690"}, 0, 91 * time.Second},
		"none left, until a time gone by":   {200, map[string]string{"Date": date, "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1772355500"}, 0, 0},
		"none left, for a year":             {200, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "31536000"}, 0, 24 * time.Hour},
		"none left, beyond all time":        {200, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9223372036854775807"}, 0, 24 * time.Hour},
		"none left, of a 404":               {404, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "30"}, 30 * time.Second, 30 * time.Second},
		"none left, without a time":         {200, map[string]string{"X-RateLimit-Remaining": "0"}, 0, 0},
		"none left, in words":               {200, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "soon"}, 0, 0},
		"none left, in the past":            {200, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "-5"}, 0, 0},
		"refused":                           {429, map[string]string{"X-RateLimit-Reset": "30"}, 30 * time.Second, 0},
		"refused, the standard header wins": {429, map[string]string{"Retry-After": "7", "X-RateLimit-Reset": "30"}, 7 * time.Second, 0},
		"refused, without a time":           {429, nil, 0, 0},
		"broken":                            {503, map[string]string{"X-RateLimit-Remaining": "3", "X-RateLimit-Reset": "30"}, 0, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if asked, noticed := answerWith(t, c.status, c.header); asked != c.asked || noticed != c.noticed {
				t.Errorf("asked to wait %v and noticed %v, want %v and %v", asked, noticed, c.asked, c.noticed)
			}
		})
	}
}

// TestNoticeWithoutListener is the ordinary case.
func TestNoticeWithoutListener(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Ratelimit-Remaining", "0")
		w.Header().Set("X-Ratelimit-Reset", "30")
	}))
	defer server.Close()
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (rest.Client{Transport: http.DefaultTransport}).Do(t.Context(), rest.Request{Method: http.MethodGet, URL: base, Limit: 1 << 10}); err != nil {
		t.Errorf("Do = %v, want nil", err)
	}
}
