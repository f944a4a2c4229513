package threatq_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vtq.internal/shared/simulator/threatq"
)

// one is a library of a single FQDN, and the path of its attributes.
func one(t *testing.T, sim *threatq.Server) (c *caller, id int64, path string) {
	t.Helper()
	c = login(t, sim)
	id = sim.AddIndicator(threatq.Indicator{Type: "FQDN", Value: "example.org"})
	return c, id, fmt.Sprintf("/api/indicators/%d/attributes", id)
}

// values returns the attributes of an indicator as "name=value".
func values(sim *threatq.Server, id int64) []string {
	var out []string
	for _, a := range sim.Attributes(id) {
		out = append(out, a.Name+"="+a.Value)
	}
	return out
}

func sourceNames(a threatq.Attribute) string {
	var names []string
	for _, s := range a.Sources {
		names = append(names, strings.TrimSuffix(s.Name+"/"+s.TLP, "/"))
	}
	return strings.Join(names, ",")
}

func TestPostAttribute(t *testing.T) {
	c, id, path := one(t, &threatq.Server{})
	got := c.want(http.StatusCreated, http.MethodPost, path, `{"name":"Verdict","value":"Malicious","sources":[{"name":"VirusTotal","tlp":"green"}]}`)
	row := got.rows()[0]
	diff(t, "keys", strings.Fields("attribute_id created_at id indicator_id name touched_at updated_at value"), keys(row))
	if number(got.doc["total"]) != 1 || number(row["indicator_id"]) != id || number(row["id"]) == number(row["attribute_id"]) {
		t.Errorf("answer = %s, want one row of indicator %d with ids of its own", got.raw, id)
	}
	rows := c.sim.Attributes(id)
	if len(rows) != 1 || rows[0].ID != number(row["id"]) || sourceNames(rows[0]) != "VirusTotal/GREEN" {
		t.Errorf("Attributes(%d) = %+v, want the row from VirusTotal, green", id, rows)
	}
}

func TestPostAttributeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, id, path := one(t, &threatq.Server{})
		body := `{"name":"Verdict","value":"Malicious","sources":[{"name":"%s"}]}`
		first := c.want(http.StatusCreated, http.MethodPost, path, fmt.Sprintf(body, "VirusTotal")).rows()[0]
		time.Sleep(time.Minute)
		again := c.want(http.StatusOK, http.MethodPost, path, fmt.Sprintf(body, "PhishTank")).rows()[0]
		if first["id"] != again["id"] || first["created_at"] != again["created_at"] || first["touched_at"] == again["touched_at"] {
			t.Errorf("reported again: %v, then %v; want one row, touched", first, again)
		}
		if got := sourceNames(c.sim.Attributes(id)[0]); got != "VirusTotal,PhishTank" {
			t.Errorf("sources = %s, want both", got)
		}
		c.want(http.StatusCreated, http.MethodPost, path, `{"name":"Verdict","value":"Harmless"}`)
		diff(t, "another value is another row", []string{"Verdict=Malicious", "Verdict=Harmless"}, values(c.sim, id))
	})
}

func TestPostManyAttributes(t *testing.T) {
	const three = `[{"name":"A","value":"1"},{"name":"B","value":"2"},{"name":"A","value":"1"}]`
	c, id, path := one(t, &threatq.Server{})
	rows := c.want(http.StatusCreated, http.MethodPost, path, three).rows()
	diff(t, "names in order", []any{"A", "B", "A"}, column(rows, "name"))
	diff(t, "rows", []string{"A=1", "B=2"}, values(c.sim, id))
	c.want(http.StatusBadRequest, http.MethodPost, path, `[{"name":"C","value":"1"},{"name":"D","value":""}]`)
	diff(t, "rows after a refused list", []string{"A=1", "B=2"}, values(c.sim, id))

	c, id, path = one(t, &threatq.Server{SingleRowPosts: true})
	c.want(http.StatusBadRequest, http.MethodPost, path, three)
	c.want(http.StatusCreated, http.MethodPost, path, `[{"name":"A","value":"1"}]`)
	diff(t, "rows of a server that takes one at a time", []string{"A=1"}, values(c.sim, id))
}

func TestSourceOfTheCredentials(t *testing.T) {
	for name, sources := range map[string]string{"none": ``, "empty": `,"sources":[]`, "null": `,"sources":null`} {
		t.Run(name, func(t *testing.T) {
			c, id, path := one(t, &threatq.Server{})
			c.want(http.StatusCreated, http.MethodPost, path, `{"name":"A","value":"1"`+sources+`}`)
			if got := sourceNames(c.sim.Attributes(id)[0]); got != threatq.DefaultEmail {
				t.Errorf("source = %s, want %s", got, threatq.DefaultEmail)
			}
		})
	}
}

func TestInvalidAttributes(t *testing.T) {
	long := strings.Repeat("x", 65_535)
	cases := map[string]struct {
		body  string
		field string // "" is accepted
	}{
		"no name":             {`{"value":"1"}`, "name"},
		"blank name":          {`{"name":" ","value":"1"}`, "name"},
		"no value":            {`{"name":"A"}`, "value"},
		"empty value":         {`{"name":"A","value":""}`, "value"},
		"null value":          {`{"name":"A","value":null}`, "value"},
		"number as value":     {`{"name":"A","value":7}`, "value"},
		"bool as value":       {`{"name":"A","value":true}`, "value"},
		"longest value":       {`{"name":"A","value":"` + long + `"}`, ""},
		"longer value":        {`{"name":"A","value":"` + long + `x"}`, "value"},
		"longest name":        {`{"name":"` + strings.Repeat("é", 255) + `","value":"1"}`, ""},
		"longer name":         {`{"name":"` + strings.Repeat("é", 256) + `","value":"1"}`, "name"},
		"source without name": {`{"name":"A","value":"1","sources":[{}]}`, "sources.name"},
		"unknown colour":      {`{"name":"A","value":"1","sources":[{"name":"S","tlp":"PINK"}]}`, "sources.tlp"},
		"unknown colour id":   {`{"name":"A","value":"1","sources":[{"name":"S","tlp_id":5}]}`, "sources.tlp"},
		"colour id":           {`{"name":"A","value":"1","sources":[{"name":"S","tlp_id":4}]}`, ""},
		"no date":             {`{"name":"A","value":"1","published_at":"soon"}`, "published_at"},
		"no date of source":   {`{"name":"A","value":"1","sources":[{"name":"S","published_at":"soon"}]}`, "sources.published_at"},
		"unknown members":     {`{"name":"A","value":"1","tlp":{"x":1}}`, ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c, id, path := one(t, &threatq.Server{})
			got := c.do(http.MethodPost, path, tc.body)
			if tc.field == "" {
				if got.status != http.StatusCreated {
					t.Errorf("POST %.60s = %d %s, want 201", tc.body, got.status, got.raw)
				}
				return
			}
			errs, _ := got.row()["errors"].(map[string]any)
			if got.status != http.StatusBadRequest || errs[tc.field] == nil || len(values(c.sim, id)) != 0 {
				t.Errorf("POST %.60s = %d %s, want 400 with an error on %s", tc.body, got.status, got.raw, tc.field)
			}
		})
	}
	c, _, path := one(t, &threatq.Server{})
	for _, body := range []string{``, `{`, `[]`, `"x"`, `[{"name":"A","value":"1"}] x`} {
		c.want(http.StatusBadRequest, http.MethodPost, path, body)
	}
}

func TestPutAttribute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, id, path := one(t, &threatq.Server{})
		row := c.sim.AddAttribute(id, threatq.Attribute{Name: "Count", Value: "7", Sources: []threatq.Source{{Name: "VirusTotal"}}})
		path = fmt.Sprintf("%s/%d", path, row)
		time.Sleep(time.Minute)
		got := c.want(http.StatusOK, http.MethodPut, path, `{"value":"8"}`).row()
		if number(got["id"]) != row || got["value"] != "8" || got["name"] != "Count" || got["created_at"] == got["touched_at"] {
			t.Errorf("PUT = %v, want row %d with value 8, touched", got, row)
		}
		c.want(http.StatusOK, http.MethodPut, path, `{"value":"8"}`)
		c.want(http.StatusOK, http.MethodPut, path, `{"name":"Total","value":"9","sources":[{"name":"VirusTotal","tlp_id":1},{"name":"B"}]}`)
		rows := c.sim.Attributes(id)
		if len(rows) != 1 || rows[0].ID != row || rows[0].Name != "Total" || sourceNames(rows[0]) != "VirusTotal/RED,B" {
			t.Errorf("Attributes = %+v, want the one row renamed, with both sources", rows)
		}
		for _, body := range []string{`{}`, `{"value":""}`, `{"name":"","value":"1"}`, `{"value":1}`, `[{"value":"1"}]`, ``} {
			c.want(http.StatusBadRequest, http.MethodPut, path, body)
		}
	})
}

func TestPutConflict(t *testing.T) {
	cases := map[string]struct {
		conflict threatq.PutConflict
		status   int
		want     []string
		sources  string // of the last row
	}{
		"refuse":    {threatq.ConflictRefuse, http.StatusConflict, []string{"A=1", "A=2"}, "new"},
		"merge":     {threatq.ConflictMerge, http.StatusOK, []string{"A=2"}, "new,old"},
		"duplicate": {threatq.ConflictDuplicate, http.StatusOK, []string{"A=2", "A=2"}, "new"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c, id, path := one(t, &threatq.Server{PutConflict: tc.conflict})
			row := c.sim.AddAttribute(id, threatq.Attribute{Name: "A", Value: "1", Sources: []threatq.Source{{Name: "old"}}})
			c.sim.AddAttribute(id, threatq.Attribute{Name: "A", Value: "2", Sources: []threatq.Source{{Name: "new"}}})
			c.want(tc.status, http.MethodPut, fmt.Sprintf("%s/%d", path, row), `{"value":"2"}`)
			diff(t, "rows", tc.want, values(c.sim, id))
			rows := c.sim.Attributes(id)
			if got := sourceNames(rows[len(rows)-1]); got != tc.sources {
				t.Errorf("sources of the last row = %s, want %s", got, tc.sources)
			}
		})
	}
}

func TestDeleteAttribute(t *testing.T) {
	c, id, path := one(t, &threatq.Server{})
	row := c.sim.AddAttribute(id, threatq.Attribute{Name: "A", Value: "1"})
	path = fmt.Sprintf("%s/%d", path, row)
	if got := c.want(http.StatusNoContent, http.MethodDelete, path, nil); got.raw != "" {
		t.Errorf("DELETE answered %q, want nothing", got.raw)
	}
	c.want(http.StatusNotFound, http.MethodDelete, path, nil)
	c.want(http.StatusNotFound, http.MethodPut, path, `{"value":"2"}`)
	if rows := c.sim.Attributes(id); len(rows) != 0 {
		t.Errorf("Attributes = %v, want none", rows)
	}
}

func TestRowOfAnotherIndicator(t *testing.T) {
	c, _, path := one(t, &threatq.Server{})
	other := c.sim.AddIndicator(threatq.Indicator{Type: "FQDN", Value: "other.org"})
	row := c.sim.AddAttribute(other, threatq.Attribute{Name: "A", Value: "1"})
	path = fmt.Sprintf("%s/%d", path, row)
	c.want(http.StatusNotFound, http.MethodPut, path, `{"value":"2"}`)
	c.want(http.StatusNotFound, http.MethodDelete, path, nil)
	diff(t, "rows of the other", []string{"A=1"}, values(c.sim, other))
}

func TestListAttributes(t *testing.T) {
	c, _, path := one(t, &threatq.Server{})
	c.want(http.StatusCreated, http.MethodPost, path, `[{"name":"A","value":"1"},{"name":"B","value":"2"},{"name":"C","value":"3"}]`)
	for query, want := range map[string][]any{
		"": {"A", "B", "C"}, "?limit=2": {"A", "B"}, "?limit=2&offset=2": {"C"}, "?limit=2&offset=4": {},
	} {
		got := c.get(path + query)
		diff(t, "names"+query, want, column(got.rows(), "name"))
		if number(got.doc["total"]) != 3 {
			t.Errorf("total%s = %v, want 3", query, got.doc["total"])
		}
	}
	plain := strings.Fields("attribute_id created_at id indicator_id name touched_at updated_at value")
	diff(t, "keys", plain, keys(c.get(path).rows()[0]))
	row := c.get(path + "?with=attribute,sources").rows()[0]
	if nested(row, "sources")[0]["name"] != threatq.DefaultEmail || row["attribute"] == nil {
		t.Errorf("with both relations the row is %v", row)
	}
	c.want(http.StatusInternalServerError, http.MethodGet, path+"?with=indicator", nil)
	c.want(http.StatusBadRequest, http.MethodGet, path+"?limit=all", nil)
}

// Attribute and source writes move touched_at, own-row changes move updated_at as well.
func TestTimesThatMove(t *testing.T) {
	put := func(body string) func(*caller, int64) {
		return func(c *caller, id int64) {
			c.want(http.StatusOK, http.MethodPut, fmt.Sprintf("/api/indicators/%d", id), body)
		}
	}
	cases := map[string]struct {
		do               func(c *caller, id int64)
		updated, touched bool
	}{
		"read": {func(c *caller, id int64) { c.get(fmt.Sprintf("/api/indicators/%d", id)) }, false, false},
		"attribute": {func(c *caller, id int64) {
			c.want(http.StatusCreated, http.MethodPost, fmt.Sprintf("/api/indicators/%d/attributes", id), `{"name":"A","value":"1"}`)
		}, false, true},
		"tag": {func(c *caller, id int64) {
			c.want(http.StatusCreated, http.MethodPost, fmt.Sprintf("/api/indicators/%d/tags", id), `{"name":"x"}`)
		}, false, true},
		"score": {func(c *caller, id int64) {
			c.want(http.StatusOK, http.MethodPut, fmt.Sprintf("/api/indicator/%d/scores", id), `{"manual_score":3}`)
		}, false, true},
		"attribute by merge":   {put(`{"attributes":[{"name":"A","value":"1"}]}`), false, true},
		"source":               {put(`{"sources":[{"name":"S"}]}`), false, true},
		"the same status":      {put(`{"status":"Active"}`), false, true},
		"another status":       {put(`{"status_id":4}`), true, true},
		"another description":  {put(`{"description":"x"}`), true, true},
		"touch":                {func(c *caller, id int64) { c.sim.Touch(id) }, false, true},
		"status by an analyst": {func(c *caller, id int64) { c.sim.SetStatus(id, "Review") }, true, true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, id, _ := one(t, &threatq.Server{})
				time.Sleep(time.Minute)
				before, _ := c.sim.Indicator(id)
				tc.do(c, id)
				after, _ := c.sim.Indicator(id)
				if moved := !after.UpdatedAt.Equal(before.UpdatedAt); moved != tc.updated {
					t.Errorf("updated_at moved = %t, want %t", moved, tc.updated)
				}
				if moved := !after.TouchedAt.Equal(before.TouchedAt); moved != tc.touched {
					t.Errorf("touched_at moved = %t, want %t", moved, tc.touched)
				}
			})
		})
	}
}
