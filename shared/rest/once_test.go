package rest_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/rest"
)

// A hangup answers the first request of each connection, and closes the connection on the second after reading it whole.
type hangup struct {
	net.Listener
	seen atomic.Int32
}

func newHangup(t *testing.T) *hangup {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	h := &hangup{Listener: listener}
	go h.serve()
	return h
}

func (h *hangup) serve() {
	for {
		conn, err := h.Accept()
		if err != nil {
			return
		}
		go h.talk(conn)
	}
}

func (h *hangup) talk(conn net.Conn) {
	defer conn.Close() //nolint:errcheck // Hanging up is the point.
	from := bufio.NewReader(conn)
	for range 2 {
		request, err := http.ReadRequest(from)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, request.Body)
		if h.seen.Add(1)%2 == 1 {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
		}
	}
}

func (h *hangup) url() *url.URL { return &url.URL{Scheme: "http", Host: h.Addr().String(), Path: "/x"} }

func newTransport(t *testing.T, config rest.Config) *http.Transport {
	t.Helper()
	transport, err := rest.NewTransport(config)
	if err != nil {
		t.Fatalf("NewTransport: %v", err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

func TestARequestIsNeverRepeated(t *testing.T) {
	for _, method := range []string{http.MethodGet, http.MethodOptions, http.MethodDelete, http.MethodPut, http.MethodPost} {
		t.Run(method, func(t *testing.T) {
			server := newHangup(t)
			client := rest.Client{Transport: newTransport(t, rest.Config{})}
			request := rest.Request{
				Method: method, URL: server.url(), Route: "/x", Limit: 1 << 10,
				// Even the header by which net/http takes any method for repeatable changes nothing.
				Header: http.Header{"Idempotency-Key": {"1"}},
			}
			if method == http.MethodPut {
				request.Body = []byte("{}")
			}
			if _, err := client.Do(t.Context(), request); err != nil {
				t.Fatalf("first Do: %v", err)
			}
			_, err := client.Do(t.Context(), request)
			if fault.KindOf(err) != fault.Transient {
				t.Errorf("second Do: %v (%v), want a transient fault", err, fault.KindOf(err))
			}
			if got := server.seen.Load(); got != 2 {
				t.Errorf("the server saw %d requests of 2 sent", got)
			}
		})
	}
}

// TestThePlainClientRepeats is the control: against the same server and over the same transport, net/http by itself sends
// the second request twice. When it fails, net/http has changed and once may go.
func TestThePlainClientRepeats(t *testing.T) {
	server := newHangup(t)
	client := http.Client{Transport: newTransport(t, rest.Config{})}
	for range 2 {
		answer, err := client.Get(server.url().String())
		if err != nil {
			t.Fatalf("Get: %v", err)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
	}
	if got := server.seen.Load(); got != 3 {
		t.Errorf("the server saw %d requests, want 3: one, one unanswered, its repetition", got)
	}
}

func TestOnTheWire(t *testing.T) {
	cases := map[string]struct {
		method string
		body   []byte
		want   string // The framing headers and the body.
	}{
		"a GET is framed as any GET is":      {http.MethodGet, nil, "\r\n"},
		"a DELETE too":                       {http.MethodDelete, nil, "\r\n"},
		"a POST tells its length":            {http.MethodPost, []byte("a=b"), "Content-Length: 3\r\n\r\na=b"},
		"a DELETE with a body tells it, too": {http.MethodDelete, []byte("[1]"), "Content-Length: 3\r\n\r\n[1]"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			wire := record(t, rest.Request{Method: c.method, Body: c.body, Route: "/x", Limit: 1})
			want := c.method + " /x HTTP/1.1\r\nHost: example.test\r\nUser-Agent: t\r\n"
			got := strings.Replace(wire, "Accept-Encoding: gzip\r\n", "", 1)
			if got == wire {
				t.Errorf("no Accept-Encoding: gzip in %q", wire)
			}
			if want += c.want; got != want {
				t.Errorf("on the wire: %q, want %q", got, want)
			}
		})
	}
}

// record sends a request into a pipe and returns the bytes that come out, up to the first pause.
func record(t *testing.T, request rest.Request) string {
	t.Helper()
	near, far := net.Pipe()
	defer far.Close() //nolint:errcheck // A pipe.
	transport := newTransport(t, rest.Config{})
	transport.Proxy = nil
	transport.DialContext = dialer(near)
	request.URL = &url.URL{Scheme: "http", Host: "example.test", Path: "/x"}
	request.Header = http.Header{"User-Agent": {"t"}}
	done := make(chan error, 1)
	go func() {
		_, err := rest.Client{Transport: transport}.Do(t.Context(), request)
		done <- err
	}()
	var wire bytes.Buffer
	parsed, err := http.ReadRequest(bufio.NewReader(io.TeeReader(far, &wire)))
	if err != nil {
		t.Fatalf("reading the request: %v", err)
	}
	_, _ = io.Copy(io.Discard, parsed.Body)
	// Whatever the client would still send, such as a chunk's end, comes out now or keeps the answer from being read.
	_, _ = io.WriteString(far, "HTTP/1.1 204 No Content\r\n\r\n")
	if err := <-done; err != nil {
		t.Fatalf("Do: %v", err)
	}
	return wire.String()
}
