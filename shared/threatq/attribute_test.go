package threatq_test

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/fault"
	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/threatq"
)

// enriched is a simulator with one indicator that has n rows.
func enriched(t *testing.T, sim *simulator.Server, n int) (id int64) {
	t.Helper()
	in := simulator.Indicator{Type: "FQDN", Value: "a.example"}
	for i := range n {
		in.Attributes = append(in.Attributes, simulator.Attribute{
			Name: "Count", Value: strconv.Itoa(i), Sources: []simulator.Source{{Name: "VirusTotal"}, {Name: "Feed"}},
		})
	}
	return sim.AddIndicator(in)
}

func TestAttributesReadsAllRows(t *testing.T) {
	for _, c := range []struct{ rows, limit, requests int }{{0, 0, 1}, {3, 0, 1}, {1000, 0, 1}, {1001, 0, 2}, {250, 100, 3}} {
		sim := &simulator.Server{MaxLimit: c.limit}
		id := enriched(t, sim, c.rows)
		rows, err := overSimulator(t, sim).Attributes(t.Context(), id)
		if err != nil || len(rows) != c.rows {
			t.Errorf("Attributes = %d rows, %v; want %d", len(rows), err, c.rows)
		}
		if c.rows > 0 {
			want := threatq.Row{ID: sim.Attributes(id)[0].ID, Name: "Count", Value: "0", Sources: []string{"VirusTotal", "Feed"}}
			if diff := cmp.Diff(want, rows[0]); diff != "" {
				t.Errorf("the first row (-want +got):\n%s", diff)
			}
		}
		if got := sim.Counts()[simulator.EndpointAttributes]; got != c.requests {
			t.Errorf("%d rows in pages of %d: %d requests, want %d", c.rows, c.limit, got, c.requests)
		}
	}
}

func TestAttributesOfWhatIsGone(t *testing.T) {
	sim := &simulator.Server{}
	client := overSimulator(t, sim)
	if _, err := client.Attributes(t.Context(), 5); fault.KindOf(err) != fault.Gone {
		t.Errorf("Attributes = %v (%v), want Gone", err, fault.KindOf(err))
	}
}

func TestAttributesBound(t *testing.T) {
	page := func(from, to int) string {
		var rows []string
		for id := from; id <= to; id++ {
			rows = append(rows, fmt.Sprintf(`{"id":%d,"name":"A","value":"x","sources":[]}`, id))
		}
		return `{"data":[` + strings.Join(rows, ",") + `]}`
	}
	for n, tooMany := range map[int]bool{threatq.MaxRows: false, threatq.MaxRows + 1: true} {
		client, _ := scripted(t, map[string][]canned{"GET /api/indicators/1/attributes": says(page(1, n), `{"data":[]}`)})
		rows, err := client.Attributes(t.Context(), 1)
		if errors.Is(err, threatq.ErrTooMany) != tooMany || (err == nil && len(rows) != n) {
			t.Errorf("%d rows: %d are read, %v; want ErrTooMany: %v", n, len(rows), err, tooMany)
		}
		if tooMany && fault.KindOf(err) != fault.Permanent {
			t.Errorf("%d rows: %v, want Permanent", n, fault.KindOf(err))
		}
	}
}

func TestAttributesWalkEnds(t *testing.T) {
	row := func(id int) string { return fmt.Sprintf(`{"id":%d,"name":"A","value":"x","sources":[]}`, id) }
	cases := map[string]struct {
		pages    []string
		rows     int
		requests int
	}{
		"by the count":             {[]string{`{"total":1,"data":[` + row(1) + `]}`}, 1, 1},
		"by an empty page":         {[]string{`{"data":[` + row(1) + `]}`, `{"data":[]}`}, 1, 2},
		"by PHP's empty page":      {[]string{`{"data":[` + row(1) + `]}`, `{"data":{}}`}, 1, 2},
		"by a page seen already":   {[]string{`{"data":[` + row(1) + `]}`}, 1, 2},
		"a count that is too high": {[]string{`{"total":9,"data":[` + row(1) + `]}`, `{"total":9,"data":[]}`}, 1, 2},
		"rows that moved":          {[]string{`{"total":"3","data":[` + row(1) + `,` + row(2) + `]}`, `{"total":3,"data":[` + row(2) + `]}`}, 2, 2},
		"rows without an id":       {[]string{`{"data":[{"name":"A"},7,` + row(1) + `]}`, `{"data":[]}`}, 1, 2},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			client, seen := scripted(t, map[string][]canned{"GET /api/indicators/1/attributes": says(c.pages...)})
			rows, err := client.Attributes(t.Context(), 1)
			if err != nil || len(rows) != c.rows {
				t.Errorf("Attributes = %d rows, %v; want %d", len(rows), err, c.rows)
			}
			if got := len(seen.asked(http.MethodGet, "/api/indicators/1/attributes")); got != c.requests {
				t.Errorf("%d requests, want %d", got, c.requests)
			}
		})
	}
	client, _ := scripted(t, map[string][]canned{"GET /api/indicators/1/attributes": says(`{}`)})
	if _, err := client.Attributes(t.Context(), 1); !isHidden(err) {
		t.Errorf("Attributes that are hidden = %v, want ErrHidden", err)
	}
}

func TestAttributeSources(t *testing.T) {
	bare := canned{body: `{"total":2,"data":[{"id":1,"name":"A","value":"x"},{"id":2,"name":"B","value":"y"}]}`}
	told := canned{body: `{"total":2,"data":[{"id":1,"name":"A","value":"x","sources":[{"name":"VirusTotal"}]},{"id":2,"name":"B","value":"y","sources":[]}]}`}
	broken := canned{status: http.StatusInternalServerError, body: `{}`}
	indicator := canned{body: `{"data":{"id":1,"value":"a","attributes":[{"id":1,"name":"A","value":"x","sources":[{"name":"VirusTotal"}]},{"id":2,"name":"B","value":"y","sources":[]}]}}`}
	known := map[int64][]string{1: {"VirusTotal"}, 2: {}}
	cases := map[string]struct {
		list, indicator []canned
		want            map[int64][]string
	}{
		"told with the rows":          {[]canned{told}, nil, known},
		"told with the indicator":     {[]canned{bare}, []canned{indicator}, known},
		"a list without relations":    {[]canned{broken, bare}, []canned{indicator}, known},
		"told nowhere":                {[]canned{broken, bare}, []canned{broken}, map[int64][]string{1: nil, 2: nil}},
		"an indicator without a word": {[]canned{bare}, says(`{"data":{"id":1,"value":"a"}}`), map[int64][]string{1: nil, 2: nil}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			client, _ := scripted(t, map[string][]canned{
				"GET /api/indicators/1/attributes": c.list, "GET /api/indicators/1": c.indicator,
			})
			rows, err := client.Attributes(t.Context(), 1)
			if err != nil {
				t.Fatalf("Attributes = %v", err)
			}
			got := map[int64][]string{}
			for _, r := range rows {
				got[r.ID] = r.Sources
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("sources (-want +got):\n%s", diff)
			}
		})
	}
	client, _ := scripted(t, map[string][]canned{
		"GET /api/indicators/1/attributes": {bare}, "GET /api/indicators/1": fails(http.StatusServiceUnavailable, ``),
	})
	if _, err := client.Attributes(t.Context(), 1); !isTransient(err) {
		t.Errorf("sources that cannot be read now: %v, want Transient", err)
	}
}

func TestUpdateAndDelete(t *testing.T) {
	sim := &simulator.Server{}
	id := enriched(t, sim, 2)
	client := overSimulator(t, sim)
	first, second := sim.Attributes(id)[0].ID, sim.Attributes(id)[1].ID
	row, err := client.UpdateAttribute(t.Context(), id, first, "99")
	if err != nil || row.ID != first || row.Value != "99" || row.Name != "Count" {
		t.Errorf("UpdateAttribute = %+v, %v; want the row with its new value", row, err)
	}
	if _, err := client.UpdateAttribute(t.Context(), id, second, "99"); fault.KindOf(err) != fault.Permanent {
		t.Errorf("UpdateAttribute onto another row = %v (%v), want Permanent", err, fault.KindOf(err))
	}
	for range 2 { // The second time it is gone already.
		if err := client.DeleteAttribute(t.Context(), id, second); err != nil {
			t.Errorf("DeleteAttribute = %v", err)
		}
	}
	if left := sim.Attributes(id); len(left) != 1 || left[0].Value != "99" {
		t.Errorf("left are %+v, want the one with 99", left)
	}
	_, err = client.UpdateAttribute(t.Context(), id, second, "1")
	if !errors.Is(err, threatq.ErrNoRow) || !isTransient(err) {
		t.Errorf("UpdateAttribute of a row that is gone = %v (%v), want ErrNoRow, Transient", err, fault.KindOf(err))
	}
	sim.DeleteIndicator(id)
	if err := client.DeleteAttribute(t.Context(), id, first); err != nil {
		t.Errorf("DeleteAttribute of a deleted indicator = %v", err)
	}
}

func TestUpdateFollowsAMergedRow(t *testing.T) {
	sim := &simulator.Server{PutConflict: simulator.ConflictMerge}
	id := enriched(t, sim, 2)
	first, second := sim.Attributes(id)[0].ID, sim.Attributes(id)[1].ID
	row, err := overSimulator(t, sim).UpdateAttribute(t.Context(), id, second, "0")
	if err != nil || row.ID != first {
		t.Errorf("UpdateAttribute = %+v, %v; want row %d, which is left", row, err, first)
	}
}

func TestUpdateAnswers(t *testing.T) {
	for body, ok := range map[string]bool{
		`{"data":{"id":"7","name":"A","value":"x"}}`: true,
		`{"data":{"name":"A","value":"x"}}`:          true,
		`{"data":[{"id":7}]}`:                        true,
		`{}`:                                         false,
		`{"data":{}}`:                                false,
	} {
		client, seen := scripted(t, map[string][]canned{"PUT /api/indicators/1/attributes/7": says(body)})
		row, err := client.UpdateAttribute(t.Context(), 1, 7, "x")
		if ok && (err != nil || row.ID != 7) || !ok && !isHidden(err) {
			t.Errorf("UpdateAttribute with %s = %+v, %v; want row 7: %v", body, row, err, ok)
		}
		if sent := seen.asked(http.MethodPut, "/api/indicators/1/attributes/7")[0].Body; sent != `{"value":"x"}` {
			t.Errorf("sent %s", sent)
		}
	}
}

func TestUpdateRefusesWhatThreatQWould(t *testing.T) {
	client, seen := scripted(t, map[string][]canned{"PUT /api/indicators/1/attributes/7": says(`{"data":{"id":7}}`)})
	for value, ok := range map[string]bool{
		"": false, "  ": false, "0": true,
		strings.Repeat("é", threatq.MaxAttributeValue):   true,
		strings.Repeat("é", threatq.MaxAttributeValue+1): false,
	} {
		_, err := client.UpdateAttribute(t.Context(), 1, 7, value)
		if (err == nil) != ok || (!ok && fault.KindOf(err) != fault.Permanent) {
			t.Errorf("UpdateAttribute with %d runes = %v, want success: %v", len([]rune(value)), err, ok)
		}
	}
	if len(seen.seen) != 2 {
		t.Errorf("%d requests, want 2", len(seen.seen))
	}
}
