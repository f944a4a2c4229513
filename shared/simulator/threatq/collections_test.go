package threatq_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"vtq.internal/shared/simulator/threatq"
)

const hosts = `{"criteria":{},"filters":{"+and":[{"type_name":"FQDN"}]}}`

func TestCollections(t *testing.T) {
	c := login(t, mixed(time.Unix(1_767_322_800, 0)))
	hash, err := c.sim.AddCollection("Hosts", hosts)
	if err != nil || len(hash) != 32 {
		t.Fatalf("AddCollection = %q, %v, want 32 hex digits", hash, err)
	}
	row := c.get("/api/search/query").rows()[0]
	diff(t, "keys", []string{"hash", "id", "json", "name"}, keys(row))
	content, _ := row["json"].(map[string]any)
	query, err := json.Marshal(content["api_query"])
	if row["name"] != "Hosts" || row["hash"] != hash || err != nil || string(query) != hosts {
		t.Errorf("collection = %v, want Hosts with its query", row)
	}
	diff(t, "its query, posted", []int64{1, 5}, c.query(nil, string(query)).ids())

	path := "/api/indicators/query/hash/" + hash
	diff(t, "by hash", []int64{5, 1}, c.get(path+"?sort=-id").ids())
	page := c.get(path + "?limit=1&cursorMark=*&sort=updated_at&fields=value")
	diff(t, "first row", map[string]any{"value": "www.Example.com"}, page.rows()[0])
	next, _ := page.doc["nextCursorMark"].(string)
	diff(t, "second", []int64{5}, c.get(path+"?limit=1&sort=updated_at&cursorMark="+url.QueryEscape(next)).ids())
	c.want(http.StatusNotFound, http.MethodGet, "/api/indicators/query/hash/"+strings.Repeat("0", 32), nil)
}

func TestOneCollection(t *testing.T) {
	c := login(t, &threatq.Server{CollectionStrings: true})
	hash, err := c.sim.AddCollection("Hosts", hosts)
	if err != nil {
		t.Fatal(err)
	}
	path := "/api/search/query/" + hash
	diff(t, "fields=name", map[string]any{"name": "Hosts"}, c.get(path+"?fields=name").row())
	text, _ := c.get(path).row()["json"].(string)
	if want := `{"api_query":` + hosts + `,"ui_query":{}}`; text != want {
		t.Errorf("json = %q, want the string %s", text, want)
	}
	c.want(http.StatusNotFound, http.MethodGet, "/api/search/query/x", nil)
}

func TestEditedCollectionHasAnotherHash(t *testing.T) {
	c := login(t, &threatq.Server{})
	before, err := c.sim.AddCollection("Hosts", hosts)
	if err != nil {
		t.Fatal(err)
	}
	after, err := c.sim.AddCollection("Hosts", `{"filters":{"+and":[{"type_name":"URL"}]}}`)
	if err != nil || before == after {
		t.Fatalf("hash after editing = %q, %v, want another than %q", after, err, before)
	}
	c.want(http.StatusNotFound, http.MethodGet, "/api/indicators/query/hash/"+before, nil)
	diff(t, "hashes", []any{after}, column(c.get("/api/search/query").rows(), "hash"))
}

func TestCreateCollection(t *testing.T) {
	c := login(t, mixed(time.Unix(1_767_322_800, 0)))
	body := `{"name":%,"json":{"ui_query":{"x":1},"api_query":` + hosts + `}}`
	create := func(name string) answer {
		t.Helper()
		return c.want(http.StatusCreated, http.MethodPost, "/api/search/query", strings.Replace(body, "%", name, 1))
	}
	unnamed, _ := create("null").row()["hash"].(string)
	diff(t, "by hash", []int64{1, 5}, c.get("/api/indicators/query/hash/"+unnamed).ids())
	if again := create("null").row()["hash"]; again != unnamed {
		t.Errorf("the same search again = %v, want %v", again, unnamed)
	}
	if rows := c.get("/api/search/query").rows(); len(rows) != 0 {
		t.Errorf("list = %v, want none that has no name", rows)
	}
	create(`"Hosts"`)
	for _, bad := range []string{strings.Replace(body, "%", `"Hosts"`, 1), `{"name":"x"}`, `[]`} {
		c.want(http.StatusBadRequest, http.MethodPost, "/api/search/query", bad)
	}
	if n := c.sim.Writes(); n != 0 {
		t.Errorf("Writes = %d, want 0: searches are not the library", n)
	}
}

func TestAddCollectionRefuses(t *testing.T) {
	sim := &threatq.Server{}
	for _, query := range []string{``, `[]`, `{"filters":{"colour":"red"}}`, `{"filters":"x"}`} {
		if hash, err := sim.AddCollection("x", query); err == nil {
			t.Errorf("AddCollection(%s) = %s, want an error", query, hash)
		}
	}
}
