package virustotal_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"vtq.internal/shared/simulator/virustotal"
)

// Two objects that most tests ask about.
const (
	md5Hex    = "00112233445566778899aabbccddeeff"
	sha1Hex   = "00112233445566778899aabbccddeeff00112233"
	sha256Hex = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	pageURL   = "http://quiet-harbor-metrics.com/index.html"
)

func fileReport(extra string) string {
	return fmt.Sprintf(`{"data": {"id": %q, "type": "file", "attributes": {"md5": %q, "sha1": %q, "sha256": %q%s}}}`,
		sha256Hex, md5Hex, sha1Hex, sha256Hex, extra)
}

func add(t *testing.T, s *virustotal.Server, raw string) {
	t.Helper()
	if err := s.AddReport([]byte(raw)); err != nil {
		t.Fatal(err)
	}
}

// request is a GET with the default key; headers come in pairs and replace it.
func request(t *testing.T, path string, headers ...string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://vt"+path, http.NoBody)
	r.Header.Set("X-Apikey", virustotal.DefaultKey)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

// get asks the handler itself.
func get(t *testing.T, s *virustotal.Server, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, request(t, path, headers...))
	return w
}

// A pipes is a listener whose connections are net.Pipes: a synctest bubble can wait for them, unlike for sockets.
type pipes struct {
	connections chan net.Conn
	closed      chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.connections:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// mount serves a handler over pipes and returns a client of it. Both end with the test.
func mount(t *testing.T, handler http.Handler) *http.Client {
	t.Helper()
	p := &pipes{connections: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: handler}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(p) }()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		near, far := net.Pipe()
		select {
		case p.connections <- far:
			return near, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		<-done
	})
	return &http.Client{Transport: transport}
}

// fetch looks up the one file, through a client.
func fetch(t *testing.T, client *http.Client) (*http.Response, error) {
	t.Helper()
	r := request(t, lookup)
	r.RequestURI = ""
	return client.Do(r)
}
