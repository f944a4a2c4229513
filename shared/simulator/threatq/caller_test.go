package threatq_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"vtq.internal/shared/simulator/threatq"
)

// A caller talks to a simulator in memory, with a token.
type caller struct {
	t     *testing.T
	sim   *threatq.Server
	token string
}

// An answer is what came back; doc is nil if it was no JSON object.
type answer struct {
	status int
	header http.Header
	raw    string
	doc    map[string]any
}

func login(t *testing.T, sim *threatq.Server) *caller {
	t.Helper()
	c := &caller{t: t, sim: sim}
	got := c.do(http.MethodPost, "/api/token", map[string]string{
		"grant_type": "password", "email": threatq.DefaultEmail, "password": threatq.DefaultPassword,
		"client_id": threatq.DefaultUserClientID,
	})
	c.token, _ = got.doc["access_token"].(string)
	if got.status != http.StatusOK || c.token == "" {
		t.Fatalf("login = %d %s, want 200 and a token", got.status, got.raw)
	}
	return c
}

// in is the same caller in a subtest.
func (c *caller) in(t *testing.T) *caller {
	t.Helper()
	return &caller{t: t, sim: c.sim, token: c.token}
}

// do sends body as JSON; a string is sent as it is, nil is no body.
func (c *caller) do(method, target string, body any) answer {
	c.t.Helper()
	text, isText := body.(string)
	if body != nil && !isText {
		raw, err := json.Marshal(body)
		if err != nil {
			c.t.Fatal(err)
		}
		text = string(raw)
	}
	r := httptest.NewRequest(method, target, strings.NewReader(text))
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	return c.send(r)
}

func (c *caller) send(r *http.Request) answer {
	w := httptest.NewRecorder()
	c.sim.ServeHTTP(w, r)
	out := answer{status: w.Code, header: w.Header(), raw: w.Body.String()}
	_ = json.Unmarshal(w.Body.Bytes(), &out.doc)
	return out
}

// want fails the test unless the answer has a status.
func (c *caller) want(status int, method, target string, body any) answer {
	c.t.Helper()
	got := c.do(method, target, body)
	if got.status != status {
		c.t.Fatalf("%s %s = %d %s, want %d", method, target, got.status, got.raw, status)
	}
	return got
}

func (c *caller) get(target string) answer {
	c.t.Helper()
	return c.want(http.StatusOK, http.MethodGet, target, nil)
}

// query posts a query and returns the page.
func (c *caller) query(params url.Values, body any) answer {
	c.t.Helper()
	return c.want(http.StatusOK, http.MethodPost, "/api/indicators/query?"+params.Encode(), body)
}

// rows returns data as a list of objects.
func (a answer) rows() []map[string]any {
	list, _ := a.doc["data"].([]any)
	out := make([]map[string]any, len(list))
	for i, v := range list {
		out[i], _ = v.(map[string]any)
	}
	return out
}

// row returns data as one object.
func (a answer) row() map[string]any {
	out, _ := a.doc["data"].(map[string]any)
	return out
}

// column returns one member of every row.
func column(rows []map[string]any, name string) []any {
	out := make([]any, len(rows))
	for i, row := range rows {
		out[i] = row[name]
	}
	return out
}

// ids returns the ids of the rows.
func (a answer) ids() []int64 {
	var out []int64
	for _, row := range a.rows() {
		out = append(out, number(row["id"]))
	}
	return out
}

func number(v any) int64 {
	f, _ := v.(float64)
	return int64(f)
}

// nested returns a member that is a list of objects.
func nested(row map[string]any, name string) []map[string]any {
	return answer{doc: map[string]any{"data": row[name]}}.rows()
}

func keys(row map[string]any) []string {
	var out []string
	for k := range row {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
