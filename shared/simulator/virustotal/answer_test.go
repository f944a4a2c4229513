package virustotal_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vtq.internal/shared/simulator/virustotal"
)

func TestGzip(t *testing.T) {
	const unknown = "/api/v3/files/ffffffffffffffffffffffffffffffff"
	for name, c := range map[string]struct {
		path, agent, encodings string
		want                   bool
	}{
		"asked for and in the agent": {lookup, "vtq (gzip)", "gzip", true},
		"among others":               {lookup, "vtq (gzip)", "br, gzip;q=0.5", true},
		"not found":                  {unknown, "vtq (gzip)", "gzip", true},
		"not in the agent":           {lookup, "vtq", "gzip", false},
		"not asked for":              {lookup, "vtq (gzip)", "", false},
		"declined":                   {lookup, "vtq (gzip)", "gzip; q=0", false},
		"other encoding":             {lookup, "vtq (gzip)", "x-gzip-like", false},
		"invalid":                    {"/api/v3/domains/localhost", "vtq (gzip)", "gzip", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := &virustotal.Server{}
			add(t, s, fileReport(""))
			w := get(t, s, c.path, "User-Agent", c.agent, "Accept-Encoding", c.encodings)
			body := unpack(t, w.Header(), w.Body.Bytes())
			if packed := w.Header().Get("Content-Encoding") == "gzip"; packed != c.want || !strings.HasPrefix(body, "{") {
				t.Errorf("gzipped = %t, want %t; body %s", packed, c.want, body)
			}
		})
	}
}

// TestRejectionIsNeverGzipped keeps the trap that the vendor's own Go client fell into.
func TestRejectionIsNeverGzipped(t *testing.T) {
	s := limited(virustotal.Limits{Day: 1})
	knock(t, s, 1)
	w := get(t, s, lookup, "User-Agent", "gzip", "Accept-Encoding", "gzip")
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Content-Encoding") != "" {
		t.Errorf("429 = %d with %v, want it as plain text", w.Code, w.Header())
	}
	for name := range w.Header() {
		if name == "Retry-After" || strings.HasPrefix(name, "X-Ratelimit") {
			t.Errorf("a 429 has %s; no recorded one does", name)
		}
	}
}

func unpack(t *testing.T, header http.Header, body []byte) string {
	t.Helper()
	if header.Get("Content-Encoding") != "gzip" {
		return string(body)
	}
	reader, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(plain)
}

func TestDateIsTheServersClock(t *testing.T) {
	at := time.Date(2026, 8, 19, 15, 33, 50, 0, time.FixedZone("CEST", 7200))
	s := &virustotal.Server{Now: func() time.Time { return at }}
	if got := get(t, s, lookup).Header().Get("Date"); got != "Wed, 19 Aug 2026 13:33:50 GMT" {
		t.Errorf("Date: %s, want that of the server's clock in GMT", got)
	}
}

func TestTraceIsAnotherEachTime(t *testing.T) {
	s := &virustotal.Server{}
	one, two := get(t, s, lookup).Header(), get(t, s, lookup).Header()
	again := get(t, &virustotal.Server{}, lookup).Header()
	const name = "X-Cloud-Trace-Context"
	if one.Get(name) == two.Get(name) || one.Get(name) != again.Get(name) {
		t.Errorf("traces %s, %s and of another server %s; want the first two to differ, the third to repeat",
			one.Get(name), two.Get(name), again.Get(name))
	}
}

func TestErrorTextIsVerbatim(t *testing.T) {
	w := get(t, &virustotal.Server{}, "/api/v3/domains/%3Ca%22&%5C%C3%A4%3E")
	if want := `"Domain \"<a\"&\\ä>\" is not a valid domain pattern"`; !strings.Contains(w.Body.String(), want) &&
		!strings.Contains(w.Body.String(), `"Domain \"<a\"&\\ä>\" is`) {
		t.Errorf("body = %s, want %s in it: only JSON's own escapes", w.Body, want)
	}
}

func TestServesConcurrently(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &virustotal.Server{Latency: time.Second}
		add(t, s, fileReport(""))
		client := mount(t, s)
		done := make(chan int)
		for range 9 {
			go func() {
				response, err := fetch(t, client)
				if err != nil {
					done <- 0
					return
				}
				_ = response.Body.Close()
				done <- response.StatusCode
			}()
		}
		got := map[int]int{}
		for range 9 {
			got[<-done]++
		}
		if got[200] != 4 || got[429] != 5 || s.MaxInWindow(time.Minute) != 4 {
			t.Errorf("statuses %v, %d within a minute; want 4 let through and 5 rejected", got, s.MaxInWindow(time.Minute))
		}
	})
}
