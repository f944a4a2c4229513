package admin_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"vtq.internal/shared/admin"
)

func paths() []string { return []string{"/livez", "/startupz", "/readyz", "/status", "/metrics"} }

// TestMethods lets nobody but read, and nothing but what there is.
func TestMethods(t *testing.T) {
	b := admin.New("vtq-test", "vtq/dev")
	for _, path := range paths() {
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions, http.MethodTrace, "BREW"} {
			if code, _ := ask(t, b, method, path); code != http.StatusMethodNotAllowed {
				t.Errorf("%s %s answers %d, want %d", method, path, code, http.StatusMethodNotAllowed)
			}
		}
		got, _ := get(t, b, path)
		if head, _ := ask(t, b, http.MethodHead, path); head != got {
			t.Errorf("HEAD %s answers %d, GET %d", path, head, got)
		}
	}
	for _, path := range []string{"/", "/livez/", "/livez/x", "/debug/pprof/", "/healthz", "/Livez"} {
		if code, _ := get(t, b, path); code != http.StatusNotFound {
			t.Errorf("GET %s answers %d, want %d", path, code, http.StatusNotFound)
		}
	}
}

func TestHeaders(t *testing.T) {
	b := admin.New("vtq-test", "vtq/dev")
	types := map[string]string{"/status": "application/json", "/metrics": "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"}
	for _, path := range append(paths(), "/nowhere") {
		w := httptest.NewRecorder()
		b.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
		want := types[path]
		if want == "" {
			want = "text/plain; charset=utf-8"
		}
		h := w.Header()
		if h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Type") != want {
			t.Errorf("GET %s has the headers %v, want nothing kept or guessed, and %q", path, h, want)
		}
	}
}

// TestMetrics serves what a stage counts beside what the process is.
func TestMetrics(t *testing.T) {
	b := admin.New("vtq-test", "vtq/v1.2.3")
	b.Registerer().MustRegister(prometheus.NewCounter(prometheus.CounterOpts{Name: "vtq_things_total", Help: "Things."}))
	_, body := get(t, b, "/metrics")
	for _, want := range []string{
		"\nvtq_things_total 0\n", `service="vtq-test",version="vtq/v1.2.3"} 1`, "\ngo_goroutines ", "\nprocess_open_fds ", "\ngo_build_info{",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("/metrics lacks %q:\n%s", want, body)
		}
	}
}

func TestListenNamesTheVariable(t *testing.T) {
	first, err := admin.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = first.Close() }()
	taken := first.Addr().String()
	for _, address := range []string{taken, "192.0.2.1:80"} { // The second is nobody's.
		_, err := admin.Listen(t.Context(), address)
		if err == nil || !strings.HasPrefix(err.Error(), "VTQ_ADMIN_ADDRESS: listen tcp "+address) || !strings.HasSuffix(err.Error(), "or to off") {
			t.Errorf("Listen(%q) = %v, want the variable, the address and a way out", address, err)
		}
	}
}

// A pipes is a listener without sockets.
type pipes struct {
	conns  chan net.Conn
	errs   chan error // Handed to whoever accepts.
	closed chan struct{}
}

func (l pipes) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case err := <-l.errs:
		return nil, err
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l pipes) Close() error   { close(l.closed); return nil }
func (l pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (l pipes) dial() net.Conn {
	near, far := net.Pipe()
	l.conns <- far
	return near
}

// A served board is one in a bubble.
type served struct {
	pipes
	board *admin.Board
	logs  *bytes.Buffer
	stop  func()
	ended chan error
}

func serve(t *testing.T) *served {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := &served{
		pipes: pipes{make(chan net.Conn), make(chan error), make(chan struct{})}, board: admin.New("vtq-test", "vtq/dev"),
		logs: &bytes.Buffer{}, stop: cancel, ended: make(chan error, 1),
	}
	go func() { s.ended <- s.board.Serve(ctx, s.pipes, zerolog.New(s.logs)) }()
	return s
}

// TestServeEndsSlowClients has nobody hold a connection by saying nothing, or little.
func TestServeEndsSlowClients(t *testing.T) {
	cases := map[string]struct {
		sends string
		most  time.Duration
	}{
		"says nothing":         {"", 5 * time.Second},
		"does not come to end": {"GET /livez HTTP/1.1\r\nHost: x\r\n", 5 * time.Second},
		"stays afterwards":     {"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n", 2 * time.Minute},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := serve(t)
				conn, began := s.dial(), time.Now()
				go func() { _, _ = io.WriteString(conn, c.sends) }()
				_, _ = io.Copy(io.Discard, conn)
				if took := time.Since(began); took != c.most {
					t.Errorf("the connection ends after %v, want %v", took, c.most)
				}
				s.stop()
				if err := <-s.ended; err != nil {
					t.Errorf("Serve() = %v, want nil", err)
				}
			})
		})
	}
}

// TestServeBoundsHeaders refuses what no probe sends. The server of the standard library takes 4 KiB more than its bound.
func TestServeBoundsHeaders(t *testing.T) {
	for size, want := range map[int]string{7 << 10: "200 OK", 12<<10 + 100: "431 Request Header Fields Too Large"} {
		synctest.Test(t, func(t *testing.T) {
			s := serve(t)
			conn := s.dial()
			go func() {
				_, _ = io.WriteString(conn, "GET /livez HTTP/1.1\r\nHost: x\r\nX: "+strings.Repeat("x", size)+"\r\nConnection: close\r\n\r\n")
			}()
			answer, _ := io.ReadAll(conn)
			if status, _, _ := strings.Cut(string(answer), "\r\n"); status != "HTTP/1.1 "+want {
				t.Errorf("a header of %d bytes is answered with %q, want %q", size, status, want)
			}
			_ = conn.Close()
			s.stop()
			if err := <-s.ended; err != nil {
				t.Errorf("Serve() = %v, want nil", err)
			}
		})
	}
}

// TestServeEndsWithinASecond waits for nobody who has been answering for long.
func TestServeEndsWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t)
		conn := s.dial()
		go func() { _, _ = io.WriteString(conn, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n") }()
		synctest.Wait() // The answer is stuck, as nobody reads it.
		began := time.Now()
		s.stop()
		if err := <-s.ended; err != nil || time.Since(began) > time.Second {
			t.Errorf("Serve() = %v after %v, want nil within a second", err, time.Since(began))
		}
		_ = conn.Close()
	})
}

// TestServeTellsOfItsListener ends with an error when nobody can come any more.
func TestServeTellsOfItsListener(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t)
		s.errs <- net.ErrClosed
		if err := <-s.ended; err == nil || !strings.HasPrefix(err.Error(), "serving on VTQ_ADMIN_ADDRESS: ") {
			t.Errorf("Serve() = %v, want what broke", err)
		}
		s.stop()
	})
}

// TestServeLogsTrouble once a minute, and goes on.
func TestServeLogsTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t)
		for range 3 {
			s.errs <- &net.OpError{Op: "accept", Err: syscall.EMFILE}
		}
		conn := s.dial()
		_ = conn.Close()
		s.stop()
		if err := <-s.ended; err != nil {
			t.Errorf("Serve() = %v, want nil", err)
		}
		if said := s.logs.String(); strings.Count(said, "\n") != 1 || !strings.Contains(said, "too many open files") {
			t.Errorf("the log says %q, want the trouble, once", said)
		}
	})
}
