package threatq_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/fault"
	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/threatq"
)

const pathQuery = "/api/indicators/query"

// TestStandings reads what a bulk write repeats.
func TestStandings(t *testing.T) {
	sim := &simulator.Server{TypeIDs: simulator.ShuffledTypeIDs(7)}
	ours := simulator.Attribute{Name: "VT Verdict", Value: "Malicious", Sources: []simulator.Source{{Name: "VirusTotal"}, {Name: "Feed"}}}
	for i, status := range []string{"Active", "Review", "Whitelisted", "Of this site"} {
		sim.AddIndicator(simulator.Indicator{Type: "FQDN", Value: fmt.Sprintf("%d.example", i+1), Status: status, Attributes: []simulator.Attribute{ours}})
	}
	sim.AddIndicator(simulator.Indicator{ID: 10, Type: "URL", Value: "http://a.example/X", KeepScheme: true})
	sim.AddIndicator(simulator.Indicator{ID: 11, Type: "FQDN", Value: "twin.example"})
	sim.AddIndicator(simulator.Indicator{ID: 12, Type: "FQDN", Value: "TWIN.example"})
	sim.AddIndicator(simulator.Indicator{ID: 13, Type: "String", Value: "1.example"})
	client := overSimulator(t, sim)
	got, err := client.Standings(t.Context(), []threatq.Asked{
		{1, "1.example"}, {2, "2.example"}, {3, "3.EXAMPLE"}, {4, "4.example"}, {10, "http://a.example/X"}, {11, "twin.example"}, {77, "nobody.example"},
	})
	if err != nil {
		t.Fatalf("Standings = %v", err)
	}
	want := map[int64]threatq.Standing{10: {ID: 10, Type: "URL", Value: "http://a.example/X", Status: 1}}
	for i, status := range []int64{1, 4, 5, 6} {
		id := int64(i + 1)
		want[id] = threatq.Standing{ID: id, Type: "FQDN", Value: fmt.Sprintf("%d.example", id), Status: status, Rows: []threatq.Row{
			{ID: sim.Attributes(id)[0].ID, Name: "VT Verdict", Value: "Malicious", Sources: []string{"VirusTotal", "Feed"}},
		}}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("standings (-want +got):\n%s", diff)
	}
	if n := sim.Counts()[simulator.EndpointQuery]; n != 1 {
		t.Errorf("it took %d searches, want 1", n)
	}
}

// TestStandingsOfOtherShapes has answers that say more, or less.
func TestStandingsOfOtherShapes(t *testing.T) {
	full := threatq.Standing{ID: 1, Type: "FQDN", Value: "a.example", Status: 1}
	cases := map[string]struct {
		row  string
		want map[int64]threatq.Standing
	}{
		"objects":             {`{"id":1,"value":"a.example","type":{"id":8,"name":"FQDN"},"status":{"id":1,"name":"Active"}}`, map[int64]threatq.Standing{1: full}},
		"words":               {`{"id":"1","value":"a.example","type":"FQDN","status":"Active"}`, map[int64]threatq.Standing{1: full}},
		"ids":                 {`{"id":1,"value":"a.example","type_id":8,"status_id":"1"}`, map[int64]threatq.Standing{1: full}},
		"an unknown status":   {`{"id":1,"value":"a.example","type":"FQDN","status":"Odd"}`, nil},
		"no status":           {`{"id":1,"value":"a.example","type":"FQDN"}`, nil},
		"no type":             {`{"id":1,"value":"a.example","status_id":1}`, nil},
		"a row that is none":  {`{"id":1,"value":"a.example","type":"FQDN","status_id":1,"attributes":[7]}`, nil},
		"another indicator":   {`{"id":2,"value":"a.example","type":"FQDN","status_id":1}`, nil},
		"one without an id":   {`{"value":"a.example","type":"FQDN","status_id":1}`, nil},
		"sources not told of": {`{"id":1,"value":"a.example","type":"FQDN","status_id":1,"attributes":[{"id":3,"name":"A","value":"1"}]}`, map[int64]threatq.Standing{1: {ID: 1, Type: "FQDN", Value: "a.example", Status: 1, Rows: []threatq.Row{{ID: 3, Name: "A", Value: "1"}}}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			client, _ := scripted(t, map[string][]canned{
				"POST " + pathQuery: says(`{"total":1,"data":[` + c.row + `]}`), "GET /api/indicator/types": says(typesAnswer), "GET /api/indicator/statuses": says(statusesAnswer),
			})
			got, err := client.Standings(t.Context(), []threatq.Asked{{1, "a.example"}})
			if err != nil || len(got) != len(c.want) || len(got) > 0 && !cmp.Equal(got, c.want) {
				t.Errorf("Standings = %+v, %v; want %+v", got, err, c.want)
			}
		})
	}
}

// TestStandingsAreBounded in their number, and in the bytes of a search.
func TestStandingsAreBounded(t *testing.T) {
	asked := func(n, size int) []threatq.Asked {
		all := make([]threatq.Asked, n)
		for i := range all {
			all[i] = threatq.Asked{ID: int64(i + 1), Value: strings.Repeat("x", size)}
		}
		return all
	}
	cases := map[string]struct {
		asked    []threatq.Asked
		searches int
		refused  bool
	}{
		"none":                      {nil, 0, false},
		"the most":                  {asked(threatq.MaxConsume, 60), 1, false},
		"one more":                  {asked(threatq.MaxConsume+1, 60), 0, true},
		"as long as one may be":     {asked(8, 1<<17-len(`{"value":""},`)), 1, false},
		"one byte more":             {asked(8, 1<<17-len(`{"value":""},`)+1), 2, false},
		"the most at their longest": {asked(threatq.MaxConsume, 8192), 4, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			client, script := scripted(t, map[string][]canned{"POST " + pathQuery: says(`{"total":0,"data":[]}`)})
			got, err := client.Standings(t.Context(), c.asked)
			if (err != nil) != c.refused || c.refused && fault.KindOf(err) != fault.Permanent || len(got) > 0 {
				t.Errorf("Standings = %v, %v; want it refused: %t", got, err, c.refused)
			}
			searches, values := script.asked("POST", pathQuery), 0
			for _, one := range searches {
				var body struct {
					Filters map[string][]map[string]string
				}
				if err := json.Unmarshal([]byte(one.Body), &body); err != nil || len(one.Body) > 1<<20+1<<10 {
					t.Errorf("a search has %d bytes, %v; want 1 MiB and its frame at most", len(one.Body), err)
				}
				values += len(body.Filters["+or"])
			}
			if len(searches) != c.searches || !c.refused && values != len(c.asked) {
				t.Errorf("%d searches for %d values, want %d for %d", len(searches), values, c.searches, len(c.asked))
			}
		})
	}
}

func TestStandingsFail(t *testing.T) {
	for name, c := range map[string]struct {
		answer []canned
		want   fault.Kind
	}{
		"not supported": {fails(500, `{"errors":["An unexpected error occurred."]}`), fault.Transient},
		"nothing said":  {says(`{}`), fault.Denied},
		"forbidden":     {fails(403, `{}`), fault.Denied},
	} {
		client, _ := scripted(t, map[string][]canned{"POST " + pathQuery: c.answer})
		got, err := client.Standings(t.Context(), []threatq.Asked{{1, "a.example"}})
		if fault.KindOf(err) != c.want || err == nil || got != nil || slices.Contains([]string{"a.example"}, err.Error()) {
			t.Errorf("%s: Standings = %v, %v (%v), want %v", name, got, err, fault.KindOf(err), c.want)
		}
	}
}
