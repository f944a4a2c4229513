package threatq_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vtq.internal/shared/simulator/threatq"
)

// sample reads a recorded body. Where the recordings are absent the test is skipped, but not in CI.
func sample(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "shared", "samples", "threatq", name))
	if os.IsNotExist(err) && os.Getenv("CI") != "true" {
		t.Skipf("no recordings here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func decode(t *testing.T, raw []byte) answer {
	t.Helper()
	var out answer
	if err := json.Unmarshal(raw, &out.doc); err != nil {
		t.Fatal(err)
	}
	return out
}

// load puts a recorded search record into a library as it was.
func load(t *testing.T, sim *threatq.Server, row map[string]any) {
	t.Helper()
	text := func(key string) string { s, _ := row[key].(string); return s }
	at := func(key string) time.Time {
		v, err := time.Parse(time.DateTime, text(key))
		if err != nil && row[key] != nil {
			t.Fatal(err)
		}
		return v
	}
	kind, _ := row["type"].(map[string]any)
	status, _ := row["status"].(map[string]any)
	in := threatq.Indicator{
		ID: number(row["id"]), Value: text("value"), Type: fmt.Sprint(kind["name"]), Status: fmt.Sprint(status["name"]),
		CreatedAt: at("created_at"), UpdatedAt: at("updated_at"), TouchedAt: at("touched_at"), PublishedAt: at("published_at"),
	}
	for _, key := range []string{"expires_at", "expired_at"} {
		if row[key] != nil {
			in.ExpiresAt = at(key)
		}
	}
	for _, s := range nested(row, "sources") {
		in.Sources = append(in.Sources, threatq.Source{Name: fmt.Sprint(s["name"])})
	}
	for _, a := range nested(row, "attributes") {
		in.Attributes = append(in.Attributes, threatq.Attribute{Name: fmt.Sprint(a["name"]), Value: fmt.Sprint(a["value"])})
	}
	sim.AddIndicator(in)
}

// same compares the members of a record that both sides must have alike, and all keys.
func same(t *testing.T, what string, recorded, simulated map[string]any, members string) {
	t.Helper()
	diff(t, what+": keys", keys(recorded), keys(simulated))
	for key := range strings.FieldsSeq(members) {
		diff(t, what+": "+key, recorded[key], simulated[key])
	}
}

func TestSearchRecordsAsRecorded(t *testing.T) {
	for _, file := range []string{
		"stixshifter_query_ip.json", "stixshifter_query_hash.json", "stixshifter_query_url.json",
		"stixshifter_query_domain.json", "elastic_cursor_page1.json",
	} {
		t.Run(file, func(t *testing.T) {
			recorded := decode(t, sample(t, file))
			sim := &threatq.Server{LegacyFields: true}
			c := login(t, sim)
			for _, row := range recorded.rows()[:min(2, len(recorded.rows()))] { // the third was altered by hand
				load(t, sim, row)
			}
			params := url.Values{"limit": {"500"}, "sort": {"-id"}}
			if recorded.doc["nextCursorMark"] != nil {
				params.Set("cursorMark", "*")
			}
			got := c.query(params, `{}`)
			diff(t, "envelope", keys(recorded.doc), keys(got.doc))
			for i, row := range got.rows() {
				want := recorded.rows()[i]
				same(t, "record", want, row, "id value type_id type status_id status class created_at updated_at touched_at "+
					"published_at expires_at expired_at adversaries")
				for j, a := range nested(row, "attributes") {
					same(t, "attribute", nested(want, "attributes")[j], a, "name value indicator_id")
				}
				for j, s := range nested(row, "sources") {
					sourceKeys(nested(want, "sources")[j])
					same(t, "source", nested(want, "sources")[j], s, "name indicator_id indicator_type_id indicator_status_id")
				}
			}
		})
	}
}

// sourceKeys drops what only sources with a score of their own have.
func sourceKeys(recorded map[string]any) {
	delete(recorded, "source_score")
	delete(recorded, "source_expire_days")
}

func TestAttributeRowsAsRecorded(t *testing.T) {
	for _, name := range []string{"ip", "hash", "url", "domain"} {
		t.Run(name, func(t *testing.T) {
			sim := &threatq.Server{}
			c := login(t, sim)
			record := decode(t, sample(t, "stixshifter_query_"+name+".json")).rows()[0]
			load(t, sim, record)
			recorded := decode(t, slices.Concat([]byte(`{"data":`), sample(t, "stixshifter_details_attributes_"+name+".json"), []byte(`}`)))
			path := fmt.Sprintf("/api/indicators/%d", number(record["id"]))
			details := nested(c.get(path+"/details?with=attributes,attributes.sources").row(), "attributes")
			listed := c.get(path + "/attributes?with=attribute,sources").rows()
			for _, rows := range [][]map[string]any{details, listed} {
				if len(rows) != len(recorded.rows()) {
					t.Fatalf("%d rows, want %d", len(rows), len(recorded.rows()))
				}
				for i, want := range recorded.rows() {
					same(t, "row", want, rows[i], "name value indicator_id")
					source, wantSource := nested(rows[i], "sources")[0], nested(want, "sources")[0]
					same(t, "source", wantSource, source, "name type")
					diff(t, "pivot", keys(member(wantSource, "pivot")), keys(member(source, "pivot")))
					diff(t, "attribute", keys(member(want, "attribute")), keys(member(rows[i], "attribute")))
				}
			}
		})
	}
}

func member(row map[string]any, name string) map[string]any {
	m, _ := row[name].(map[string]any)
	return m
}

func TestCatalogueAsRecorded(t *testing.T) {
	c := login(t, &threatq.Server{})
	for file, path := range map[string]string{
		"demisto_type_14.json": "types/15", "demisto_status_1.json": "statuses/1", "demisto_status_2.json": "statuses/2",
	} {
		recorded := decode(t, sample(t, file)).row()
		same(t, file, recorded, c.get("/api/indicator/"+path).row(), "name description class user_editable protected visible score")
	}
	objects := decode(t, sample(t, "soar_objects_indicator.json")).rows()[0]
	types := column(c.get("/api/indicator/types").rows(), "name")
	diff(t, "types", column(nested(objects, "types"), "name"), types)
	for i, row := range c.get("/api/indicator/statuses").rows() {
		recorded := nested(objects, "statuses")[i]
		for _, key := range []string{"id", "name", "description"} {
			diff(t, "status "+key, recorded[key], row[key])
		}
	}
}

func TestErrorsAndTokenAsRecorded(t *testing.T) {
	sim := &threatq.Server{}
	c := login(t, sim)
	token := c.send(tokenRequest{query: "grant_type=client_credentials", basic: []string{"vtq", "vtq-secret"}}.request())
	same(t, "token", decode(t, sample(t, "elastic_token.json")).doc, token.doc, "token_type expires_in")

	if _, err := sim.AddCollection("taken", `{}`); err != nil {
		t.Fatal(err)
	}
	got := c.want(http.StatusBadRequest, http.MethodPost, "/api/search/query", `{"name":"taken","json":{}}`)
	recorded := decode(t, sample(t, "demisto_errors_validation.json"))
	diff(t, "validation body", member(recorded.row(), "errors")["name"], member(got.row(), "errors")["name"])

	sim.Fail = func(*http.Request) *threatq.Fault { return threatq.OKWithErrors() }
	diff(t, "errors with 200", decode(t, sample(t, "demisto_errors_list.json")).doc, c.do(http.MethodGet, "/api/users/current", nil).doc)
}

func TestEmptyPageAsRecorded(t *testing.T) {
	recorded := decode(t, sample(t, "elastic_cursor_page2_empty.json"))
	sent := decode(t, sample(t, "elastic_cursor_page1.json")).doc["nextCursorMark"]
	c := login(t, &threatq.Server{EmptyPageObject: true})
	got := c.query(url.Values{"limit": {"100"}, "sort": {"updated_at"}, "cursorMark": {fmt.Sprint(sent)}}, `{}`)
	delete(recorded.doc, "total")
	delete(got.doc, "total")
	diff(t, "page", recorded.doc, got.doc)
}
