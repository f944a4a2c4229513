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
	"vtq.internal/shared/testkit/clienttest"
	"vtq.internal/shared/threatq"
)

// verdict is what two rows of ours look like.
func verdict() []threatq.NewAttribute {
	return []threatq.NewAttribute{
		{Name: "VirusTotal Verdict", Value: "Malicious", Source: "VirusTotal"},
		{Name: "VirusTotal Detections", Value: "14/72", Source: "VirusTotal"},
	}
}

func TestCreateAttributes(t *testing.T) {
	for _, singles := range []bool{false, true} {
		sim := &simulator.Server{SingleRowPosts: singles}
		id := sim.AddIndicator(simulator.Indicator{Type: "FQDN", Value: "a.example"})
		client := overSimulator(t, sim)
		var first []threatq.Row
		for round := range 3 { // Nothing changes when it is repeated.
			rows, err := client.CreateAttributes(t.Context(), id, verdict())
			if err != nil || len(rows) != 2 {
				t.Fatalf("CreateAttributes = %+v, %v", rows, err)
			}
			if round == 0 {
				first = rows
			}
			if diff := cmp.Diff(first, rows); diff != "" {
				t.Errorf("round %d (-first +now):\n%s", round, diff)
			}
		}
		stored := sim.Attributes(id)
		if len(stored) != 2 {
			t.Fatalf("%d rows are stored, want 2", len(stored))
		}
		for i, want := range verdict() {
			got := stored[i]
			if got.ID != first[i].ID || got.Name != want.Name || got.Value != want.Value || got.Sources[0].Name != "VirusTotal" {
				t.Errorf("row %d is stored as %+v, want %+v", i, got, want)
			}
		}
		want := map[bool]int{false: 3, true: 1 + 3*2}[singles] // The refusal of a list is met once only.
		if got := sim.Counts()[simulator.EndpointAddAttributes]; got != want {
			t.Errorf("rows one by one: %v: %d requests, want %d", singles, got, want)
		}
	}
}

func TestCreateSendsAListOfTexts(t *testing.T) {
	client, seen := scripted(t, map[string][]canned{
		"POST /api/indicators/1/attributes": says(`{"data":[{"id":5,"name":"A","value":"1"}]}`),
	})
	if _, err := client.CreateAttributes(t.Context(), 1, []threatq.NewAttribute{{Name: "A", Value: "1", Source: "S"}}); err != nil {
		t.Fatalf("CreateAttributes = %v", err)
	}
	if _, err := client.CreateAttributes(t.Context(), 1, []threatq.NewAttribute{{Name: "A", Value: "1"}}); err != nil {
		t.Fatalf("CreateAttributes without a source = %v", err)
	}
	sent := seen.asked(http.MethodPost, "/api/indicators/1/attributes")
	for i, want := range []string{`[{"name":"A","value":"1","sources":[{"name":"S"}]}]`, `[{"name":"A","value":"1"}]`} {
		if sent[i].Body != want {
			t.Errorf("sent %s, want %s", sent[i].Body, want)
		}
	}
	if rows, err := client.CreateAttributes(t.Context(), 1, nil); rows != nil || err != nil || len(seen.seen) != 2 {
		t.Errorf("CreateAttributes of nothing = %v, %v after %d requests", rows, err, len(seen.seen))
	}
}

func TestCreateRefusesWhatThreatQWould(t *testing.T) {
	long := func(n int) string { return strings.Repeat("é", n) }
	cases := map[string]struct {
		name, value string
		ok          bool
	}{
		"plain":             {"A", "1", true},
		"no name":           {"", "1", false},
		"a blank name":      {" ", "1", false},
		"no value":          {"A", "", false},
		"a blank value":     {"A", "\t", false},
		"the longest name":  {long(threatq.MaxAttributeName), "1", true},
		"a longer name":     {long(threatq.MaxAttributeName + 1), "1", false},
		"the longest value": {"A", long(threatq.MaxAttributeValue), true},
		"a longer value":    {"A", long(threatq.MaxAttributeValue + 1), false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			sim := &simulator.Server{}
			id := sim.AddIndicator(simulator.Indicator{Type: "FQDN", Value: "a.example"})
			_, err := overSimulator(t, sim).CreateAttributes(t.Context(), id, []threatq.NewAttribute{{Name: c.name, Value: c.value}})
			if (err == nil) != c.ok || (!c.ok && fault.KindOf(err) != fault.Permanent) {
				t.Errorf("CreateAttributes = %v (%v), want success: %v", err, fault.KindOf(err), c.ok)
			}
			if !c.ok && sim.Requests() != 0 {
				t.Errorf("%d requests for what cannot be written", sim.Requests())
			}
		})
	}
}

func TestCreateBound(t *testing.T) {
	sim := &simulator.Server{}
	id := sim.AddIndicator(simulator.Indicator{Type: "FQDN", Value: "a.example"})
	client := overSimulator(t, sim)
	var items []threatq.NewAttribute
	for i := range threatq.MaxAttributes + 1 {
		items = append(items, threatq.NewAttribute{Name: fmt.Sprint("A", i), Value: "1"})
	}
	if _, err := client.CreateAttributes(t.Context(), id, items); fault.KindOf(err) != fault.Permanent {
		t.Errorf("CreateAttributes of %d = %v, want Permanent", len(items), err)
	}
	rows, err := client.CreateAttributes(t.Context(), id, items[1:])
	if err != nil || len(rows) != threatq.MaxAttributes {
		t.Errorf("CreateAttributes of %d = %d rows, %v", threatq.MaxAttributes, len(rows), err)
	}
}

// outcome is what a creation of verdict() comes to: an id or a kind for each.
func outcome(rows []threatq.Row, err error) [2]string {
	var got [2]string
	for i, r := range rows {
		got[i] = strconv.FormatInt(r.ID, 10)
	}
	if failed, ok := errors.AsType[*threatq.ItemsError](err); ok {
		for _, item := range failed.Items {
			got[item.Index] = fault.KindOf(item.Err).String()
		}
	}
	return got
}

func TestCreateFindsWhatBecameOfEach(t *testing.T) {
	const (
		a = `"name":"VirusTotal Verdict","value":"Malicious"`
		b = `"name":"VirusTotal Detections","value":"14/72"`
	)
	cases := map[string]struct {
		data string
		want [2]string
		kind fault.Kind
	}{
		"in order":             {`[{"id":1,` + a + `},{"id":2,` + b + `}]`, [2]string{"1", "2"}, fault.Unknown},
		"scrambled":            {`[{"id":2,` + b + `},{"id":1,` + a + `}]`, [2]string{"1", "2"}, fault.Unknown},
		"ids as strings":       {`[{"id":"1",` + a + `},{"id":"2",` + b + `}]`, [2]string{"1", "2"}, fault.Unknown},
		"with others":          {`[{"id":9,"name":"Country","value":"US"},{"id":2,` + b + `},{"id":1,` + a + `}]`, [2]string{"1", "2"}, fault.Unknown},
		"another spelling":     {`[{"id":2,` + b + `},{"id":1,"name":"virustotal verdict","value":"malicious "}]`, [2]string{"1", "2"}, fault.Unknown},
		"another value":        {`[{"id":1,"name":"VirusTotal Verdict","value":"mal."},{"id":2,` + b + `}]`, [2]string{"1", "2"}, fault.Unknown},
		"no names":             {`[{"id":1},{"id":2}]`, [2]string{"1", "2"}, fault.Unknown},
		"names of another":     {`[{"id":1,"name":"Country"},{"id":2,` + b + `}]`, [2]string{"transient", "2"}, fault.Transient},
		"one is missing":       {`[{"id":2,` + b + `}]`, [2]string{"transient", "2"}, fault.Transient},
		"no id":                {`[{"attribute_id":3,` + a + `},{"id":2,` + b + `}]`, [2]string{"transient", "2"}, fault.Transient},
		"nothing":              {`[]`, [2]string{"transient", "transient"}, fault.Transient},
		"one refused":          {`[{"id":1,` + a + `},{` + b + `,"error":"Too long."}]`, [2]string{"1", "permanent"}, fault.Permanent},
		"refused in its place": {`[{"error":{"value":["Malicious is odd."]}},{"id":2,` + b + `}]`, [2]string{"permanent", "2"}, fault.Permanent},
		"refused and missing":  {`[{` + a + `,"error":true}, null, 7]`, [2]string{"permanent", "transient"}, fault.Transient},
		"no error":             {`[{"id":1,` + a + `,"error":null},{"id":2,` + b + `,"error":false}]`, [2]string{"1", "2"}, fault.Unknown},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			client, seen := scripted(t, map[string][]canned{"POST /api/indicators/1/attributes": says(`{"data":` + c.data + `}`)})
			rows, err := client.CreateAttributes(t.Context(), 1, verdict())
			if got := outcome(rows, err); got != c.want || fault.KindOf(err) != c.kind || (err == nil) != (c.kind == fault.Unknown) {
				t.Errorf("CreateAttributes = %v, %v (%v); want %v and %v", got, err, fault.KindOf(err), c.want, c.kind)
			}
			if len(seen.seen) != 1 {
				t.Errorf("%d requests, want 1: what was answered is not sent again", len(seen.seen))
			}
			if err != nil {
				clienttest.AssertNoLeak(t, err, "14/72", "Malicious", "malicious")
			}
		})
	}
}

func TestCreateSendsRefusedRowsOneByOne(t *testing.T) {
	refusal := canned{status: http.StatusBadRequest, body: `{"data":{"errors":{"value":["Too odd."]}}}`}
	second := canned{body: `{"data":[{"id":2,"name":"VirusTotal Detections","value":"14/72"}]}`}
	cases := map[string]struct {
		answers []canned
		want    [2]string
		kind    fault.Kind
	}{
		"the first is bad":      {[]canned{refusal, refusal, second}, [2]string{"permanent", "2"}, fault.Permanent},
		"both are bad":          {[]canned{refusal}, [2]string{"permanent", "permanent"}, fault.Permanent},
		"gone meanwhile":        {append([]canned{refusal}, fails(404, `{}`)...), [2]string{"0", "0"}, fault.Gone},
		"then an upgrade":       {append([]canned{refusal}, fails(503, ``)...), [2]string{"0", "0"}, fault.Transient},
		"not one by one at all": {fails(503, ``), [2]string{"", ""}, fault.Transient},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			client, _ := scripted(t, map[string][]canned{"POST /api/indicators/1/attributes": c.answers})
			rows, err := client.CreateAttributes(t.Context(), 1, verdict())
			if got := outcome(rows, err); got != c.want || fault.KindOf(err) != c.kind {
				t.Errorf("CreateAttributes = %v, %v (%v); want %v and %v", got, err, fault.KindOf(err), c.want, c.kind)
			}
		})
	}
}

func TestItemsErrorReads(t *testing.T) {
	client, _ := scripted(t, nil)
	_, err := client.CreateAttributes(t.Context(), 1, []threatq.NewAttribute{{Name: "A", Value: "1"}, {Name: "", Value: "1"}, {Name: "B"}})
	const want = "adding attributes to indicator 1: attribute 1: the name is blank (and 1 more)"
	if err == nil || err.Error() != want {
		t.Errorf("CreateAttributes = %v, want %q", err, want)
	}
}

func TestCreateOnWhatIsGone(t *testing.T) {
	sim := &simulator.Server{}
	rows, err := overSimulator(t, sim).CreateAttributes(t.Context(), 5, verdict())
	if fault.KindOf(err) != fault.Gone || rows != nil {
		t.Errorf("CreateAttributes = %v, %v (%v), want Gone", rows, err, fault.KindOf(err))
	}
	client, _ := scripted(t, map[string][]canned{"POST /api/indicators/1/attributes": says(`{}`)})
	if _, err := client.CreateAttributes(t.Context(), 1, verdict()); !isHidden(err) {
		t.Errorf("CreateAttributes with {} = %v, want ErrHidden", err)
	}
}

// A line that breaks after the effect must leave nothing that a second try would double.
func TestCreateAfterALostAnswer(t *testing.T) {
	lost := true
	sim := &simulator.Server{Fail: func(r *http.Request) *simulator.Fault {
		if r.Pattern != simulator.EndpointAddAttributes || !lost {
			return nil
		}
		lost = false
		return simulator.LostAnswer()
	}}
	id := sim.AddIndicator(simulator.Indicator{Type: "FQDN", Value: "a.example"})
	client := overSimulator(t, sim)
	if _, err := client.CreateAttributes(t.Context(), id, verdict()); !isTransient(err) {
		t.Errorf("CreateAttributes without an answer = %v, want Transient", err)
	}
	if got := sim.Counts()[simulator.EndpointAddAttributes]; got != 1 {
		t.Errorf("%d requests on the wire, want 1", got)
	}
	if _, err := client.CreateAttributes(t.Context(), id, verdict()); err != nil || len(sim.Attributes(id)) != 2 {
		t.Errorf("CreateAttributes again = %v, %d rows; want 2", err, len(sim.Attributes(id)))
	}
}
