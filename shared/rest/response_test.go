package rest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/rest"
	"vtq.internal/shared/testkit/clienttest"
)

// answered performs one GET and returns its answer.
func answered(t *testing.T, status int, header map[string]string, body string) rest.Response {
	t.Helper()
	response, err := rest.Client{Transport: clienttest.Transport(func(r *http.Request) (*http.Response, error) {
		answer := clienttest.Answer(r, status, "application/json", body)
		for name, value := range header {
			answer.Header.Set(name, value)
		}
		return answer, nil
	})}.Do(t.Context(), get(1<<20))
	if err != nil {
		t.Fatalf("Do: %v", err)
	}
	return response
}

func TestFault(t *testing.T) {
	const where = "GET example.test/v1/{id}: "
	const hint = "; set the base URL to where the service itself answers"
	cases := map[string]struct {
		status   int
		location string
		detail   string
		kind     fault.Kind
		want     string
	}{
		"a status":                  {503, "", "", fault.Transient, "status 503 (Service Unavailable)"},
		"with a vendor's word":      {429, "", "QuotaExceededError", fault.Quota, "status 429 (Too Many Requests): QuotaExceededError"},
		"of no name":                {599, "", "", fault.Transient, "status 599"},
		"redirected elsewhere":      {302, "https://sso.test/SECRET?SECRET=1", "", fault.Denied, "status 302 (Found): redirected to sso.test" + hint},
		"redirected to a port":      {301, "//[::1]:8443/x", "", fault.Denied, "status 301 (Moved Permanently): redirected to [::1]:8443" + hint},
		"redirected within":         {307, "/SECRET", "", fault.Denied, "status 307 (Temporary Redirect): redirected within the same host" + hint},
		"redirected with a login":   {302, "https://SECRET:SECRET@sso.test/", "", fault.Denied, "status 302 (Found): redirected to sso.test" + hint},
		"redirected to nowhere":     {302, "::SECRET::", "", fault.Denied, "status 302 (Found): redirected to an unreadable place" + hint},
		"redirected to an odd host": {302, "https://SECRET%0a/", "", fault.Denied, "status 302 (Found): redirected to an unreadable place" + hint},
		"redirected to a huge host": {302, "https://" + strings.Repeat("S", 260), "", fault.Denied, "status 302 (Found): redirected to an unreadable place" + hint},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			header := map[string]string{"Location": c.location, "Retry-After": "7"}
			err := answered(t, c.status, header, "SECRET").Fault(c.detail)
			if err == nil || fault.KindOf(err) != c.kind || err.Error() != where+c.want {
				t.Fatalf("Fault = %v: %q, want %v: %q", fault.KindOf(err), err, c.kind, where+c.want)
			}
			if got := fault.RetryAfter(err); got != 7*time.Second {
				t.Errorf("RetryAfter = %v, want 7s", got)
			}
			clienttest.AssertNoLeak(t, err, "SECRET")
		})
	}
}

func TestSuccessIsNoFault(t *testing.T) {
	for status := 200; status < 300; status++ {
		if err := answered(t, status, nil, "").Fault("x"); err != nil {
			t.Errorf("Fault of %d = %v, want nil", status, err)
		}
	}
}

func TestDecode(t *testing.T) {
	cases := map[string]struct{ kind, body, want string }{
		"JSON":              {"application/json; charset=utf-8", `{"n":7}`, ""},
		"JSON of a kind":    {"application/problem+json", `{"n":7}`, ""},
		"empty":             {"application/json", "", "the answer is empty"},
		"a page":            {"text/html", "<html>SECRET</html>", "the answer is not JSON"},
		"a page, unlabeled": {"", `{"n":7}`, "the answer is not JSON"},
		"cut short":         {"application/json", `{"n":7,"SECRET`, "the answer is no valid JSON at byte 14"},
		"two values":        {"application/json", `{"n":7}SECRET`, "the answer is no valid JSON at byte 8"},
		"another shape":     {"application/json", `{"n":"SECRET"}`, "the answer has an unexpected shape at byte 13"},
		"another number":    {"application/json", `{"n":31337.5}`, "the answer has an unexpected shape at byte 12"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var into struct{ N int }
			err := answered(t, http.StatusOK, map[string]string{"Content-Type": c.kind}, c.body).Decode(&into)
			if c.want == "" {
				if err != nil || into.N != 7 {
					t.Errorf("Decode(%q) = %d, %v; want 7, nil", c.body, into.N, err)
				}
				return
			}
			want := "GET example.test/v1/{id}: status 200: " + c.want
			if err == nil || fault.KindOf(err) != fault.Transient || err.Error() != want {
				t.Fatalf("Decode(%q) = %v: %v, want transient: %s", c.body, fault.KindOf(err), err, want)
			}
			clienttest.AssertNoLeak(t, err, "SECRET", "31337")
		})
	}
}

func TestRetryAfterIsMeasuredByTheServersClock(t *testing.T) {
	at := time.Date(2020, 9, 30, 12, 0, 0, 0, time.UTC)
	got := answered(t, http.StatusTooManyRequests, map[string]string{
		"Date":        at.Format(http.TimeFormat),
		"Retry-After": at.Add(time.Minute).Format(http.TimeFormat),
	}, "").RetryAfter()
	if got != time.Minute {
		t.Errorf("RetryAfter = %v, want 1m: the server's clock says 2020", got)
	}
}

func TestPage(t *testing.T) {
	cases := map[string]struct {
		kind, body string
		want       bool
	}{
		"HTML":                   {"text/html; charset=utf-8", "", true},
		"XHTML":                  {"application/xhtml+xml", "x", true},
		"HTML as JSON":           {"application/json", "<!DOCTYPE html>", true},
		"HTML as text":           {"text/plain", "\r\n\t <html>", true},
		"HTML after a mark":      {"", "\ufeff <html>", true},
		"JSON":                   {"application/json", `{"a":"<html>"}`, false},
		"text":                   {"text/plain", "not < found", false},
		"nothing":                {"", "", false},
		"space":                  {"application/json", " \n", false},
		"JSON of an HTML's type": {"text/html", "{}", true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := rest.Response{Header: http.Header{"Content-Type": {c.kind}}, Body: []byte(c.body)}
			if got := r.Page(); got != c.want {
				t.Errorf("%s, %q: Page() = %t, want %t", c.kind, c.body, got, c.want)
			}
		})
	}
}
