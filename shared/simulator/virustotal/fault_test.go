package virustotal_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vtq.internal/shared/simulator/spoil"
	"vtq.internal/shared/simulator/virustotal"
)

// failing serves one known file and spoils every answer.
func failing(t *testing.T, fault *virustotal.Fault) *virustotal.Server {
	t.Helper()
	s := &virustotal.Server{Fail: func(*http.Request) *virustotal.Fault { return fault }}
	add(t, s, fileReport(""))
	return s
}

func TestFaults(t *testing.T) {
	whole := fileReport("")
	for name, c := range map[string]struct {
		fault       *virustotal.Fault
		status      int
		contentType string
		body        string // All of it.
		took        time.Duration
	}{
		"none":               {nil, 200, "application/json", whole, 0},
		"zero":               {&virustotal.Fault{}, 200, "application/json", whole, 0},
		"empty":              {spoil.Empty(), 200, "application/json", "", 0},
		"truncated":          {spoil.Truncated(), 200, "application/json", whole[:len(whole)/2], 0},
		"slow":               {spoil.SlowBody(20 * time.Second), 200, "application/json", whole, 20 * time.Second},
		"wrong content type": {spoil.WrongContentType(), 200, "text/plain; charset=utf-8", whole, 0},
		"huge": {
			spoil.HugeBody(1 << 20), 200, "application/json", strings.Repeat(" ", 1<<20) + whole, 0,
		},
		"own": {&virustotal.Fault{Status: 418, Body: []byte("tea")}, 418, "application/json", "tea", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				response, err := fetch(t, mount(t, failing(t, c.fault)))
				if err != nil {
					t.Fatal(err)
				}
				headers := time.Since(start)
				body, err := io.ReadAll(response.Body)
				_ = response.Body.Close()
				if err != nil || string(body) != c.body {
					t.Errorf("body of %d bytes, %v; want %d bytes", len(body), err, len(c.body))
				}
				if response.StatusCode != c.status || response.Header.Get("Content-Type") != c.contentType {
					t.Errorf("answer = %d %s, want %d %s",
						response.StatusCode, response.Header.Get("Content-Type"), c.status, c.contentType)
				}
				if took := time.Since(start); headers != 0 || took != c.took {
					t.Errorf("headers after %v, body after %v; want 0 and %v", headers, took, c.took)
				}
			})
		})
	}
}

func TestErrorFaults(t *testing.T) {
	for code, c := range map[string]struct {
		fault  *virustotal.Fault
		status int
	}{
		"TransientError":        {virustotal.Transient(), 503},
		"DeadlineExceededError": {virustotal.DeadlineExceeded(), 504},
		"TooManyRequestsError":  {virustotal.TooManyRequests(), 429},
		"NotAvailableYet":       {virustotal.ErrorBody(400, "NotAvailableYet", "Not available yet"), 400},
	} {
		t.Run(code, func(t *testing.T) {
			w := get(t, failing(t, c.fault), lookup)
			var body struct {
				Error struct{ Code, Message string }
			}
			if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
				t.Fatal(err)
			}
			if w.Code != c.status || body.Error.Code != code || body.Error.Message == "" {
				t.Errorf("answer = %d %+v, want %d %s with a message", w.Code, body, c.status, code)
			}
		})
	}
	w := get(t, failing(t, virustotal.BadGateway()), lookup)
	if w.Code != http.StatusBadGateway || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		t.Errorf("bad gateway = %d %s, want 502 with HTML", w.Code, w.Header().Get("Content-Type"))
	}
}

func TestConnectionReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := failing(t, spoil.ConnectionReset())
		response, err := fetch(t, mount(t, s))
		if err == nil {
			_ = response.Body.Close()
			t.Fatalf("fetch = %s, want an error", response.Status)
		}
		calls := s.Calls()
		if len(calls) != 1 || calls[0].Status != 0 || !calls[0].Counted || calls[0].Outcome != virustotal.Faulty {
			t.Errorf("Calls() = %+v, want one that counted and got no answer", calls)
		}
	})
}

// TestConnectionResetOnASocket is the check on the pipes.
func TestConnectionResetOnASocket(t *testing.T) {
	s := failing(t, spoil.ConnectionReset())
	socket := httptest.NewServer(s)
	defer socket.Close()
	r := request(t, lookup)
	r.RequestURI, r.URL.Host = "", strings.TrimPrefix(socket.URL, "http://")
	response, err := socket.Client().Do(r)
	if err == nil {
		_ = response.Body.Close()
		t.Fatalf("fetch = %s, want an error", response.Status)
	}
	// net/http sends a GET again by itself, when a connection that served before is cut; this one was fresh.
	if s.Lookups() != 1 {
		t.Errorf("Lookups() = %d, want 1", s.Lookups())
	}
}

func TestClientLeavesASpoiltBody(t *testing.T) {
	for name, fault := range map[string]*virustotal.Fault{
		"slow": spoil.SlowBody(time.Hour), "huge": spoil.HugeBody(1 << 40),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				response, err := fetch(t, mount(t, failing(t, fault)))
				if err != nil {
					t.Fatal(err)
				}
				_, _ = io.CopyN(io.Discard, response.Body, 1)
				if err := response.Body.Close(); err != nil {
					t.Error(err)
				}
			}) // The bubble proves that the handler has ended.
		})
	}
}

func TestFaultsStrikeBehindTheLimits(t *testing.T) {
	for name, c := range map[string]struct {
		uncounted bool
		key       string
		want      []int
		lookups   int
	}{
		"counted":                {false, virustotal.DefaultKey, []int{503, 503, 503, 503, 429}, 4},
		"counted, wrong key":     {false, "wrong", []int{401, 401}, 0},
		"uncounted":              {true, virustotal.DefaultKey, []int{503, 503, 503, 503, 503}, 0},
		"uncounted, without key": {true, "", []int{503}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			fault := virustotal.Transient()
			fault.Uncounted = c.uncounted
			s := failing(t, fault)
			for i, want := range c.want {
				if w := get(t, s, lookup, "X-Apikey", c.key); w.Code != want {
					t.Errorf("request %d = %d, want %d", i, w.Code, want)
				}
			}
			if s.Lookups() != c.lookups {
				t.Errorf("Lookups() = %d, want %d", s.Lookups(), c.lookups)
			}
		})
	}
}
