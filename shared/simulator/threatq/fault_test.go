package threatq_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vtq.internal/shared/simulator/threatq"
)

func TestFaultAnswers(t *testing.T) {
	cases := map[string]struct {
		fault  *threatq.Fault
		status int
		has    string // in the body
		header string // "Name: value"
	}{
		"unauthorized":      {threatq.Unauthorized(), 401, `"error"`, "Content-Type: application/json"},
		"forbidden":         {threatq.Forbidden(), 403, `"errors"`, "Content-Type: application/json"},
		"not found":         {threatq.NotFound(), 404, "Object does not exist", "Content-Type: application/json"},
		"too many":          {threatq.TooManyRequests(90 * time.Second), 429, `"errors"`, "Retry-After: 90"},
		"too many, no date": {threatq.TooManyRequests(0), 429, `"errors"`, "Retry-After: "},
		"internal error":    {threatq.InternalError(), 500, `"errors"`, "Content-Type: application/json"},
		"maintenance":       {threatq.ServiceUnavailableHTML(), 503, "<html>", "Content-Type: text/html; charset=UTF-8"},
		"log-in page":       {threatq.OKHTML(), 200, "<html>", "Content-Type: text/html; charset=UTF-8"},
		"errors with 200":   {threatq.OKWithErrors(), 200, `{"errors":["First Error",["Second`, "Content-Type: application/json"},
		"empty object":      {threatq.EmptyObject(), 200, `{}`, "Content-Length: 2"},
		"redirect":          {threatq.Redirect(), 302, "", "Location: /login"},
		"own":               {&threatq.Fault{Status: 418, Body: "tea", ContentType: "text/plain"}, 418, "tea", "Content-Type: text/plain"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			sim := &threatq.Server{}
			c, id, path := one(t, sim)
			sim.Fail = func(*http.Request) *threatq.Fault { return tc.fault }
			got := c.do(http.MethodPost, path, `{"name":"A","value":"1"}`)
			if got.status != tc.status || !strings.Contains(got.raw, tc.has) {
				t.Errorf("answer = %d %s, want %d with %q", got.status, got.raw, tc.status, tc.has)
			}
			key, value, _ := strings.Cut(tc.header, ": ")
			if v := got.header.Get(key); v != value {
				t.Errorf("header %s = %q, want %q", key, v, value)
			}
			if len(sim.Attributes(id)) != 0 {
				t.Error("a request that failed took effect")
			}
		})
	}
}

func TestFailSeesTheRequest(t *testing.T) {
	sim := &threatq.Server{}
	c, id, path := one(t, sim)
	var seen []string
	sim.Fail = func(r *http.Request) *threatq.Fault {
		body, err := io.ReadAll(r.Body)
		seen = append(seen, fmt.Sprintf("%s %s %v", r.Pattern, body, err))
		if r.Pattern == threatq.EndpointIndicator {
			sim.DeleteIndicator(id) // deleted while the request was on its way
		}
		return nil
	}
	c.want(http.StatusCreated, http.MethodPost, path, `{"name":"A","value":"1"}`)
	c.want(http.StatusNotFound, http.MethodGet, fmt.Sprintf("/api/indicators/%d", id), nil)
	diff(t, "seen", []string{threatq.EndpointAddAttributes + ` {"name":"A","value":"1"} <nil>`, threatq.EndpointIndicator + "  <nil>"}, seen)
}

// Faults of the wire, seen by a real HTTP client.
func TestFaultsOnTheWire(t *testing.T) {
	cases := map[string]struct {
		fault  *threatq.Fault
		sent   error // of sending the request
		read   error // of reading the answer
		effect bool
	}{
		"none":             {nil, nil, nil, true},
		"cut":              {threatq.CutConnection(), io.EOF, nil, false},
		"answer lost":      {threatq.LostAnswer(), io.EOF, nil, true},
		"truncated":        {threatq.Truncated(20), nil, io.ErrUnexpectedEOF, true},
		"truncated behind": {threatq.Truncated(1 << 20), nil, nil, true},
		"slow":             {threatq.Slow(time.Hour), nil, nil, true},
		"stalled":          {&threatq.Fault{Stall: time.Hour}, nil, nil, true},
		"replaced, effect": {&threatq.Fault{Status: 504, Effect: true}, nil, nil, true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := &threatq.Server{}
				c, id, path := one(t, sim)
				client := serve(t, sim)
				sim.Fail = func(*http.Request) *threatq.Fault { return tc.fault }
				r, err := http.NewRequest(http.MethodPost, "http://threatq"+path, strings.NewReader(`{"name":"A","value":"1"}`))
				if err != nil {
					t.Fatal(err)
				}
				r.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + c.token}}
				resp, err := client.Do(r)
				if !errors.Is(err, tc.sent) {
					t.Fatalf("sending = %v, want %v", err, tc.sent)
				}
				if err == nil {
					_, err = io.ReadAll(resp.Body)
					resp.Body.Close()
					if !errors.Is(err, tc.read) {
						t.Errorf("reading = %v, want %v", err, tc.read)
					}
				}
				if effect := len(sim.Attributes(id)) == 1; effect != tc.effect {
					t.Errorf("took effect = %t, want %t", effect, tc.effect)
				}
			})
		})
	}
}

func TestWaiting(t *testing.T) {
	cases := map[string]struct {
		latency time.Duration
		fault   *threatq.Fault
		want    time.Duration
	}{
		"zero value":      {0, nil, 0},
		"latency":         {80 * time.Millisecond, nil, 80 * time.Millisecond},
		"latency + stall": {time.Second, &threatq.Fault{Stall: time.Minute}, 61 * time.Second},
		"pause":           {0, threatq.Slow(time.Minute), time.Minute},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := &threatq.Server{Latency: tc.latency}
				c := login(t, sim)
				sim.Fail = func(*http.Request) *threatq.Fault { return tc.fault }
				start := time.Now()
				c.get("/api/users/current")
				if took := time.Since(start); took != tc.want {
					t.Errorf("answer after %v, want %v", took, tc.want)
				}
			})
		})
	}
}

// A client that stops waiting ends the wait, and its request takes no effect.
func TestClientGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := &threatq.Server{}
		c, id, path := one(t, sim)
		sim.Fail = func(*http.Request) *threatq.Fault { return &threatq.Fault{Stall: time.Hour} }
		client := serve(t, sim)
		client.Timeout = time.Second
		r, err := http.NewRequest(http.MethodPost, "http://threatq"+path, strings.NewReader(`{"name":"A","value":"1"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + c.token}}
		if resp, err := client.Do(r); err == nil {
			resp.Body.Close()
			t.Error("the answer came in spite of the stall")
		}
		time.Sleep(2 * time.Hour)
		if rows := sim.Attributes(id); len(rows) != 0 {
			t.Errorf("Attributes = %v, want none", rows)
		}
	})
}
