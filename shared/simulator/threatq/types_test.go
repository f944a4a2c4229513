package threatq_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/simulator/threatq"
)

func diff(t *testing.T, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func TestTypeIDsAreRanks(t *testing.T) {
	c := login(t, &threatq.Server{})
	got := c.get("/api/indicator/types")
	if n := len(got.rows()); n != 34 || number(got.doc["total"]) != 34 {
		t.Fatalf("types = %d rows, total %v, want the 34 built-in ones", n, got.doc["total"])
	}
	ids := map[string]int64{}
	for _, row := range got.rows() {
		name, _ := row["name"].(string)
		ids[name] = number(row["id"])
	}
	for name, want := range map[string]int64{"FQDN": 11, "IP Address": 15, "MD5": 18, "URL": 30} { // recorded 2020 to 2022
		if ids[name] != want {
			t.Errorf("id of %s = %d, want %d", name, ids[name], want)
		}
	}
}

func TestTypeByNameAndID(t *testing.T) {
	c := login(t, &threatq.Server{})
	cases := map[string]struct {
		name string
		want []any
	}{
		"exact":       {"IP Address", []any{"IP Address"}},
		"case":        {"ip address", []any{"IP Address"}},
		"prefix":      {"SHA%", []any{"SHA-1", "SHA-256", "SHA-384", "SHA-512"}},
		"infix":       {"%v6%", []any{"IPv6 Address"}},
		"both ends":   {"E%l A%s", []any{"Email Address"}},
		"nothing":     {"Domain", []any{}},
		"empty":       {"", []any{}},
		"order":       {"%Path%File%", []any{}},
		"no overlaps": {"URL%URL", []any{}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := c.in(t)
			got := c.get("/api/indicator/types?name=" + url.QueryEscape(tc.name))
			diff(t, "types named "+tc.name, tc.want, column(got.rows(), "name"))
		})
	}
	if got := c.get("/api/indicator/types/15").row(); got["name"] != "IP Address" || got["class"] != "network" {
		t.Errorf("type 15 = %v, want the network type IP Address", got)
	}
	for _, id := range []string{"99", "0", "x"} {
		c.want(http.StatusNotFound, http.MethodGet, "/api/indicator/types/"+id, nil)
	}
}

func TestShuffledTypeIDs(t *testing.T) {
	a, again, b := threatq.ShuffledTypeIDs(7), threatq.ShuffledTypeIDs(7), threatq.ShuffledTypeIDs(8)
	diff(t, "the same seed", a, again)
	if cmp.Equal(a, b) {
		t.Error("two seeds gave one table")
	}
	c := login(t, &threatq.Server{TypeIDs: a})
	id := c.sim.AddIndicator(threatq.Indicator{Type: "URL", Value: "example.org/x"})
	row := c.query(nil, `{}`).rows()[0]
	if number(row["type_id"]) != int64(a["URL"]) || number(row["id"]) != id {
		t.Errorf("type_id of a URL = %v, want %d", row["type_id"], a["URL"])
	}
}

func TestTypesAreInstalled(t *testing.T) {
	cases := map[string]struct {
		ids  map[string]int
		want int64
	}{
		"built-in":       {nil, 35},
		"of an old site": {map[string]int{"FQDN": 8, "MD5": 12}, 13},
		"none":           {map[string]int{}, 1},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := login(t, &threatq.Server{TypeIDs: tc.ids})
			c.sim.AddIndicator(threatq.Indicator{Type: "Bitcoin Address", Value: "x"})
			row := c.query(nil, `{}`).rows()[0]
			if number(row["type_id"]) != tc.want {
				t.Errorf("custom type has id %v, want %d", row["type_id"], tc.want)
			}
		})
	}
}

func TestStatuses(t *testing.T) {
	c := login(t, &threatq.Server{})
	c.sim.AddIndicator(threatq.Indicator{Type: "FQDN", Value: "x.org", Status: "False Positive"})
	got := c.get("/api/indicator/statuses")
	diff(t, "names", []any{"Active", "Expired", "Indirect", "Review", "Whitelisted", "False Positive"}, column(got.rows(), "name"))
	diff(t, "ids", []int64{1, 2, 3, 4, 5, 6}, got.ids())
	diff(t, "protected", []any{"Y", "Y", "N", "N", "Y", "N"}, column(got.rows(), "protected"))
	if row := c.get("/api/indicator/statuses/5").row(); row["name"] != "Whitelisted" {
		t.Errorf("status 5 = %v, want Whitelisted", row)
	}
	c.want(http.StatusNotFound, http.MethodGet, "/api/indicator/statuses/9", nil)
}
