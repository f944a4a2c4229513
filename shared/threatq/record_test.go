package threatq_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/fault"
	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/threatq"
)

// readRecord reads one indicator whose answer has the given members beside id and value.
func readRecord(t *testing.T, members string) threatq.Record {
	t.Helper()
	client, _ := scripted(t, map[string][]canned{
		"GET /api/indicators/1":       says(`{"data":{"id":1,"value":"a"` + members + `}}`),
		"GET /api/indicator/types":    says(typesAnswer),
		"GET /api/indicator/statuses": says(statusesAnswer),
	})
	r, err := client.Indicator(t.Context(), 1)
	if err != nil {
		t.Fatalf("Indicator with %s = %v", members, err)
	}
	return r
}

// Every shape here was seen in some version or is what a client of ThreatQ's copes with.
func TestRecordShapes(t *testing.T) {
	number := func(f float64) *float64 { return &f }
	at := time.Date(2022, 3, 18, 10, 29, 13, 0, time.UTC)
	cases := map[string]struct {
		members string
		want    threatq.Record
	}{
		"nothing more":           {``, threatq.Record{}},
		"type and status object": {`,"type":{"id":5,"name":"MD5","class":"host"},"status":{"id":2,"name":"Expired"}`, threatq.Record{Type: "MD5", Status: "Expired"}},
		"type and status string": {`,"type":"MD5","status":"Active"`, threatq.Record{Type: "MD5", Status: "Active"}},
		"type and status id":     {`,"type_id":8,"status_id":1`, threatq.Record{Type: "FQDN", Status: "Active"}},
		"ids as strings":         {`,"type_id":"9","status_id":"1"`, threatq.Record{Type: "URL", Status: "Active"}},
		"ids as floats":          {`,"type_id":9.0,"status_id":1e0`, threatq.Record{Type: "URL", Status: "Active"}},
		"ids bare":               {`,"type":8,"status":1`, threatq.Record{Type: "FQDN", Status: "Active"}},
		"ids in objects":         {`,"type":{"id":8},"status":{"id":1}`, threatq.Record{Type: "FQDN", Status: "Active"}},
		"ids nobody knows":       {`,"type_id":99,"status_id":99`, threatq.Record{}},
		"nulls":                  {`,"type":null,"status":null,"score":null,"attributes":null,"sources":null,"updated_at":null`, threatq.Record{}},
		"names cleaned":          {`,"type":"M\u0000D\u202e5","status":" Active "`, threatq.Record{Type: "MD5", Status: "Active"}},

		"score int":            {`,"score":7`, threatq.Record{Score: number(7)}},
		"score float":          {`,"score":4.5`, threatq.Record{Score: number(4.5)}},
		"score zero":           {`,"score":0`, threatq.Record{Score: number(0)}},
		"score string":         {`,"score":"4.00"`, threatq.Record{Score: number(4)}},
		"score object":         {`,"score":{"generated_score":"4.00","manual_score":null}`, threatq.Record{Score: number(4)}},
		"score set by hand":    {`,"score":{"generated_score":9,"manual_score":2}`, threatq.Record{Score: number(2)}},
		"score beside":         {`,"generated_score":3,"manual_score":"8"`, threatq.Record{Score: number(8)}},
		"score above the top":  {`,"score":104`, threatq.Record{Score: number(10)}},
		"score below zero":     {`,"score":-3`, threatq.Record{Score: number(0)}},
		"score that is none":   {`,"score":"NaN"`, threatq.Record{}},
		"score beyond numbers": {`,"score":"1e999"`, threatq.Record{}},
		"score as a list":      {`,"score":[4]`, threatq.Record{}},

		"times in seconds": {`,"created_at":"2022-03-18 10:29:13","updated_at":"2022-03-18 10:29:13"`, threatq.Record{CreatedAt: at, UpdatedAt: at}},
		"times with ms": {
			`,"created_at":"2022-03-18 10:29:13.000","updated_at":"2022-03-18 10:29:13.014"`,
			threatq.Record{CreatedAt: at, UpdatedAt: at.Add(14 * time.Millisecond)},
		},
		"times that are none": {`,"created_at":"None","updated_at":0`, threatq.Record{}},

		"attributes": {
			`,"attributes":[{"id":1,"name":"A","value":"x"},{"attribute":{"name":"B"},"value":9000},{"name":"C","value":true}]`,
			threatq.Record{Attributes: []threatq.Attribute{{Name: "A", Value: "x"}, {Name: "B", Value: "9000"}, {Name: "C", Value: "true"}}},
		},
		"attributes as an object": {`,"attributes":{}`, threatq.Record{}},
		"attributes mixed up":     {`,"attributes":["a",{"name":"A","value":["x"]}]`, threatq.Record{Attributes: []threatq.Attribute{{Name: "A"}}}},
		"unknown members":         {`,"tags":["t",{"name":"u"}],"adversaries":[],"x":{"y":[1]}`, threatq.Record{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.want.ID, c.want.Value = 1, "a"
			if diff := cmp.Diff(c.want, readRecord(t, c.members)); diff != "" {
				t.Errorf("record (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTrafficLights(t *testing.T) {
	for members, want := range map[string]string{
		``:                    "",
		`,"tlp_id":null`:      "",
		`,"tlp_id":0`:         "",
		`,"tlp_id":1`:         "RED",
		`,"tlp_id":"2"`:       "AMBER",
		`,"tlp_id":3`:         "GREEN",
		`,"tlp_id":4`:         "WHITE",
		`,"tlp_id":5`:         threatq.TLPUnknown,
		`,"tlp_id":"None"`:    "",
		`,"tlp_name":"amber"`: "AMBER",
		`,"tlp_id":1,"tlp_name":"TLP:AMBER+STRICT"`: "AMBER+STRICT",
		`,"tlp_id":3,"tlp_name":"None"`:             "GREEN",
		`,"tlp_id":3,"tlp_name":" "`:                "GREEN",
	} {
		r := readRecord(t, `,"sources":[{"name":"Feed"`+members+`}]`)
		if diff := cmp.Diff([]threatq.Source{{Name: "Feed", TLP: want}}, r.Sources); diff != "" {
			t.Errorf("a source with %s (-want +got):\n%s", members, diff)
		}
	}
}

// A source that cannot be read may have said who must not see the indicator.
func TestUnreadableSourceRestricts(t *testing.T) {
	want := []threatq.Source{{Name: "Feed"}, {TLP: threatq.TLPUnknown}}
	if diff := cmp.Diff(want, readRecord(t, `,"sources":["RED",{"name":"Feed"}]`).Sources); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
}

func TestRecordBounds(t *testing.T) {
	many := func(n int, item string) string { return "[" + strings.Repeat(item+",", n-1) + item + "]" }
	const kept, bytes = 256, 1 << 10
	for n, want := range map[int]int{kept: kept, kept + 1: kept} {
		r := readRecord(t, `,"attributes":`+many(n, `{"name":"A","value":"x"}`)+`,"sources":`+many(n, `{"name":"Feed"}`))
		if len(r.Attributes) != want || len(r.Sources) != n {
			t.Errorf("of %d: %d attributes and %d sources are kept, want %d and %d", n, len(r.Attributes), len(r.Sources), want, n)
		}
		if lost := r.Sources[n-1].TLP == threatq.TLPUnknown; lost != (n > kept) {
			t.Errorf("of %d sources the last has an unknown traffic light: %v", n, lost)
		}
	}
	for text, want := range map[string]int{
		strings.Repeat("x", bytes):         bytes,
		strings.Repeat("x", bytes+1):       bytes,
		strings.Repeat("x", bytes-1) + "é": bytes - 1, // No half of a letter.
	} {
		a := readRecord(t, fmt.Sprintf(`,"attributes":[{"name":%q,"value":%q}]`, text, text)).Attributes[0]
		if len(a.Value) != want || len(a.Name) != want {
			t.Errorf("of a value of %d bytes %d are kept, of the name %d; want %d", len(text), len(a.Value), len(a.Name), want)
		}
	}
	if r := readRecord(t, `,"type":"`+strings.Repeat("T", 300)+`"`); len([]rune(r.Type)) != 200 {
		t.Errorf("a name of 300 runes has %d, want 200", len([]rune(r.Type)))
	}
}

func TestIndicatorFromTheRelationalStore(t *testing.T) {
	manual := 3
	sim := &simulator.Server{TypeIDs: simulator.ShuffledTypeIDs(3)}
	id := sim.AddIndicator(simulator.Indicator{
		Type: "SHA-256", Value: "ab", Status: "Whitelisted", Score: 9, ManualScore: &manual,
		Sources:    []simulator.Source{{Name: "Feed", TLP: "RED"}, {Name: "Other"}},
		Attributes: []simulator.Attribute{{Name: "Family", Value: "x"}},
	})
	client := overSimulator(t, sim)
	got, err := client.Indicator(t.Context(), id)
	if err != nil {
		t.Fatalf("Indicator = %v", err)
	}
	if got.CreatedAt.IsZero() || got.UpdatedAt.IsZero() {
		t.Errorf("times %v and %v, want some", got.CreatedAt, got.UpdatedAt)
	}
	score := 3.0
	want := threatq.Record{
		ID: id, Type: "SHA-256", Value: "ab", Status: "Whitelisted", Score: &score, CreatedAt: got.CreatedAt, UpdatedAt: got.UpdatedAt,
		Sources:    []threatq.Source{{Name: "Feed", TLP: "RED"}, {Name: "Other"}},
		Attributes: []threatq.Attribute{{Name: "Family", Value: "x"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	sim.DeleteIndicator(id)
	if _, err := client.Indicator(t.Context(), id); fault.KindOf(err) != fault.Gone {
		t.Errorf("a deleted indicator: %v (%v), want Gone", err, fault.KindOf(err))
	}
}

func TestIndicatorWithoutRelations(t *testing.T) {
	broken := canned{status: http.StatusInternalServerError, body: `{}`}
	plain := canned{body: `{"data":{"id":1,"value":"a","type_id":8,"status_id":1,"score":6}}`}
	answers := func(sources []canned) map[string][]canned {
		return map[string][]canned{
			"GET /api/indicators/1":            {broken, plain},
			"GET /api/indicators/1/attributes": says(`{"data":[{"id":3,"name":"Scheme","value":"https"}]}`),
			"GET /api/indicators/1/sources":    sources,
			"GET /api/indicator/types":         says(typesAnswer),
			"GET /api/indicator/statuses":      says(statusesAnswer),
		}
	}
	client, _ := scripted(t, answers(says(`{"data":[{"name":"Feed","tlp_id":2}]}`)))
	got, err := client.Indicator(t.Context(), 1)
	score := 6.0
	want := threatq.Record{
		ID: 1, Value: "a", Type: "FQDN", Status: "Active", Score: &score,
		Attributes: []threatq.Attribute{{Name: "Scheme", Value: "https"}}, Sources: []threatq.Source{{Name: "Feed", TLP: "AMBER"}},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("Indicator without relations: %v (-want +got):\n%s", err, diff)
	}
	// Without its sources nobody knows how far it may be passed on, and it is not gone either.
	client, _ = scripted(t, answers(fails(http.StatusNotFound, `{"errors":["no route"]}`)))
	if _, err := client.Indicator(t.Context(), 1); fault.KindOf(err) != fault.Denied {
		t.Errorf("Indicator without sources = %v (%v), want Denied", err, fault.KindOf(err))
	}
	// A 500 that is no matter of relations stays one.
	client, seen := scripted(t, map[string][]canned{"GET /api/indicators/1": {broken}})
	if _, err := client.Indicator(t.Context(), 1); !isTransient(err) || !strings.Contains(err.Error(), "does not support") {
		t.Errorf("Indicator on a broken ThreatQ = %v, want Transient with a hint", err)
	}
	if n := len(seen.asked(http.MethodGet, "/api/indicators/1")); n != 2 {
		t.Errorf("%d tries, want 2", n)
	}
}

func TestIndicatorThatIsHidden(t *testing.T) {
	for _, body := range []string{`{}`, `{"data":{}}`, `{"data":[]}`, `{"data":null}`, `{"data":{"id":0,"value":"a"}}`} {
		client, _ := scripted(t, map[string][]canned{"GET /api/indicators/1": says(body)})
		if _, err := client.Indicator(t.Context(), 1); !isHidden(err) {
			t.Errorf("Indicator with %s = %v, want ErrHidden, Denied", body, err)
		}
	}
}

// rowOfType is a page with one row of a type that only its id names.
func rowOfType(id int) string {
	return fmt.Sprintf(`{"total":9,"data":[{"id":1,"value":"a","type_id":%d,"status":"Active"}],"nextCursorMark":"*"}`, id)
}

func TestTablesAreReadOnceAndAgainForNewIDs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, seen := scripted(t, map[string][]canned{
			"POST /api/indicators/query": says(rowOfType(8), rowOfType(9), rowOfType(40), rowOfType(40), rowOfType(41)),
			"GET /api/indicator/types":   says(typesAnswer, `{"data":[{"id":40,"name":"Custom"}]}`),
		})
		read := func(wantType string, wantReadings int) {
			t.Helper()
			page, err := client.Page(t.Context(), threatq.Selection{}, "", 10)
			if err != nil || page.Indicators[0].Type != wantType {
				t.Fatalf("Page = %+v, %v; want type %q", page.Indicators, err, wantType)
			}
			if n := len(seen.asked(http.MethodGet, "/api/indicator/types")); n != wantReadings {
				t.Errorf("%d readings of the table, want %d", n, wantReadings)
			}
		}
		read("FQDN", 1)
		read("URL", 1)
		read("", 1) // Unknown, but the table is younger than a minute.
		time.Sleep(time.Minute)
		read("Custom", 2)
		read("", 2)
	})
}

func TestTablesThatAreHidden(t *testing.T) {
	client, _ := scripted(t, map[string][]canned{
		"POST /api/indicators/query": says(rowOfType(8)), "GET /api/indicator/types": says(`{}`),
	})
	if _, err := client.Page(t.Context(), threatq.Selection{}, "", 10); !isHidden(err) || !strings.Contains(err.Error(), "types") {
		t.Errorf("Page = %v, want ErrHidden about the types", err)
	}
}
