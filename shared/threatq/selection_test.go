package threatq_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/fault"
	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/testkit/clienttest"
	"vtq.internal/shared/threatq"
)

const domains = `{"criteria":{},"filters":{"+and":[{"type_name":"FQDN"}]}}`

// collected is a simulator with domains, URLs and some saved searches; the hash is that of "Domains".
func collected(t *testing.T, sim *simulator.Server) (hash string) {
	t.Helper()
	for i := range 6 {
		sim.AddIndicator(simulator.Indicator{Type: []string{"FQDN", "URL"}[i%2], Value: fmt.Sprintf("host-%d.example", i)})
	}
	for name, query := range map[string]string{
		"Domains": domains, "Both": `{}`, "URLs": `{"criteria":{"type_name":"URL"}}`, "urls": `{"criteria":{"value":"nothing"}}`,
	} {
		got, err := sim.AddCollection(name, query)
		if err != nil {
			t.Fatalf("AddCollection(%q) = %v", name, err)
		}
		if name == "Domains" {
			hash = got
		}
	}
	return hash
}

func TestResolveAndWalk(t *testing.T) {
	for _, asString := range []bool{false, true} {
		sim := &simulator.Server{CollectionStrings: asString}
		hash := collected(t, sim)
		client := overSimulator(t, sim)
		for wanted, count := range map[string]int{
			"": 6, " ": 6, "Domains": 3, "domains": 3, " DOMAINS ": 3, "Both": 6, "URLs": 3, "urls": 0,
			hash: 3, strings.ToUpper(hash): 3,
		} {
			sel, err := client.Resolve(t.Context(), wanted)
			if err != nil {
				t.Errorf("Resolve(%q) = %v", wanted, err)
				continue
			}
			found, err := walk(t.Context(), client, sel, 2)
			if err != nil || len(found) != count {
				t.Errorf("walking %q: %d indicators, %v; want %d", wanted, len(found), err, count)
			}
		}
		sel, err := client.Resolve(t.Context(), "domains")
		if err != nil || sel.Name != "Domains" || sel.Hash != hash {
			t.Errorf("Resolve(domains) = %q %q, %v; want the collection's own name and hash", sel.Name, sel.Hash, err)
		}
	}
}

func TestResolveRefuses(t *testing.T) {
	sim := &simulator.Server{}
	collected(t, sim)
	client := overSimulator(t, sim)
	for wanted, want := range map[string]string{
		"Domain":                   `there are "Both", "Domains", "URLs", "urls"`,
		"URLS":                     "several",
		strings.Repeat("a", 32):    "hash",
		strings.Repeat("g", 32):    "there are",
		"one\n\x00line, " + secret: "one line",
	} {
		_, err := client.Resolve(t.Context(), wanted)
		if !isNoCollection(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("Resolve(%q) = %v (%v), want ErrNoCollection, Denied, with %q", wanted, err, fault.KindOf(err), want)
		}
	}
}

func TestUnknownCollectionListsAFew(t *testing.T) {
	sim := &simulator.Server{}
	client := overSimulator(t, sim)
	_, err := client.Resolve(t.Context(), "x")
	if !isNoCollection(err) || !strings.Contains(err.Error(), "none at all") {
		t.Errorf("Resolve without collections = %v", err)
	}
	for i := range 12 {
		if _, err := sim.AddCollection(fmt.Sprintf("Collection %02d %s", i, strings.Repeat("y", 100)), `{}`); err != nil {
			t.Fatalf("AddCollection = %v", err)
		}
		_, err = client.Resolve(t.Context(), "x")
		listed, more := strings.Count(err.Error(), "Collection"), strings.Contains(err.Error(), "more")
		if listed != min(i+1, 10) || more != (i >= 10) {
			t.Errorf("of %d collections %d are listed, with a word on more: %v; at most 10 are", i+1, listed, more)
		}
	}
	if len(err.Error()) > 1000 {
		t.Errorf("the error has %d bytes: %v", len(err.Error()), err)
	}
}

// The hash that a listing shows may be all it shows.
func TestSavedSearchShapes(t *testing.T) {
	const hash = "0123456789abcdef0123456789abcdef"
	listed := func(json string) []canned {
		return says(`{"data":[{"id":1,"name":null,"hash":"f"},{"id":2,"name":"C","hash":"` + hash + `"` + json + `}]}`)
	}
	filter := `{"+and":[{"status_name":"Active"}]}`
	cases := map[string]struct {
		list, entry  []canned
		want, refuse string
	}{
		"api_query":             {list: listed(`,"json":{"ui_query":{},"api_query":{"criteria":{},"filters":` + filter + `}}`), want: filter},
		"bare":                  {list: listed(`,"json":{"criteria":[],"filters":` + filter + `}`), want: filter},
		"a string":              {list: listed(`,"json":` + quoted(`{"api_query":{"filters":`+filter+`}}`)), want: filter},
		"a string in a string":  {list: listed(`,"json":{"api_query":` + quoted(`{"filters":`+filter+`}`) + `}`), want: filter},
		"an array of filters":   {list: listed(`,"json":{"filters":[{"status_name":"Active"}]}`), want: `[{"status_name":"Active"}]`},
		"everything":            {list: listed(`,"json":{"api_query":{"criteria":{},"filters":[]}}`), want: `{}`},
		"by itself":             {list: listed(``), entry: says(`{"data":{"name":"C","json":{"filters":` + filter + `}}}`), want: filter},
		"by itself, in a list":  {list: listed(`,"json":null`), entry: says(`{"data":[{"json":{"filters":` + filter + `}}]}`), want: filter},
		"no query anywhere":     {list: listed(``), entry: says(`{"data":{"name":"C"}}`), refuse: "no query"},
		"a query of another":    {list: listed(`,"json":{"objects":[]}`), entry: says(`{"data":{"name":"C"}}`), refuse: "no query"},
		"nothing behind it":     {list: listed(``), entry: fails(http.StatusNotFound, `{"errors":["no"]}`), refuse: "hash"},
		"nothing but an object": {list: listed(``), entry: says(`{"data":{}}`), refuse: "hash"},
		"no hash to ask with":   {list: says(`{"data":[{"name":"C"}]}`), refuse: "no query"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			client, seen := scripted(t, map[string][]canned{
				"GET /api/search/query": c.list, "GET /api/search/query/" + hash: c.entry,
				"POST /api/indicators/query": says(`{"data":[],"total":0}`),
			})
			sel, err := client.Resolve(t.Context(), "C")
			if c.refuse != "" {
				if !isNoCollection(err) || !strings.Contains(err.Error(), c.refuse) {
					t.Errorf("Resolve = %v, want ErrNoCollection with %q", err, c.refuse)
				}
				return
			}
			if _, walked := walk(t.Context(), client, sel, 1); err != nil || walked != nil {
				t.Fatalf("Resolve = %v, walking = %v", err, walked)
			}
			sent := query(t, seen.asked(http.MethodPost, "/api/indicators/query")[0])
			if string(sent.Filters) != c.want || string(sent.Criteria) != `{}` {
				t.Errorf("sent criteria %s, filters %s; want {}, %s", sent.Criteria, sent.Filters, c.want)
			}
		})
	}
}

func TestSinceIsAddedToTheFilters(t *testing.T) {
	since := time.Date(2026, 2, 3, 5, 5, 6, 999, time.FixedZone("", 3600))
	const leaf = `{"updated_at":{"+gte":"2026-02-03 04:05:06"}}`
	cases := map[string]struct {
		sel  threatq.Selection
		want string
	}{
		"everything":             {threatq.Selection{}, `{}`},
		"everything since":       {threatq.Selection{Since: since}, leaf},
		"a collection":           {threatq.Selection{Filters: []byte(`{"a":1}`)}, `{"a":1}`},
		"a collection since":     {threatq.Selection{Filters: []byte(`{"a":1}`), Since: since}, `{"+and":[{"a":1},` + leaf + `]}`},
		"an empty filter since":  {threatq.Selection{Filters: []byte(` { } `), Since: since}, leaf},
		"PHP's empty one, since": {threatq.Selection{Filters: []byte(`[]`), Since: since}, leaf},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			client, seen := scripted(t, map[string][]canned{"POST /api/indicators/query": says(`{"data":[],"total":0}`)})
			if _, err := client.Page(t.Context(), c.sel, "", 1); err != nil {
				t.Fatalf("Page = %v", err)
			}
			if got := query(t, seen.asked(http.MethodPost, "/api/indicators/query")[0]); string(got.Filters) != c.want {
				t.Errorf("filters %s, want %s", got.Filters, c.want)
			}
		})
	}
}

func TestSinceSelectsByTheRowsOwnTime(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	sim := &simulator.Server{}
	var ids []int64
	for i := range 4 {
		at := start.Add(time.Duration(i) * time.Hour)
		ids = append(ids, sim.AddIndicator(simulator.Indicator{Type: "FQDN", Value: fmt.Sprintf("h%d.example", i), CreatedAt: at}))
	}
	sim.AddAttribute(ids[0], simulator.Attribute{Name: "Seen", Value: "now"})
	client := overSimulator(t, sim)
	found, err := walk(t.Context(), client, threatq.Selection{Since: start.Add(2 * time.Hour)}, 10)
	if err != nil {
		t.Fatalf("walking = %v", err)
	}
	var got []int64
	for _, r := range found {
		got = append(got, r.ID)
	}
	if diff := cmp.Diff(ids[2:], got); diff != "" {
		t.Errorf("since the third, attributes written to the first (-want +got):\n%s", diff)
	}
}

func TestCollectionsThatAreHidden(t *testing.T) {
	client, _ := scripted(t, map[string][]canned{"GET /api/search/query": says(`{}`)})
	_, err := client.Resolve(t.Context(), "C")
	if !isHidden(err) {
		t.Errorf("Resolve = %v, want ErrHidden, Denied", err)
	}
	clienttest.AssertNoLeak(t, err, secret, token)
}

type sentQuery struct {
	Criteria, Filters json.RawMessage
	Fields            []string
}

// query reads the body of a search.
func query(t *testing.T, e exchange) sentQuery {
	t.Helper()
	var q sentQuery
	if err := json.Unmarshal([]byte(e.Body), &q); err != nil {
		t.Fatalf("the body of a search: %q: %v", e.Body, err)
	}
	return q
}

// quoted is JSON within JSON.
func quoted(text string) string {
	b, _ := json.Marshal(text)
	return string(b)
}
