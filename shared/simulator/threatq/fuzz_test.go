package threatq_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"vtq.internal/shared/simulator/threatq"
)

// whatever sends a body and wants one of the documented answers, never a crash.
func whatever(t *testing.T, c *caller, method, target, body string, documented ...int) {
	t.Helper()
	got := c.in(t).do(method, target, body)
	if !slices.Contains(documented, got.status) {
		t.Errorf("%s %s with %q = %d %s, want one of %v", method, target, body, got.status, got.raw, documented)
	}
}

func FuzzQuery(f *testing.F) {
	for _, body := range []string{
		hosts, `{}`, `{"criteria":{"value":{"+contains":"x"}}}`, `{"filters":{"+or":[{},{"+and":[]}]},"fields":["*","attributes.name"]}`,
		`{"filters":{"updated_at":{"+gt":"2026-01-02 03:04:05","+lt":"NOW"}}}`, `{"filters":{"score":{"+gte":1e400}}}`,
		`{"filters":{"+and":[{"+and":[{"+and":[null]}]}]}}`, `{"filters":[]}`, `[]`, ``, `{"fields":["."]}`, `{"fields":[""]}`,
	} {
		f.Add(body, "*", "-updated_at")
	}
	f.Add(`{}`, "AoJ9z5LKnvwCJjEwNjk2Nw==", "id")
	sim := mixed(time.Unix(1_767_322_800, 0))
	f.Fuzz(func(t *testing.T, body, cursor, sort string) {
		params := url.Values{"cursorMark": {cursor}, "sort": {sort}, "limit": {"2"}}
		whatever(t, login(t, sim), http.MethodPost, "/api/indicators/query?"+params.Encode(), body, 200, 400, 500)
	})
}

func FuzzWrites(f *testing.F) {
	for _, body := range []string{
		`{"name":"A","value":"1"}`, `[{"name":"A","value":"1","sources":[{"name":"S","tlp_id":-1}]}]`, `[{"id":1}]`, `[null]`, `null`,
		`[{"value":"x","type":{"name":"URL"},"tags":[null]}]`, `{"status":null,"attributes":null}`, `{"manual_score":1e1}`, `{`, ``,
		`[{"value":"http://","type":"URL","status":{"id":"1"}}]`, `{"name":null,"json":{"api_query":7}}`, `{"value":"\ud800"}`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		c := login(t, mixed(time.Unix(1_767_322_800, 0)))
		row := c.sim.AddAttribute(1, threatq.Attribute{Name: "A", Value: "0"})
		for _, target := range []string{"/api/indicators/1/attributes", "/api/indicators/1/tags", "/api/indicators/consume", "/api/search/query"} {
			whatever(t, c, http.MethodPost, target, body, 200, 201, 400)
		}
		whatever(t, c, http.MethodPut, "/api/indicators/1", body, 200, 400)
		whatever(t, c, http.MethodPut, "/api/indicator/1/scores", body, 200, 400)
		whatever(t, c, http.MethodPut, fmt.Sprintf("/api/indicators/1/attributes/%d", row), body, 200, 400, 409)
		if c.sim.Attributes(3)[0].Value != "Dridex" {
			t.Errorf("%q changed a row of another indicator", body)
		}
		c.query(nil, `{"fields":["*","attributes","sources"]}`)
	})
}

func FuzzToken(f *testing.F) {
	f.Add("grant_type=password", `{"email":"vtq@example.org"}`, jsonMedia)
	f.Add("grant_type=refresh_token&refresh_token=", ``, "")
	f.Add("%zz", `a=%zz&b`, formMedia)
	f.Add("", `{"grant_type":["password"],"email":1}`, jsonMedia)
	sim := &threatq.Server{}
	f.Fuzz(func(t *testing.T, query, body, media string) {
		r := httptest.NewRequest(http.MethodPost, "/api/token", strings.NewReader(body))
		r.URL.RawQuery = query
		r.Header.Set("Content-Type", media)
		w := httptest.NewRecorder()
		sim.ServeHTTP(w, r)
		if w.Code != http.StatusBadRequest {
			t.Errorf("token(%q, %q, %q) = %d, want 400", query, body, media, w.Code)
		}
	})
}
