package reversinglabs_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/reversinglabs"
	"vtq.internal/shared/testkit/clienttest"
)

func TestEveryStatusIsClassified(t *testing.T) {
	t.Run("one", func(t *testing.T) {
		clienttest.Classifies(t, func(ctx context.Context, transport http.RoundTripper) error {
			_, err := newClient(t, transport).Look(ctx, file(md5))
			return err
		})
	})
	t.Run("many of one", func(t *testing.T) {
		clienttest.Classifies(t, func(ctx context.Context, transport http.RoundTripper) error {
			_, err := newClient(t, transport).LookMany(ctx, files(md5, md5))
			return err
		})
	})
	t.Run("many", func(t *testing.T) {
		clienttest.Classifies(t, func(ctx context.Context, transport http.RoundTripper) error {
			_, err := newClient(t, transport).LookMany(ctx, files(sha1, other))
			return err
		}, http.StatusBadRequest)
	})
}

func TestRefusals(t *testing.T) {
	const one, batch = "looking up a file: GET data.reversinglabs.com/api/xref/v2/query/{type}/{hash}: ", "looking up 2 files: POST data.reversinglabs.com/api/xref/v2/bulk_query/json: "
	const forbidden = "status 403 (Forbidden): no right to TCA-0103, or the quota is used up: an older connector of the vendor takes a 403 for that"
	const lost = "status 404 (Not Found): not the service's own answer; check the provider's base URL"
	cases := map[string]struct {
		many       bool
		status     int
		kind, body string
		want       fault.Kind
		is         error // Nil for none of those that say how to go on.
		text       string
	}{
		"400 for one":                 {false, 400, "text/plain", md5, fault.Permanent, nil, "status 400 (Bad Request)"},
		"400 for many":                {true, 400, "text/plain", md5, fault.Transient, reversinglabs.ErrSingly, "status 400 (Bad Request): the hashes must be asked for one by one"},
		"401":                         {true, 401, jsonType, `{}`, fault.Denied, nil, "status 401 (Unauthorized)"},
		"403 for one":                 {false, 403, "", "", fault.Denied, nil, forbidden},
		"403 for many":                {true, 403, "", "", fault.Denied, nil, forbidden},
		"404 for one, a page":         {false, 404, "text/html", "", fault.Transient, nil, lost},
		"404 for one, a page as text": {false, 404, "text/plain", " <html>", fault.Transient, nil, lost},
		"404 for many":                {true, 404, jsonType, `{"rl":{"samples":[]}}`, fault.Transient, nil, lost},
		"413 for one":                 {false, 413, "", "", fault.Permanent, nil, "status 413 (Request Entity Too Large)"},
		"413 for many":                {true, 413, "text/html", "<html>", fault.Permanent, reversinglabs.ErrTooMany, "status 413 (Request Entity Too Large): too many hashes in one request"},
		"500":                         {true, 500, "", "", fault.Transient, nil, "status 500 (Internal Server Error)"},
		"503":                         {false, 503, "text/html", "<html>", fault.Transient, nil, "status 503 (Service Unavailable)"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			client := newClient(t, answers(c.status, c.kind, c.body))
			_, err := client.Look(t.Context(), file(md5))
			want := one + c.text
			if c.many {
				_, err = client.LookMany(t.Context(), files(sha1, other))
				want = batch + c.text
			}
			if err == nil || err.Error() != want || fault.KindOf(err) != c.want {
				t.Errorf("%v: %v, want %v: %s", fault.KindOf(err), err, c.want, want)
			}
			for _, way := range []error{reversinglabs.ErrTooMany, reversinglabs.ErrSingly, reversinglabs.ErrMixed} {
				if got := errors.Is(err, way); got != (way == c.is) { //nolint:errorlint // Which of the three it is.
					t.Errorf("%v is %q: %t", err, way, got)
				}
			}
		})
	}
}

// TestASingleHashIsNoBatch: what cannot be divided has no way on.
func TestASingleHashIsNoBatch(t *testing.T) {
	for _, status := range []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge} {
		_, err := newClient(t, answers(status, "", "")).LookMany(t.Context(), files(sha1, sha1))
		if fault.KindOf(err) != fault.Permanent || errors.Is(err, reversinglabs.ErrTooMany) || errors.Is(err, reversinglabs.ErrSingly) {
			t.Errorf("status %d for one hash: %v (%v), want permanent", status, err, fault.KindOf(err))
		}
	}
}

func TestLimits(t *testing.T) {
	const rate, quota = ": the rate limit", ": the quota is used up"
	const morning, evening, midnight = "Sun, 01 Mar 2026 09:00:00 GMT", "Sat, 28 Feb 2026 23:59:59 GMT", "Sun, 01 Mar 2026 00:00:00 GMT"
	cases := map[string]struct {
		body   string
		header map[string]string
		wait   time.Duration
		text   string
	}{
		"the rate":                      {"Rate limit exceeded", nil, reversinglabs.RatePause, rate},
		"the rate, in other letters":    {`{"message":"RATE LIMIT EXCEEDED"}`, map[string]string{"Date": morning}, reversinglabs.RatePause, rate},
		"the rate, with a wait":         {"Rate limit exceeded", map[string]string{"Retry-After": "7"}, 7 * time.Second, rate},
		"the day, in the morning":       {"quota limit reached", map[string]string{"Date": morning}, 15 * time.Hour, quota},
		"the day, in its last second":   {"", map[string]string{"Date": evening}, time.Second, quota},
		"the day, at its beginning":     {"", map[string]string{"Date": midnight}, 24 * time.Hour, quota},
		"the day, with a wait":          {"", map[string]string{"Date": morning, "Retry-After": "60"}, time.Minute, quota},
		"the day, by our clock":         {"", nil, 18*time.Hour + 30*time.Minute, quota},
		"the day, by an odd date of it": {"", map[string]string{"Date": "today"}, 18*time.Hour + 30*time.Minute, quota},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(5*time.Hour + 30*time.Minute) // A bubble begins at midnight, UTC.
				client := newClient(t, clienttest.Transport(func(r *http.Request) (*http.Response, error) {
					answer := clienttest.Answer(r, http.StatusTooManyRequests, "text/plain", c.body)
					for name, value := range c.header {
						answer.Header.Set(name, value)
					}
					return answer, nil
				}))
				_, one := client.Look(t.Context(), file(md5))
				_, many := client.LookMany(t.Context(), files(sha1, other))
				for _, err := range []error{one, many} {
					if fault.KindOf(err) != fault.Quota || fault.RetryAfter(err) != c.wait || !strings.HasSuffix(err.Error(), c.text) {
						t.Errorf("%v (%v, wait %v), want quota%s for %v", err, fault.KindOf(err), fault.RetryAfter(err), c.text, c.wait)
					}
				}
			})
		})
	}
}

func TestSuccessesThatAreNone(t *testing.T) {
	cases := map[string]struct{ kind, body string }{
		"empty":                     {jsonType, ""},
		"a page":                    {"text/html", "<html>"},
		"XML":                       {"application/xml", "<rl/>"},
		"another type":              {"text/plain", `{"rl":{"sample":{},"samples":[]}}`},
		"cut short":                 {jsonType, `{"rl":{"sample":{"sha1":"` + sha1 + `"`},
		"null":                      {jsonType, `null`},
		"a list":                    {jsonType, `[]`},
		"nothing":                   {jsonType, `{}`},
		"odd contents":              {jsonType, `{"rl":"x"}`},
		"nothing in it":             {jsonType, `{"rl":{}}`},
		"the entries of TCA-0101":   {jsonType, `{"rl":{"entries":[]}}`},
		"a sample that is none":     {jsonType, `{"rl":{"sample":"","samples":"x"}}`},
		"samples that are one":      {jsonType, `{"rl":{"samples":{}}}`},
		"odd samples, and a group":  {jsonType, `{"rl":{"samples":7,"unknown_hashes":[]}}`},
		"a group that is no list":   {jsonType, `{"rl":{"unknown_hashes":{}}}`},
		"an error":                  {jsonType, `{"error":{"code":"NotFoundError"}}`},
		"about another file, alone": {jsonType, `{"rl":{"sample":{"sha1":"` + other + `"}}}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			client := newClient(t, answers(http.StatusOK, c.kind, c.body))
			if v, err := client.Look(t.Context(), file(sha1)); fault.KindOf(err) != fault.Transient || v.Found {
				t.Errorf("Look answered %q = %+v, %v (%v); want transient", c.body, v, err, fault.KindOf(err))
			}
			if all, err := client.LookMany(t.Context(), files(sha1, numbered(7))); fault.KindOf(err) != fault.Transient || all != nil {
				t.Errorf("LookMany answered %q = %+v, %v (%v); want transient", c.body, all, err, fault.KindOf(err))
			}
		})
	}
}

func TestNoRequestIsSpentOnWhatCannotBe(t *testing.T) {
	client := newClient(t, untouched(t))
	for _, object := range []indicator.Object{
		file(""), file("None"), file(md5[1:]), file("z" + md5[1:]), file("../" + md5),
		{Kind: indicator.URL, Value: "http://x.test/"},
		{Kind: indicator.Domain, Value: "x.test"},
		{Kind: indicator.IP, Value: "192.0.2.1"},
		{Kind: indicator.Domain, Value: md5},
	} {
		if _, err := client.Look(t.Context(), object); fault.KindOf(err) != fault.Permanent {
			t.Errorf("Look(%v) = %v (%v), want permanent", object, err, fault.KindOf(err))
		}
	}
}
