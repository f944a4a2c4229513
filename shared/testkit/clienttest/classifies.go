package clienttest

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/rest"
)

// marker stands in bodies and headers that no error may repeat.
const marker = "marker-of-the-answer"

// page is what a proxy or a front end sends in place of the service.
const page = "<html><body>" + marker + "</body></html>"

// Classifies walks every status from 100 to 599, answered with an HTML page, and checks what do, one call of the client over the
// given transport, makes of it: by default the kind that rest.Kind gives, and Transient for a success, since a page where JSON
// was due is none. A 429 must keep the wait that its Retry-After names, and no error may repeat the page or a header.
//
// A 404, and the statuses listed as exceptions, are the client's own to judge and to test: of them only the leak is checked.
func Classifies(tb testing.TB, do func(context.Context, http.RoundTripper) error, except ...int) {
	tb.Helper()
	for status := 100; status <= 599; status++ {
		err := do(tb.Context(), always(status))
		if err != nil {
			AssertNoLeak(tb, err, marker)
		}
		if status == http.StatusNotFound || slices.Contains(except, status) {
			continue
		}
		if err == nil {
			tb.Errorf("status %d with a page: no error, want %v", status, wanted(status))
			continue
		}
		if got := fault.KindOf(err); got != wanted(status) {
			tb.Errorf("status %d with a page: kind %v (%v), want %v", status, got, err, wanted(status))
		}
		if got := fault.RetryAfter(err); status == http.StatusTooManyRequests && got != 90*time.Second {
			tb.Errorf("status %d with Retry-After: 90: wait %v, want 1m30s", status, got)
		}
	}
}

func wanted(status int) fault.Kind {
	if status >= 200 && status < 300 {
		return fault.Transient
	}
	return rest.Kind(status)
}

// always answers everything with one status.
func always(status int) Transport {
	return func(r *http.Request) (*http.Response, error) {
		answer := Answer(r, status, "text/html", page)
		answer.Header.Set("Retry-After", "90")
		answer.Header.Set("X-Trace", marker)
		answer.Header.Set("Location", "https://login.example/"+marker+"?next="+marker)
		return answer, nil
	}
}
