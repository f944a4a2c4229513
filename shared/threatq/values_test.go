package threatq_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/fault"
	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/testkit/clienttest"
)

func TestValuesFindsWhatThereIs(t *testing.T) {
	sim := &simulator.Server{}
	var wanted []string
	var ids []int64
	for i := range 120 {
		value := fmt.Sprintf("host-%d.example", i)
		id := sim.AddIndicator(simulator.Indicator{Type: "FQDN", Value: value})
		if i%2 == 0 {
			wanted, ids = append(wanted, value, " "+value+"\t"), append(ids, id)
		}
	}
	ids = append(ids,
		sim.AddIndicator(simulator.Indicator{Type: "String", Value: "host-0.example"}),
		sim.AddIndicator(simulator.Indicator{Type: "URL", Value: "http://a.example/x"}),
		sim.AddIndicator(simulator.Indicator{Type: "URL", Value: "https://b.example/x", KeepScheme: true}),
	)
	wanted = append(wanted, "HTTP://a.example/x", "https://b.example/x", "not-there.example", "", "  ", "http://")
	client := overSimulator(t, sim)
	found, err := client.Values(t.Context(), wanted)
	if err != nil {
		t.Fatalf("Values = %v", err)
	}
	var got []int64
	for _, r := range found {
		got = append(got, r.ID)
	}
	slices.Sort(got)
	slices.Sort(ids)
	if diff := cmp.Diff(ids, got); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
}

func TestValuesOfNothingAsksNothing(t *testing.T) {
	client, seen := scripted(t, nil)
	for _, none := range [][]string{nil, {}, {"", " \n"}} {
		if found, err := client.Values(t.Context(), none); err != nil || len(found) != 0 {
			t.Errorf("Values(%q) = %v, %v; want nothing", none, found, err)
		}
	}
	if len(seen.seen) != 0 {
		t.Errorf("%d requests, want 0", len(seen.seen))
	}
}

func TestValuesAreSearchedForInChunks(t *testing.T) {
	for count, want := range map[int][]int{1: {1}, 50: {50}, 51: {50, 1}, 101: {50, 50, 1}} {
		client, seen := scripted(t, map[string][]canned{"POST /api/indicators/query": says(`{"data":[],"total":0}`)})
		var values []string
		for i := range count {
			values = append(values, fmt.Sprint("v", i))
		}
		if _, err := client.Values(t.Context(), values); err != nil {
			t.Fatalf("Values = %v", err)
		}
		var got []int
		for _, e := range seen.asked(http.MethodPost, "/api/indicators/query") {
			var filters struct {
				Or []map[string]string `json:"+or"`
			}
			if err := json.Unmarshal(query(t, e).Filters, &filters); err != nil {
				t.Fatalf("filters: %v", err)
			}
			got = append(got, len(filters.Or))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d values: searches for %v, want %v", count, got, want)
		}
	}
}

func TestValuesFailsWithoutNamingThem(t *testing.T) {
	client, _ := scripted(t, map[string][]canned{"POST /api/indicators/query": fails(400, `{"errors":["bad: secret-host"]}`)})
	_, err := client.Values(t.Context(), []string{"secret-host"})
	if fault.KindOf(err) != fault.Permanent {
		t.Errorf("Values = %v (%v), want Permanent", err, fault.KindOf(err))
	}
	clienttest.AssertNoLeak(t, err, "secret-host")
}

func TestValuesEndsWithAServerThatDoesNot(t *testing.T) {
	page := func(i int) string {
		return fmt.Sprintf(`{"data":[{"id":%d,"value":"a"}],"nextCursorMark":"m%d"}`, i+1, i)
	}
	for pages, ends := range map[int]bool{100: true, 101: false} {
		var bodies []string
		for i := range pages - 1 {
			bodies = append(bodies, page(i))
		}
		client, _ := scripted(t, map[string][]canned{"POST /api/indicators/query": says(append(bodies, `{"data":[],"total":0}`)...)})
		found, err := client.Values(t.Context(), []string{"a"})
		if ends && (err != nil || len(found) != 99) || !ends && fault.KindOf(err) != fault.Permanent {
			t.Errorf("Values over %d pages = %d records, %v; want an end: %v", pages, len(found), err, ends)
		}
	}
}
