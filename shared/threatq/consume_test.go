package threatq_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/fault"
	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/threatq"
)

const pathConsume = "/api/indicators/consume"

// enrichments are two rows for each of n indicators.
func enrichments(n int) []threatq.Enrichment {
	all := make([]threatq.Enrichment, n)
	for i := range all {
		all[i] = threatq.Enrichment{
			Standing:   threatq.Standing{ID: int64(i + 1), Type: "FQDN", Value: fmt.Sprintf("%d.example", i+1), Status: 1},
			Attributes: verdict(),
		}
	}
	return all
}

// TestConsume writes onto indicators, twice, and finds everything once.
func TestConsume(t *testing.T) {
	for _, tells := range []bool{false, true} {
		sim := &simulator.Server{ConsumeRows: tells}
		items := enrichments(threatq.MaxConsume)
		for _, item := range items {
			sim.AddIndicator(simulator.Indicator{Type: item.Type, Value: item.Value})
		}
		client := overSimulator(t, sim)
		for range 2 {
			for i, done := range client.Consume(t.Context(), items) {
				stored := sim.Attributes(items[i].ID)
				if done.Err != nil || len(done.Rows) != 2 || len(stored) != 2 {
					t.Fatalf("item %d: %+v, %d rows are stored; want 2", i, done, len(stored))
				}
				for j, row := range done.Rows {
					want := map[bool]int64{true: stored[j].ID}[tells]
					if row.ID != want || row.Name != stored[j].Name || row.Value != stored[j].Value || stored[j].Sources[0].Name != "VirusTotal" {
						t.Fatalf("item %d: row %+v, want id %d of %+v", i, row, want, stored[j])
					}
				}
			}
		}
		if n := sim.Counts()[simulator.EndpointConsume]; n != 2 || sim.Len() != len(items) {
			t.Errorf("two bulk writes took %d requests and left %d indicators, want 2 and %d", n, sim.Len(), len(items))
		}
	}
}

// TestConsumeSends what was read, and nothing that could change more than attributes.
func TestConsumeSends(t *testing.T) {
	client, script := scripted(t, map[string][]canned{"POST " + pathConsume: says(`{"data":[{"id":1,"value":"1.example"}]}`)})
	items := enrichments(1)
	items[0].Rows = []threatq.Row{{ID: 5, Name: "A", Value: "1"}}
	if done := client.Consume(t.Context(), items); done[0].Err != nil {
		t.Fatalf("Consume = %v", done[0].Err)
	}
	want := `[{"id":1,"value":"1.example","type":{"name":"FQDN"},"status_id":1,"normalize":"N","attributes":[` +
		`{"name":"VirusTotal Verdict","value":"Malicious","sources":[{"name":"VirusTotal"}]},` +
		`{"name":"VirusTotal Detections","value":"14/72","sources":[{"name":"VirusTotal"}]}]}]`
	if diff := cmp.Diff(want, script.asked("POST", pathConsume)[0].Body); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

// TestConsumeTellsItemsApart by id, else by value, in whatever order they come.
func TestConsumeTellsItemsApart(t *testing.T) {
	const ok2, row1 = `{"id":2,"value":"2.example"}`, `{"id":8,"name":"VirusTotal Verdict","value":"Malicious"}`
	const row2, refused = `{"id":9,"name":"VirusTotal Detections","value":"14/72"}`, `{"name":"VirusTotal Detections","value":"14/72"`
	cases := map[string]struct {
		answer string // To items 1 and 2.
		want   error
		kind   fault.Kind
		says   string
	}{
		"both, the other way round": {ok2 + `,{"id":"1","value":"1.example"}`, nil, 0, ""},
		"under a changed value":     {ok2 + `,{"id":1,"value":"other.example"}`, nil, 0, ""},
		"an error":                  {`{"value":"1.EXAMPLE","error":"The value is bad."},` + ok2, nil, fault.Permanent, "The value is bad."},
		"an error with an id":       {`{"id":1,"error":["The value is bad."]},` + ok2, nil, fault.Permanent, "The value is bad."},
		"an error that repeats it":  {`{"value":"1.example","error":"1.example is bad"},` + ok2, nil, fault.Permanent, "repeats what was sent"},
		"another id":                {ok2 + `,{"id":77,"value":"1.example"}`, threatq.ErrMisplaced, fault.Transient, "indicator 77 for 1"},
		"another id, of the type":   {ok2 + `,{"id":77,"value":"1.example","type":"fqdn"}`, threatq.ErrMisplaced, fault.Transient, "indicator 77 for 1"},
		"of another type":           {ok2 + `,{"id":77,"value":"1.example","type":"String"}`, nil, fault.Transient, "does not say"},
		"silence":                   {ok2, nil, fault.Transient, "does not say"},
		"no id":                     {ok2 + `,{"value":"1.example"}`, nil, fault.Transient, "does not say"},
		"the id of the other":       {`{"id":2,"value":"1.example"}`, nil, fault.Transient, "does not say"},
		"its rows":                  {ok2 + `,{"id":1,"attributes":[` + row1 + `,` + row2 + `]}`, nil, 0, ""},
		"a row is missing":          {ok2 + `,{"id":1,"attributes":[` + row1 + `]}`, nil, fault.Transient, "does not say"},
		"no rows":                   {ok2 + `,{"id":1,"attributes":{}}`, nil, fault.Transient, "does not say"},
		"rows that are not told":    {ok2 + `,{"id":1,"attributes":null}`, nil, 0, ""},
		"a row without an id":       {ok2 + `,{"id":1,"attributes":[` + row1 + `,` + refused + `}]}`, nil, fault.Transient, "does not say"},
		"a row that is refused":     {ok2 + `,{"id":1,"attributes":[` + row1 + `,` + refused + `,"error":"Bad row."}]}`, nil, fault.Transient, "Bad row."},
		"a row that is there, but refused": {
			ok2 + `,{"id":1,"attributes":[` + row1 + `,` + row2 + `,` + refused + `,"error":"Bad row."}]}`, nil, fault.Transient, "Bad row.",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			client, _ := scripted(t, map[string][]canned{"POST " + pathConsume: says(`{"data":[` + c.answer + `]}`)})
			done := client.Consume(t.Context(), enrichments(2))
			err := done[0].Err
			if (err == nil) != (c.says == "") || err != nil && (fault.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.says)) || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("the first = %v (%v), want %v that says %q", err, fault.KindOf(err), c.kind, c.says)
			}
			if err != nil && strings.Contains(err.Error(), ".example") {
				t.Errorf("error %q has the value in it", err)
			}
			if done[1].Err != nil || len(done[1].Rows) != 2 {
				t.Errorf("the second = %+v, want it taken", done[1])
			}
		})
	}
}

// TestConsumeFailsAsAWhole in ways that are told apart: some mean that there is no writing in bulk.
func TestConsumeFailsAsAWhole(t *testing.T) {
	cases := map[string]struct {
		answer []canned
		noBulk bool
		kind   fault.Kind
	}{
		"forbidden":           {fails(403, `{"errors":["no"]}`), true, fault.Denied},
		"not there":           {fails(404, `{"errors":["no"]}`), true, fault.Denied},
		"not so":              {fails(405, `{}`), true, fault.Denied},
		"nothing is said":     {says(`{}`), true, fault.Denied},
		"an empty list":       {says(`{"data":[]}`), true, fault.Denied},
		"another language":    {says(`{"data":{"job":17}}`), true, fault.Denied},
		"everybody is silent": {says(`{"data":[{"id":8,"value":"x"}]}`), true, fault.Denied},
		"refused":             {fails(400, `{"errors":["no"]}`), false, fault.Permanent},
		"refused with 200":    {says(`{"errors":["no"]}`), false, fault.Permanent},
		"too large":           {fails(413, ``), false, fault.Permanent},
		"throttled":           {fails(429, `{}`), false, fault.Quota},
		"broken":              {fails(500, `{}`), false, fault.Transient},
		"in maintenance":      {[]canned{{status: 503, contentType: "text/html", body: "<html>"}}, false, fault.Transient},
		"a login page":        {[]canned{{contentType: "text/html", body: "<html>"}}, false, fault.Transient},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			client, _ := scripted(t, map[string][]canned{"POST " + pathConsume: c.answer})
			for i, done := range client.Consume(t.Context(), enrichments(2)) {
				if done.Err == nil || errors.Is(done.Err, threatq.ErrNoBulk) != c.noBulk || fault.KindOf(done.Err) != c.kind || done.Rows != nil {
					t.Errorf("item %d: %+v (%v), want %v, no bulk %t", i, done, fault.KindOf(done.Err), c.kind, c.noBulk)
				}
			}
		})
	}
}

// TestConsumeOfOneThatIsDropped is no proof that there is no writing in bulk.
func TestConsumeOfOneThatIsDropped(t *testing.T) {
	client, _ := scripted(t, map[string][]canned{"POST " + pathConsume: says(`{"data":[]}`)})
	if err := client.Consume(t.Context(), enrichments(1))[0].Err; !isTransient(err) || errors.Is(err, threatq.ErrNoBulk) {
		t.Errorf("Consume = %v, want Transient", err)
	}
}

// TestConsumeIsBounded in its number, in the size of each row, and in the bytes of a request.
func TestConsumeIsBounded(t *testing.T) {
	longest := strings.Repeat("x", threatq.MaxAttributeValue)
	long := func(n int) []threatq.Enrichment { // 200 attributes of 10,000 characters: 2 MB each.
		items := enrichments(n)
		for i := range items {
			items[i].Attributes = nil
			for j := range threatq.MaxAttributes {
				items[i].Attributes = append(items[i].Attributes, threatq.NewAttribute{Name: fmt.Sprint("A", j), Value: longest})
			}
		}
		return items
	}
	bad := enrichments(3)
	bad[1].Attributes = []threatq.NewAttribute{{Name: "A", Value: longest + "x"}}
	cases := map[string]struct {
		items    []threatq.Enrichment
		requests int
		refused  int
	}{
		"none":           {nil, 0, 0},
		"the most":       {enrichments(threatq.MaxConsume), 1, 0},
		"one more":       {enrichments(threatq.MaxConsume + 1), 0, threatq.MaxConsume + 1},
		"two that fit":   {long(2), 1, 0},
		"three that not": {long(3), 2, 0},
		"one bad row":    {bad, 1, 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			sim := &simulator.Server{}
			for i := range 3 {
				sim.AddIndicator(simulator.Indicator{Type: "FQDN", Value: fmt.Sprintf("%d.example", i+1)})
			}
			client, refused := overSimulator(t, sim), 0
			for _, done := range client.Consume(t.Context(), c.items) {
				if fault.KindOf(done.Err) == fault.Permanent && done.Err != nil {
					refused++
				}
			}
			if n := sim.Counts()[simulator.EndpointConsume]; n != c.requests || refused != c.refused {
				t.Errorf("%d requests and %d refused, want %d and %d", n, refused, c.requests, c.refused)
			}
		})
	}
}

// TestConsumeOfTheDeleted tells that another indicator was reached.
func TestConsumeOfTheDeleted(t *testing.T) {
	sim := &simulator.Server{}
	for i := range 3 {
		sim.AddIndicator(simulator.Indicator{Type: "FQDN", Value: fmt.Sprintf("%d.example", i+1)})
	}
	sim.DeleteIndicator(2)
	done := overSimulator(t, sim).Consume(t.Context(), enrichments(3))
	if done[0].Err != nil || !errors.Is(done[1].Err, threatq.ErrMisplaced) || done[2].Err != nil {
		t.Errorf("Consume = %+v, want the second misplaced", done)
	}
}

// FuzzConsume answers anything: every item is told of, and nothing is taken that was not told of.
func FuzzConsume(f *testing.F) {
	f.Add(`{"data":[{"id":1,"value":"1.example"},{"value":"2.example","error":"no"}]}`)
	f.Add(`{"data":{"id":2,"attributes":[{"id":5,"name":"VirusTotal Verdict","value":"Malicious"}]}}`)
	const both = `{"data":{"id":2,"attributes":[{"id":5,"name":"VirusTotal Verdict","value":"Malicious"},` +
		`{"id":6,"name":"VirusTotal Detections","value":"14/72"%s}]}}`
	f.Add(fmt.Sprintf(both, ""))
	f.Add(fmt.Sprintf(both, `,"error":"no"`))
	f.Fuzz(func(t *testing.T, answer string) {
		client, _ := scripted(t, map[string][]canned{"POST " + pathConsume: {{status: http.StatusOK, body: answer}}})
		done := client.Consume(t.Context(), enrichments(2))
		if len(done) != 2 {
			t.Fatalf("Consume tells of %d items, want 2", len(done))
		}
		for i, one := range done {
			if (one.Err == nil) != (len(one.Rows) == 2) || one.Err == nil && !json.Valid([]byte(answer)) {
				t.Errorf("item %d of %q: %+v", i, answer, one)
			}
			if one.Err == nil && (one.Rows[0].ID > 0) != (one.Rows[1].ID > 0) { // Rows are told of, or are not.
				t.Errorf("item %d of %q: one row was told and one was not: %+v", i, answer, one.Rows)
			}
		}
	})
}
