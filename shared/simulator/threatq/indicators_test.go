package threatq_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"vtq.internal/shared/simulator/threatq"
)

func TestRelationalRecord(t *testing.T) {
	c := login(t, tagged(&threatq.Server{}))
	row := c.get("/api/indicators/1").row()
	diff(t, "keys", strings.Fields("class created_at description expired_at expires_at expires_calculated_at hash id "+
		"last_detected_at published_at status_id touched_at type_id updated_at value"), keys(row))
	if v, has := row["expires_at"]; v != nil || !has {
		t.Errorf("expires_at = %v, %t, want an explicit null", v, has)
	}
	if hash, _ := row["hash"].(string); len(hash) != 32 {
		t.Errorf("hash = %v, want 32 hex digits", row["hash"])
	}
}

func TestTimesOfTheTwoShapes(t *testing.T) {
	c := login(t, &threatq.Server{})
	c.sim.AddIndicator(threatq.Indicator{Type: "FQDN", Value: "x.org", CreatedAt: time.Date(2022, 3, 18, 10, 29, 13, 14e6, time.UTC)})
	search := c.query(nil, `{}`).rows()[0]
	for _, path := range []string{"/api/indicators/1", "/api/indicators/1/details"} {
		row := c.get(path).row()
		for column, want := range map[string]string{"touched_at": ".014", "published_at": ".014", "updated_at": "", "created_at": ""} {
			if row[column] != "2022-03-18 10:29:13"+want {
				t.Errorf("%s of %s = %v, want 2022-03-18 10:29:13%s", column, path, row[column], want)
			}
			if search[column] != "2022-03-18 10:29:13" {
				t.Errorf("%s in the search = %v, want whole seconds", column, search[column])
			}
		}
	}
}

func TestWith(t *testing.T) {
	c := login(t, tagged(&threatq.Server{}))
	row := c.get("/api/indicators/1/details?with=attributes,attributes.sources,sources,score,status,type,tags,comments.sources,watchlist").row()
	score, _ := row["score"].(map[string]any)
	if score["generated_score"] != "4.60" || number(score["manual_score"]) != 9 {
		t.Errorf("score = %v, want the string 4.60 under a manual 9", score)
	}
	sources := nested(row, "sources")
	pivot, _ := sources[1]["pivot"].(map[string]any)
	if sources[1]["name"] != "CERT" || number(sources[1]["tlp_id"]) != 2 || number(pivot["indicator_id"]) != 1 {
		t.Errorf("second source = %v, want CERT in amber with a pivot", sources[1])
	}
	attribute := nested(row, "attributes")[0]
	if names := column(nested(attribute, "sources"), "name"); len(names) != 2 || attribute["attribute"] == nil {
		t.Errorf("attribute = %v, want two sources and its name's record", attribute)
	}
	diff(t, "tags", []any{"a", "b"}, column(nested(row, "tags"), "name"))
	for _, name := range []string{"comments", "watchlist"} {
		if v, ok := row[name].([]any); !ok || len(v) != 0 {
			t.Errorf("%s = %v, want an empty list", name, row[name])
		}
	}
	plain := c.get("/api/indicators/1?with=attributes,%20type.plugins.config").row()
	if _, has := nested(plain, "attributes")[0]["sources"]; has {
		t.Error("with=attributes alone has their sources")
	}
	for _, path := range []string{"/api/indicators/1", "/api/indicators/1/details", "/api/indicators"} {
		c.want(http.StatusInternalServerError, http.MethodGet, path+"?with=attributes,plots", nil)
	}
}

func TestListIndicators(t *testing.T) {
	c := login(t, mixed(time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)))
	for query, want := range map[string][]int64{
		"":                                  {1, 2, 3, 4, 5},
		"sort=-created_at&limit=2":          {5, 4},
		"limit=2&offset=2":                  {3, 4},
		"value=%25example.com%25":           {1, 3},
		"value=WWW.EXAMPLE.COM":             {1},
		"type_id=11&status_id=1":            {1, 5},
		"id=4":                              {4},
		"class=host":                        {4},
		"updated_at=2026-01-02%2003:04:50":  {5},
		"created_at=2026-01-02%25&id=2":     {2},
		"last_detected_at=2026-01-02%25":    nil,
		"unknown=x":                         {1, 2, 3, 4, 5},
		"hash=ffffffffffffffffffffffffffff": nil,
	} {
		diff(t, "GET /api/indicators?"+query, want, c.get("/api/indicators?"+query).ids())
	}
	if total := c.get("/api/indicators?class=network&limit=1").doc["total"]; number(total) != 4 {
		t.Errorf("total = %v, want 4", total)
	}
	c.want(http.StatusBadRequest, http.MethodGet, "/api/indicators?limit=-1", nil)
}

func TestPutIndicator(t *testing.T) {
	c, id, _ := one(t, &threatq.Server{})
	path := fmt.Sprintf("/api/indicators/%d", id)
	for body, want := range map[string]string{
		`{"status":"Review"}`:              "Review",
		`{"status":{"name":"Indirect"}}`:   "Indirect",
		`{"status":{"id":2}}`:              "Expired",
		`{"status":5}`:                     "Whitelisted",
		`{"status_id":1}`:                  "Active",
		`{"status":"Review","sources":[]}`: "Review",
	} {
		row := c.want(http.StatusOK, http.MethodPut, path, body).row()
		if status, _ := row["status"].(map[string]any); status["name"] != want {
			t.Errorf("PUT %s = %v, want status %s", body, row["status"], want)
		}
	}
	c.sim.AddAttribute(id, threatq.Attribute{Name: "A", Value: "1"})
	c.want(http.StatusOK, http.MethodPut, path, `{"attributes":[{"name":"A","value":"2"}],"sources":[{"name":"S"}]}`)
	diff(t, "rows are added, none replaced", []string{"A=1", "A=2"}, values(c.sim, id))
	in, _ := c.sim.Indicator(id)
	diff(t, "sources", []threatq.Source{{Name: "S"}}, in.Sources)
	for _, body := range []string{`{"status":"Odd"}`, `{"status_id":77}`, `{"attributes":[{"name":"A"}]}`, `{"sources":[{}]}`, `{"status":[1]}`, `x`} {
		c.want(http.StatusBadRequest, http.MethodPut, path, body)
	}
}

func TestScores(t *testing.T) {
	c := login(t, &threatq.Server{Weigh: func(name, value string) float64 {
		if name == "Verdict" && value == "Malicious" {
			return 5
		}
		return 0
	}})
	id := c.sim.AddIndicator(threatq.Indicator{Type: "FQDN", Value: "x.org", Score: 1.5})
	score := func(want int64) {
		t.Helper()
		if got := number(c.query(nil, `{}`).rows()[0]["score"]); got != want {
			t.Errorf("score = %d, want %d", got, want)
		}
	}
	path := fmt.Sprintf("/api/indicator/%d/scores", id)
	score(1)
	row := c.sim.AddAttribute(id, threatq.Attribute{Name: "Verdict", Value: "Malicious"})
	score(6)
	got := c.want(http.StatusOK, http.MethodPut, path, `{"manual_score":2}`).row()
	if got["generated_score"] != "6.50" || number(got["manual_score"]) != 2 {
		t.Errorf("scores = %v, want a manual 2 over a generated 6.50", got)
	}
	score(2)
	c.want(http.StatusOK, http.MethodPut, path+"?manual_score=10", nil)
	score(10)
	c.want(http.StatusOK, http.MethodPut, path, `{"manual_score":null}`)
	c.sim.DeleteAttribute(id, row)
	score(1)
	for _, body := range []string{`{}`, `{"manual_score":11}`, `{"manual_score":-1}`, `{"manual_score":2.5}`, `{"manual_score":"2"}`, `[2]`} {
		c.want(http.StatusBadRequest, http.MethodPut, path, body)
	}
	c.want(http.StatusNotFound, http.MethodPut, fmt.Sprintf("/api/indicators/%d/scores", id), `{"manual_score":2}`)
}

func TestTags(t *testing.T) {
	c, id, _ := one(t, &threatq.Server{})
	path := fmt.Sprintf("/api/indicators/%d/tags", id)
	c.want(http.StatusCreated, http.MethodPost, path, `{"name":"a"}`)
	got := c.want(http.StatusCreated, http.MethodPost, path, `[{"name":"b"},{"name":"a"}]`)
	diff(t, "answer", []any{"b", "a"}, column(got.rows(), "name"))
	in, _ := c.sim.Indicator(id)
	diff(t, "tags", []string{"a", "b"}, in.Tags)
	for _, body := range []string{`{}`, `[{"name":""}]`, `[]`, `{`} {
		c.want(http.StatusBadRequest, http.MethodPost, path, body)
	}
}

func TestDeletedIndicator(t *testing.T) {
	c, id, _ := one(t, &threatq.Server{})
	row := c.sim.AddAttribute(id, threatq.Attribute{Name: "A", Value: "1"})
	if !c.sim.DeleteIndicator(id) || c.sim.DeleteIndicator(id) {
		t.Fatal("DeleteIndicator did not report true, then false")
	}
	base := fmt.Sprintf("/api/indicators/%d", id)
	for _, tc := range []struct {
		method, path string
		body         any
	}{
		{http.MethodGet, base, nil},
		{http.MethodGet, base + "/details", nil},
		{http.MethodPut, base, `{"status":"Review"}`},
		{http.MethodGet, base + "/attributes", nil},
		{http.MethodPost, base + "/attributes", `{"name":"A","value":"1"}`},
		{http.MethodPut, fmt.Sprintf("%s/attributes/%d", base, row), `{"value":"2"}`},
		{http.MethodDelete, fmt.Sprintf("%s/attributes/%d", base, row), nil},
		{http.MethodPost, base + "/tags", `{"name":"x"}`},
		{http.MethodPut, fmt.Sprintf("/api/indicator/%d/scores", id), `{"manual_score":1}`},
	} {
		c.want(http.StatusNotFound, tc.method, tc.path, tc.body)
	}
	if c.sim.Touch(id) || c.sim.SetStatus(id, "Review") || c.sim.AddAttribute(id, threatq.Attribute{Name: "A", Value: "1"}) != 0 ||
		c.sim.DeleteAttribute(id, row) || c.sim.Attributes(id) != nil || len(c.query(nil, `{}`).rows()) != 0 {
		t.Error("a deleted indicator is still there for one of the methods")
	}
	if again := c.sim.AddIndicator(threatq.Indicator{Type: "FQDN", Value: "example.org"}); again == id {
		t.Errorf("recreated under id %d, want another", again)
	}
}

func TestUnknownPaths(t *testing.T) {
	c := login(t, &threatq.Server{})
	for _, tc := range []struct{ method, path string }{
		{http.MethodGet, "/"},
		{http.MethodGet, "/api/adversaries"},
		{http.MethodPost, "/api/indicators"},
		{http.MethodDelete, "/api/indicators/1"},
		{http.MethodGet, "/api/token"},
		{http.MethodPatch, "/api/indicators/1"},
		{http.MethodGet, "/api/indicators/abc"},
		{http.MethodGet, "/api/indicators/"},
	} {
		c.want(http.StatusNotFound, tc.method, tc.path, nil)
	}
}
