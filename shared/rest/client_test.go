package rest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/rest"
	"vtq.internal/shared/testkit/clienttest"
)

func dialer(conn net.Conn) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) { return conn, nil }
}

// secretURL has something to hide in every part but its host.
func secretURL() *url.URL {
	return &url.URL{Scheme: "https", Host: "example.test", Path: "/v1/SECRET-path", RawQuery: "q=SECRET-query"}
}

func get(limit int64) rest.Request {
	return rest.Request{
		Method: http.MethodGet, URL: secretURL(), Route: "/v1/{id}", Limit: limit,
		Header: http.Header{"X-Key": {"SECRET-header"}},
	}
}

// exchange performs one GET that is answered with the given status, coding and body.
func exchange(t *testing.T, limit int64, status int, coding string, body io.Reader) (rest.Response, error) {
	t.Helper()
	return rest.Client{Transport: clienttest.Transport(func(r *http.Request) (*http.Response, error) {
		answer := clienttest.Answer(r, status, "application/json", "")
		answer.Header.Set("Content-Encoding", coding)
		answer.Body = io.NopCloser(body)
		return answer, nil
	})}.Do(t.Context(), get(limit))
}

func packed(t *testing.T, body string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, body)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestBodies(t *testing.T) {
	const limit = 1 << 10
	full := strings.Repeat("x", limit)
	whole := packed(t, "hello")
	cases := map[string]struct {
		status       int
		coding, body string
		want         string
		kind         fault.Kind // Unknown: no error.
	}{
		"plain":                             {200, "", "hello", "hello", fault.Unknown},
		"gzip":                              {200, "gzip", whole, "hello", fault.Unknown},
		"gzip by its old name":              {200, "X-GZIP ", whole, "hello", fault.Unknown},
		"empty":                             {200, "", "", "", fault.Unknown},
		"empty, says it is gzip":            {200, "gzip", "", "", fault.Unknown},
		"as long as the limit":              {200, "", full, full, fault.Unknown},
		"one byte longer":                   {200, "", full + "x", "", fault.Permanent},
		"unpacks to the limit":              {200, "gzip", packed(t, full), full, fault.Unknown},
		"unpacks to one byte more":          {200, "gzip", packed(t, full+"x"), "", fault.Permanent},
		"members that unpack to nothing":    {200, "gzip", strings.Repeat(packed(t, ""), limit), "", fault.Permanent},
		"gzip cut short":                    {200, "gzip", whole[:len(whole)-1], "", fault.Transient},
		"says gzip, is plain":               {200, "gzip", `{"data":1} and so on`, "", fault.Transient},
		"gzip damaged":                      {200, "gzip", whole[:12] + "\xff\xff" + whole[14:], "", fault.Transient},
		"a coding nobody asked for":         {200, "br", "hello", "", fault.Transient},
		"an error, plain":                   {429, "", "slow down", "slow down", fault.Unknown},
		"an error that says gzip, is plain": {429, "gzip", "slow down, says the front end", "", fault.Unknown},
		"an error longer than the limit":    {500, "", full + "x", full, fault.Unknown},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := exchange(t, limit, c.status, c.coding, strings.NewReader(c.body))
			if kind := fault.KindOf(err); kind != c.kind || (err == nil) != (c.kind == fault.Unknown) {
				t.Fatalf("Do: %v (%v), want kind %v", err, kind, c.kind)
			}
			if errors.Is(err, rest.ErrTooLarge) != (c.kind == fault.Permanent) {
				t.Errorf("Do: %v: is it ErrTooLarge?", err)
			}
			if string(got.Body) != c.want {
				t.Errorf("body of %d bytes, want %d", len(got.Body), len(c.want))
			}
		})
	}
}

func TestErrorBodyIsCut(t *testing.T) {
	got, err := exchange(t, 8<<20, http.StatusBadGateway, "", strings.NewReader(strings.Repeat("x", rest.MaxErrorBody+1)))
	if err != nil || len(got.Body) != rest.MaxErrorBody {
		t.Errorf("an error body of %d bytes, %v; want %d", len(got.Body), err, rest.MaxErrorBody)
	}
}

// A bomb is a gzip stream of zeroes without end.
type bomb struct{ io.Reader }

func newBomb(t *testing.T) bomb {
	t.Helper()
	out, in := io.Pipe()
	go func() {
		w, zeroes := gzip.NewWriter(in), make([]byte, 1<<20)
		for {
			if _, err := w.Write(zeroes); err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() { _ = out.Close() })
	return bomb{out}
}

func TestBombsStopAtTheLimit(t *testing.T) {
	if _, err := exchange(t, 1<<20, http.StatusOK, "gzip", newBomb(t)); !errors.Is(err, rest.ErrTooLarge) {
		t.Errorf("Do: %v, want %v", err, rest.ErrTooLarge)
	}
}

func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := rest.Client{Timeout: 30 * time.Second, Transport: clienttest.Transport(
			func(r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			})}
		start := time.Now()
		_, err := client.Do(t.Context(), get(1))
		if took := time.Since(start); took != client.Timeout || fault.KindOf(err) != fault.Transient {
			t.Errorf("Do: %v (%v) after %v, want a transient fault after %v", err, fault.KindOf(err), took, client.Timeout)
		}
		if want := "GET example.test/v1/{id}: no complete answer in time"; err.Error() != want {
			t.Errorf("Do: %q, want %q", err, want)
		}
	})
}

var errLeaving = errors.New("leaving")

func TestCancelIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	client := rest.Client{Transport: clienttest.Transport(func(r *http.Request) (*http.Response, error) {
		answer := clienttest.Answer(r, http.StatusTooManyRequests, "application/json", "")
		answer.Body = io.NopCloser(canceled{cancel})
		return answer, nil
	})}
	_, err := client.Do(ctx, get(1<<10))
	if fault.KindOf(err) != fault.Interrupted || !errors.Is(err, errLeaving) {
		t.Errorf("Do: %v (%v), want interrupted by %v", err, fault.KindOf(err), errLeaving)
	}
	clienttest.AssertNoLeak(t, err, "SECRET")
}

// canceled is a body during which the caller leaves.
type canceled struct{ cancel context.CancelCauseFunc }

func (c canceled) Read([]byte) (int, error) {
	c.cancel(errLeaving)
	return 0, context.Canceled
}

func TestErrorsTellWhatBrokeAndNothingElse(t *testing.T) {
	answer := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				panic(err)
			}
			_, _ = io.WriteString(conn, body)
			_ = conn.Close()
		}
	}
	cases := map[string]struct {
		serve http.HandlerFunc
		want  string
	}{
		"no answer":         {answer(""), "the connection broke or the answer is malformed"},
		"no HTTP":           {answer("SECRET SECRET SECRET\r\n\r\n"), "the connection broke or the answer is malformed"},
		"headers cut short": {answer("HTTP/1.1 200 OK\r\nX-Ke"), "the connection broke or the answer is malformed"},
		"body cut short":    {answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"SEC"), "the answer was cut short"},
		"huge headers": {
			answer("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("S", rest.MaxHeader) + "\r\n\r\n"),
			"the connection broke or the answer is malformed",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(c.serve)
			defer server.Close()
			request := get(1 << 10)
			request.URL.Scheme, request.URL.Host = "http", server.Listener.Addr().String()
			_, err := rest.Client{Transport: newTransport(t, rest.Config{})}.Do(t.Context(), request)
			assertBroken(t, err, fmt.Sprintf("GET %s/v1/{id}: %s", request.URL.Host, c.want))
		})
	}
}

func TestUnreachable(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	request := get(1)
	request.URL.Host = listener.Addr().String()
	_, err = rest.Client{Transport: newTransport(t, rest.Config{})}.Do(t.Context(), request)
	assertBroken(t, err, fmt.Sprintf("GET %s/v1/{id}: dial: connection refused", request.URL.Host))
}

func TestBrokenTransports(t *testing.T) {
	dial := func(err error) error { return &net.OpError{Op: "dial", Err: err} }
	untrusted := func(err error) error { return &tls.CertificateVerificationError{Err: err} }
	cases := map[string]struct {
		err  error
		want string
	}{
		"no such host":           {dial(&net.DNSError{Err: "SECRET", Name: "SECRET", IsNotFound: true}), "resolving the host: no such host"},
		"no name server":         {dial(&net.DNSError{Err: "SECRET", Name: "SECRET", IsTimeout: true}), "resolving the host: no answer"},
		"no way there":           {dial(os.NewSyscallError("connect", syscall.EHOSTUNREACH)), "dial: no route to host"},
		"too slow to connect":    {dial(os.ErrDeadlineExceeded), "dial: timed out"},
		"too slow to answer":     {context.DeadlineExceeded, "timed out"},
		"an old certificate":     {untrusted(x509.CertificateInvalidError{Reason: x509.Expired, Detail: "SECRET"}), "verifying the server's certificate: expired or not yet valid"},
		"an odd certificate":     {untrusted(x509.CertificateInvalidError{Reason: x509.TooManyIntermediates}), "verifying the server's certificate: not acceptable"},
		"something of net/http":  {errors.New("SECRET"), "the connection broke or the answer is malformed (*errors.errorString)"},
		"wrapped, of its kind":   {fmt.Errorf("SECRET: %w", textproto.ProtocolError("SECRET")), "the connection broke or the answer is malformed (textproto.ProtocolError)"},
		"known to us already":    {fault.New(fault.Transient, errLeaving), "leaving"},
		"an alert from the peer": {&net.OpError{Op: "remote error", Err: tls.AlertError(70)}, "remote error: tls: protocol version not supported"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := rest.Client{Transport: clienttest.Transport(func(*http.Request) (*http.Response, error) {
				return nil, c.err
			})}.Do(t.Context(), get(1))
			assertBroken(t, err, "GET example.test/v1/{id}: "+c.want)
		})
	}
}

func assertBroken(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %q", want)
	}
	if fault.KindOf(err) != fault.Transient || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v: %q, want transient: %q", fault.KindOf(err), err, want)
	}
	clienttest.AssertNoLeak(t, err, "SECRET")
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var seen int
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen++
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	}))
	defer server.Close()
	request := get(1 << 10)
	request.URL, _ = url.Parse(server.URL)
	got, err := rest.Client{Transport: newTransport(t, rest.Config{})}.Do(t.Context(), request)
	if err != nil || got.Status != http.StatusFound || seen != 1 {
		t.Errorf("Do = %d, %v after %d requests; want 302, nil after one", got.Status, err, seen)
	}
}
