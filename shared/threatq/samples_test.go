package threatq_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/testkit/clienttest"
	"vtq.internal/shared/threatq"
)

// samples is where recorded answers lie when they are there at all; they are data of others and no part of the project.
const samples = "../../../shared/samples/threatq"

// A reading decodes one recorded answer by the call that would meet it, and checks what it says.
type reading func(t *testing.T, body string)

// readings says what each recorded file is.
func readings() map[string]reading {
	all := map[string]reading{
		"demisto_create_indicator_response.json": readsIndicator(6, 2),
		"demisto_get_indicator_response.json":    readsIndicator(6, 0),
		"demisto_list_indicators_response.json":  readsPage(3, "foo@demisto.com"),
		"demisto_global_search_response.json":    readsPage(3, "foo@demisto.com"),
		"demisto_query_response.json":            readsPage(1, "foo@demisto.com"),
		"elastic_cursor_page2_empty.json":        readsPage(0, ""),
		"elastic_cursor_page1.json":              readsTorNode,
		"demisto_errors_list.json":               readsComplaint("First Error; Second error - part 1; Second error - part 2"),
		"demisto_errors_validation.json":         readsComplaint("The name has already been taken.; test_error1; test_error2"),
		"demisto_status_1.json":                  readsTable(1, "", "Active"),
		"demisto_status_2.json":                  readsTable(2, "", "Expired"),
		"demisto_type_4.json":                    readsTable(4, "Email Address", ""),
		"demisto_type_14.json":                   readsTable(14, "IP Address", ""),
		"demisto_token.json":                     readsToken("3220879210"),
		"elastic_token.json":                     readsToken("testaccess"),
		"soar_objects_indicator.json":            readsObjects,
	}
	for kind, value := range map[string]string{
		"ip": "167.62.182.250", "hash": "35d60d2723c649c97b414b3cb701df1c", "url": "linkprotect.cudasvc.com/url", "domain": "www.cnn.com",
	} {
		all["stixshifter_query_"+kind+".json"] = readsPage(1, value)
		all["stixshifter_details_attributes_"+kind+".json"] = readsRows
	}
	return all
}

func TestEverySampleIsRead(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(samples, "*.json"))
	if err != nil || len(files) == 0 {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no recorded answers in %s", samples)
		}
		t.Skip("the recorded answers are not here")
	}
	known := readings()
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			read, ok := known[filepath.Base(file)]
			if !ok {
				t.Fatal("nothing reads this recorded answer")
			}
			read(t, string(body))
		})
	}
	if len(files) != len(known) {
		t.Errorf("%d recorded answers, %d are known", len(files), len(known))
	}
}

func readsPage(count int, first string) reading {
	return func(t *testing.T, body string) {
		t.Helper()
		client, _ := scripted(t, map[string][]canned{
			"POST /api/indicators/query": says(body), "GET /api/indicator/types": says(`{"data":[{"id":4,"name":"Email Address"}]}`),
			"GET /api/indicator/statuses": says(`{"data":[{"id":2,"name":"Expired"}]}`),
		})
		page, err := client.Page(t.Context(), threatq.Selection{}, "", threatq.MaxPage)
		if err != nil || len(page.Indicators) != count || page.Unreadable != 0 {
			t.Fatalf("Page = %d indicators, %d unreadable, %v; want %d", len(page.Indicators), page.Unreadable, err, count)
		}
		if count > 0 && page.Indicators[0].Value != first {
			t.Errorf("the first value is %q, want %q", page.Indicators[0].Value, first)
		}
		if strings.Contains(body, `"type": {`) && (page.Indicators[0].Type == "" || page.Indicators[0].UpdatedAt.IsZero()) {
			t.Errorf("the first record lacks its type or its time: %+v", page.Indicators[0])
		}
	}
}

// readsTorNode compares a whole record.
func readsTorNode(t *testing.T, body string) {
	t.Helper()
	client, _ := scripted(t, map[string][]canned{"POST /api/indicators/query": says(body)})
	page, err := client.Page(t.Context(), threatq.Selection{}, "", threatq.MaxPage)
	if err != nil || len(page.Indicators) != 3 || page.Total != 4090 || page.Done || page.Next != "AoJ9z5LKnvwCJjEwNjk2Nw==" {
		t.Fatalf("Page = %+v, %v", page, err)
	}
	score := 0.0
	at := time.Date(2021, 10, 1, 18, 36, 3, 0, time.UTC)
	want := threatq.Record{
		ID: 106767, Type: "IP Address", Value: "107.189.1.90", Status: "Active", CreatedAt: at, UpdatedAt: at, Score: &score,
		Attributes: []threatq.Attribute{
			{
				Name:  "Contact",
				Value: "email:Quetzalcoatl_relays[]protonmail.com url:https://quetzalcoatl-relays.org proof:uri-rsa hoster:frantech.ca",
			},
			{Name: "Router Port", Value: "9000"},
			{Name: "Flags", Value: "ERDV"},
		},
		Sources: []threatq.Source{{Name: "www.dan.me.uk Tor Node List"}},
	}
	if diff := cmp.Diff(want, page.Indicators[0]); diff != "" {
		t.Errorf("the first record (-want +got):\n%s", diff)
	}
	if got := page.Indicators[1]; got.Status != "Expired" || *got.Score != 4 || len(got.Attributes) != 6 {
		t.Errorf("the second record is %+v", got)
	}
}

func readsIndicator(score float64, attributes int) reading {
	return func(t *testing.T, body string) {
		t.Helper()
		client, _ := scripted(t, map[string][]canned{
			"GET /api/indicators/2019": says(body), "GET /api/indicator/types": says(`{"data":[{"id":4,"name":"Email Address"}]}`),
			"GET /api/indicator/statuses": says(statusesAnswer),
		})
		r, err := client.Indicator(t.Context(), 2019)
		if err != nil || r.Type != "Email Address" || r.Status != "Active" || *r.Score != score || len(r.Attributes) != attributes {
			t.Errorf("Indicator = %+v, %v", r, err)
		}
	}
}

// readsRows reads a list that was recorded without its envelope.
func readsRows(t *testing.T, body string) {
	t.Helper()
	client, _ := scripted(t, map[string][]canned{"GET /api/indicators/1/attributes": says(`{"data":`+body+`}`, `{"data":[]}`)})
	rows, err := client.Attributes(t.Context(), 1)
	if err != nil || len(rows) != strings.Count(body, `"indicator_id"`) {
		t.Fatalf("Attributes = %+v, %v", rows, err)
	}
	for _, r := range rows {
		if r.ID == 0 || r.Name == "" || r.Value == "" || len(r.Sources) != 1 || r.Sources[0] == "" {
			t.Errorf("a row lacks something: %+v", r)
		}
	}
}

// readsTable reads one entry of a table as the whole table, which is an object where a list was due.
func readsTable(id int, typ, status string) reading {
	return func(t *testing.T, body string) {
		t.Helper()
		types, statuses := `{"data":[]}`, `{"data":[]}`
		if typ != "" {
			types = body
		} else {
			statuses = body
		}
		row, err := json.Marshal(map[string]any{"data": map[string]any{"id": 1, "value": "a", "type_id": id, "status_id": id}})
		if err != nil {
			t.Fatal(err)
		}
		client, _ := scripted(t, map[string][]canned{
			"GET /api/indicators/1": says(string(row)), "GET /api/indicator/types": says(types), "GET /api/indicator/statuses": says(statuses),
		})
		r, err := client.Indicator(t.Context(), 1)
		if err != nil || r.Type != typ || r.Status != status {
			t.Errorf("Indicator = type %q, status %q, %v; want %q, %q", r.Type, r.Status, err, typ, status)
		}
	}
}

// readsObjects feeds the statuses of a catalogue of objects in as the table, whose rows look the same.
func readsObjects(t *testing.T, body string) {
	t.Helper()
	var objects struct {
		Data []struct{ Statuses json.RawMessage }
	}
	if err := json.Unmarshal([]byte(body), &objects); err != nil {
		t.Fatal(err)
	}
	readsTable(5, "", "Whitelisted")(t, `{"data":`+string(objects.Data[0].Statuses)+`}`)
}

func readsComplaint(want string) reading {
	return func(t *testing.T, body string) {
		t.Helper()
		client, _ := scripted(t, map[string][]canned{"PUT /api/indicator/1/scores": fails(http.StatusBadRequest, body)})
		if err := client.SetScore(t.Context(), 1, 5); fault.KindOf(err) != fault.Permanent || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("SetScore = %v, want Permanent ending in %q", err, want)
		}
	}
}

func readsToken(want string) reading {
	return func(t *testing.T, body string) {
		t.Helper()
		var bearer string
		client := newClient(t, settings(clienttest.Transport(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/api/token" {
				return clienttest.Answer(r, http.StatusOK, "application/json", body), nil
			}
			bearer = r.Header.Get("Authorization")
			return clienttest.Answer(r, http.StatusOK, "application/json", userAnswer), nil
		})))
		if _, _ = client.Check(t.Context()); bearer != "Bearer "+want {
			t.Errorf("sent %q, want Bearer %s", bearer, want)
		}
	}
}
