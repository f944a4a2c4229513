package rest_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/rest"
	"vtq.internal/shared/testkit/clienttest"
)

// FuzzBody answers with arbitrary bytes under every coding: what is kept is within the limit, and what is refused has a kind and
// tells nothing of what came.
func FuzzBody(f *testing.F) {
	f.Add(uint16(200), "", "{}", uint16(2))
	f.Add(uint16(200), "", "{}", uint16(1))
	f.Add(uint16(200), "gzip", "", uint16(9))
	f.Add(uint16(200), "x-gzip", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x01\x00\x00\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00", uint16(64))
	f.Add(uint16(404), "gzip", "\x1f\x8b\x08", uint16(64))
	f.Add(uint16(429), "br", "<html>", uint16(3))
	f.Add(uint16(200), "gzip", "\x1f\x8b\x08\x1f\x00\x00\x00\x00\x00\xff\xff\xffcomment\x00name\x00", uint16(64))
	f.Fuzz(func(t *testing.T, status uint16, coding, body string, limit uint16) {
		status = 200 + status%400
		response, err := exchange(t, int64(limit), int(status), coding, strings.NewReader(body))
		if err != nil {
			permanent := errors.Is(err, rest.ErrTooLarge)
			if kind := fault.KindOf(err); (kind == fault.Permanent) != permanent || !permanent && kind != fault.Transient {
				t.Errorf("status %d, %q of %q: %v, a %v fault", status, coding, body, err, kind)
			}
			if !(rest.Response{Status: int(status)}).OK() {
				t.Errorf("status %d, %q of %q: %v, where the status tells enough", status, coding, body, err)
			}
			checkDiscreet(t, err, body)
			return
		}
		most := int(limit)
		if !response.OK() {
			most = min(most, rest.MaxErrorBody)
		}
		if len(response.Body) > most {
			t.Errorf("status %d, %q of %q: %d bytes, at most %d", status, coding, body, len(response.Body), most)
		}
		if unpacked := coding == "" && response.OK(); unpacked && string(response.Body) != body {
			t.Errorf("%q came as %q", body, response.Body)
		}
		var into any
		if err := response.Decode(&into); err != nil {
			if fault.KindOf(err) != fault.Transient {
				t.Errorf("decoding %q = %v, a %v fault", response.Body, err, fault.KindOf(err))
			}
			checkDiscreet(t, err, string(response.Body))
		}
	})
}

// checkDiscreet looks for the words of an answer in an error; short ones occur by chance.
func checkDiscreet(t *testing.T, err error, body string) {
	t.Helper()
	if text := err.Error(); len(text) > 300 || len(body) > 16 && strings.Contains(text, body) {
		t.Errorf("the error %q is long, or repeats %q", text, body)
	}
	clienttest.AssertNoLeak(t, err, "SECRET-path", "SECRET-query", "SECRET-header")
}

// FuzzHeaders answers with arbitrary headers: no wait is outside of its bounds, and no error repeats more of them than a host.
func FuzzHeaders(f *testing.F) {
	f.Add(uint16(429), "120", "0", "30", "", "https://login.example/SECRET?next=x")
	f.Add(uint16(200), "", " 0", "1772355690", "Sun, 01 Mar 2026 09:00:00 GMT", "")
	f.Add(uint16(302), "-1", "0", "9223372036854775807", "Sun, 01 Mar 0001 09:00:00 GMT", "//user:pw@host/%zz")
	f.Add(uint16(503), "Fri, 31 Dec 9999 23:59:59 GMT", "", "-9223372036854775808", "Mon, 01 Jan 0001 00:00:00 GMT", "//"+strings.Repeat("h", 300))
	f.Add(uint16(307), "9999999999999999999999", "00", "1e9", "x", "https://[::1]:99\n")
	f.Fuzz(func(t *testing.T, status uint16, retry, remaining, reset, date, location string) {
		status = 200 + status%400
		noticed := time.Duration(0)
		ctx := rest.WithNotice(t.Context(), func(wait time.Duration) { noticed = wait })
		response, err := rest.Client{Transport: clienttest.Transport(func(r *http.Request) (*http.Response, error) {
			answer := clienttest.Answer(r, int(status), "application/json", "{}")
			for name, value := range map[string]string{
				"Retry-After": retry, "X-Ratelimit-Remaining": remaining, "X-Ratelimit-Reset": reset, "Date": date, "Location": location,
			} {
				answer.Header.Set(name, value)
			}
			return answer, nil
		})}.Do(ctx, get(1<<10))
		if err != nil {
			t.Fatalf("status %d: %v", status, err)
		}
		refused := response.Fault("")
		for _, wait := range []time.Duration{noticed, response.RetryAfter(), fault.RetryAfter(refused)} {
			if wait < 0 || wait > rest.MaxRetryAfter {
				t.Errorf("%q, %q, %q at %q: a wait of %v", retry, remaining, reset, date, wait)
			}
		}
		if (refused == nil) != response.OK() {
			t.Errorf("status %d: %v", status, refused)
		}
		if refused != nil && (len(refused.Error()) > 500 || strings.ContainsFunc(refused.Error(), func(r rune) bool { return r < ' ' || r > '~' })) {
			t.Errorf("status %d to %q: %q", status, location, refused)
		}
	})
}
