package clienttest_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/rest"
	"vtq.internal/shared/testkit/clienttest"
)

// A witness is a test that fails without failing.
type witness struct {
	testing.TB
	complaints []string
}

func (w *witness) Errorf(format string, args ...any) {
	w.complaints = append(w.complaints, fmt.Sprintf(format, args...))
}

// ask is a client as it should be, for an answer in JSON.
func ask(ctx context.Context, transport http.RoundTripper) error {
	response, err := rest.Client{Transport: transport}.Do(ctx, rest.Request{
		Method: http.MethodGet, URL: &url.URL{Scheme: "https", Host: "service.test", Path: "/x"}, Route: "/x", Limit: 1 << 10,
	})
	if err != nil {
		return err
	}
	if err := response.Fault(""); err != nil {
		return err
	}
	return response.Decode(new(any))
}

func TestClassifies(t *testing.T) {
	cases := map[string]struct {
		spoil func(error) error
		want  []string // How the complaints begin.
	}{
		"a client as it should be": {func(err error) error { return err }, nil},
		"one that takes a page for an answer": {func(err error) error {
			if strings.Contains(err.Error(), "status 204") {
				return nil
			}
			return err
		}, []string{"status 204 with a page: no error, want transient"}},
		"one that never gives up": {func(err error) error {
			if fault.KindOf(err) == fault.Denied && strings.Contains(err.Error(), "status 401") {
				return fault.New(fault.Transient, err)
			}
			return err
		}, []string{"status 401 with a page: kind transient"}},
		"one that forgets the wait": {func(err error) error {
			if fault.KindOf(err) == fault.Quota {
				return fault.New(fault.Quota, err)
			}
			return err
		}, []string{"status 429 with Retry-After: 90: wait 0s, want 1m30s"}},
		"one that repeats the page": {func(err error) error {
			if strings.Contains(err.Error(), "status 404") {
				return fmt.Errorf("marker-of-the-answer: %w", err)
			}
			return err
		}, []string{"an error leaks a secret"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := &witness{TB: t}
			clienttest.Classifies(w, func(ctx context.Context, transport http.RoundTripper) error {
				return c.spoil(ask(ctx, transport))
			})
			if len(w.complaints) != len(c.want) {
				t.Fatalf("complaints %q, want %q", w.complaints, c.want)
			}
			for i, want := range c.want {
				if !strings.HasPrefix(w.complaints[i], want) {
					t.Errorf("complaint %q, want %q", w.complaints[i], want)
				}
			}
		})
	}
}

func TestClassifiesLeavesExceptions(t *testing.T) {
	w := &witness{TB: t}
	clienttest.Classifies(w, func(ctx context.Context, transport http.RoundTripper) error {
		err := ask(ctx, transport)
		if strings.Contains(err.Error(), "status 409") {
			return fault.New(fault.Gone, err)
		}
		return err
	}, http.StatusConflict)
	if len(w.complaints) != 0 {
		t.Errorf("complaints about an exception: %q", w.complaints)
	}
}

func TestAssertNoLeak(t *testing.T) {
	const secret = "s3cr/t +%"
	plain := errors.New("plain")
	cases := map[string]struct {
		err  error
		want int
	}{
		"none":                {nil, 1},
		"silent":              {fmt.Errorf("asking: %w", plain), 0},
		"in the text":         {errors.New("with " + secret), 1},
		"escaped for a query": {errors.New(url.QueryEscape(secret)), 1},
		"escaped for a path":  {errors.New(url.PathEscape(secret)), 1},
		"in base64":           {errors.New(base64.StdEncoding.EncodeToString([]byte(secret))), 1},
		"deeper, not shown":   {hiding{errors.New(secret)}, 1},
		"joined":              {hiding{errors.Join(plain, hiding{errors.New(secret)})}, 1},
		"in a field":          {&url.Error{Op: "Get", URL: "https://x.test", Err: field{secret}}, 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := &witness{TB: t}
			clienttest.AssertNoLeak(w, c.err, secret)
			if min(len(w.complaints), 1) != c.want {
				t.Errorf("complaints %q, want %d", w.complaints, c.want)
			}
		})
	}
}

// hiding wraps an error without showing it.
type hiding struct{ error }

func (hiding) Error() string   { return "hidden" }
func (h hiding) Unwrap() error { return h.error }

// Format hides it from package fmt as well.
func (hiding) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("hidden")) }

// field has a secret that only %+v and %#v show.
type field struct{ Secret string }

func (field) Error() string { return "silent" }
