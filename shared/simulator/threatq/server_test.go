package threatq_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vtq.internal/shared/simulator/threatq"
)

func ExampleServer() {
	sim := &threatq.Server{LegacyFields: true}
	id := sim.AddIndicator(threatq.Indicator{Type: "URL", Value: "https://example.org/a"})
	sim.AddAttribute(id, threatq.Attribute{Name: "Country", Value: "US"})
	in, _ := sim.Indicator(id)
	fmt.Println(in.Value, in.Status, in.Attributes[0].Name, sim.Writes())
	// Output: example.org/a Active Country 0
}

func TestCounts(t *testing.T) {
	sim := &threatq.Server{}
	c, id, path := one(t, sim)
	c.get(path)
	c.get(path + "?limit=1")
	c.want(http.StatusCreated, http.MethodPost, path, `{"name":"A","value":"1"}`)
	c.want(http.StatusBadRequest, http.MethodPost, path, `{}`)
	c.query(nil, `{}`)
	c.want(http.StatusNotFound, http.MethodGet, "/api/nothing", nil)
	c.token = ""
	c.want(http.StatusUnauthorized, http.MethodPut, fmt.Sprintf("/api/indicators/%d", id), `{}`)
	diff(t, "Counts", map[string]int{
		threatq.EndpointToken: 1, threatq.EndpointAttributes: 2, threatq.EndpointAddAttributes: 2, threatq.EndpointQuery: 1,
		threatq.EndpointUpdateIndicator: 1, threatq.EndpointUnknown: 1,
	}, sim.Counts())
	if sim.Requests() != 8 || sim.Writes() != 3 || sim.PeakWrites() != 1 {
		t.Errorf("Requests, Writes, PeakWrites = %d, %d, %d, want 8, 3, 1", sim.Requests(), sim.Writes(), sim.PeakWrites())
	}
}

func TestPeakWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := &threatq.Server{}
		c, id, path := one(t, sim)
		sim.Latency = time.Second
		var wg sync.WaitGroup
		for i := range 7 {
			wg.Go(func() {
				time.Sleep(time.Duration(i/4) * time.Minute) // four at once, then three
				c.do(http.MethodPost, path, fmt.Sprintf(`{"name":"A","value":"%d"}`, i))
			})
		}
		wg.Wait()
		if sim.PeakWrites() != 4 || sim.Writes() != 7 || len(sim.Attributes(id)) != 7 {
			t.Errorf("PeakWrites, Writes = %d, %d, want 4, 7", sim.PeakWrites(), sim.Writes())
		}
	})
}

func TestOwnClock(t *testing.T) {
	at := time.Date(2030, 5, 6, 7, 8, 9, 10e6, time.UTC)
	c := login(t, &threatq.Server{Now: func() time.Time { return at }})
	c.sim.AddIndicator(threatq.Indicator{Type: "FQDN", Value: "x.org"})
	if got := c.get("/api/indicators/1").row()["touched_at"]; got != "2030-05-06 07:08:09.010" {
		t.Errorf("touched_at = %v, want the time of the server's own clock", got)
	}
	at = at.Add(threatq.DefaultTokenLife)
	c.want(http.StatusUnauthorized, http.MethodGet, "/api/users/current", nil)
}

func TestBodyBound(t *testing.T) {
	const bound = 16 << 20
	c, _, path := one(t, &threatq.Server{})
	c.want(http.StatusBadRequest, http.MethodPost, path, strings.Repeat("x", bound))
	c.want(http.StatusRequestEntityTooLarge, http.MethodPost, path, strings.Repeat("x", bound+1))
}

func TestMaxLimit(t *testing.T) {
	sim := mixed(time.Unix(1_767_322_800, 0))
	sim.MaxLimit = 2
	c := login(t, sim)
	got := c.want(http.StatusOK, http.MethodPost, "/api/indicators/query?limit=3", `{}`)
	if len(got.rows()) != 2 || number(got.doc["limit"]) != 2 {
		t.Errorf("page = %v, want two rows and limit 2", got.doc)
	}
	if n := len(c.get("/api/indicators").rows()); n != 2 {
		t.Errorf("list has %d rows, want 2", n)
	}
}

// Many clients at once, for the race detector: nothing is lost and nothing doubled.
func TestConcurrentUse(t *testing.T) {
	sim := &threatq.Server{}
	c, id, path := one(t, sim)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 20 {
				c.do(http.MethodPost, path, fmt.Sprintf(`[{"name":"N%d","value":"%d"},{"name":"Same","value":"1"}]`, i, j))
				c.do(http.MethodPost, "/api/indicators/query?cursorMark=*&fields=*,attributes", `{}`)
				sim.Touch(id)
				for in := range sim.Indicators() {
					_ = in.Attributes
				}
			}
		})
	}
	wg.Wait()
	if n := len(sim.Attributes(id)); n != 161 {
		t.Errorf("%d rows, want 161", n)
	}
}

func TestServeOverLoopback(t *testing.T) {
	srv := httptest.NewServer(&threatq.Server{})
	defer srv.Close()
	resp, err := srv.Client().Get(srv.URL + "/api/users/current")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("GET without a token = %d, want 401", resp.StatusCode)
	}
}
