package threatq_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/testkit/clienttest"
	"vtq.internal/shared/threatq"
)

// FuzzAnswers gives every call the same arbitrary JSON: none may panic, loop, or leave an error without a kind.
func FuzzAnswers(f *testing.F) {
	for _, body := range []string{
		`{}`, `{"data":{}}`, `{"data":[]}`, `{"data":null,"total":"9"}`, `[]`, `7`, `null`, `""`, `{"data":[null,1,"a",[],{}]}`,
		`{"data":[{"id":"1","value":"a","type":{"id":1},"status":[],"score":{"manual_score":"x"},"attributes":{"0":{}}}],"nextCursorMark":7}`,
		`{"data":{"id":1,"value":"a","type_id":1e99,"attributes":[{"id":1,"sources":{}}],"sources":[{"tlp_id":-1}]}}`,
		`{"data":[{"name":"C","json":"{\"api_query\":\"{}\"}"}],"errors":{"a":[[[["b"]]]]}}`, userAnswer, typesAnswer,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		requests := 0
		over := clienttest.Transport(func(r *http.Request) (*http.Response, error) {
			if requests++; requests > 50 {
				return clienttest.Answer(r, http.StatusOK, "application/json", `{"data":[],"total":0}`), nil
			}
			return clienttest.Answer(r, http.StatusOK, "application/json", body), nil
		})
		client := newClient(t, settings(afterLogin(over)))
		for name, ask := range calls() {
			requests = 0
			if err := ask(context.Background(), client); err != nil && fault.KindOf(err) == fault.Unknown {
				t.Errorf("%s: %v has no kind", name, err)
			}
			// Values walks as far as new marks lead it; a fixed answer has one mark.
			if requests > 10 {
				t.Errorf("%s: %d requests", name, requests)
			}
		}
		_, _ = client.Page(context.Background(), threatq.Selection{Criteria: []byte(body)}, "", 1)
	})
}

// FuzzPage gives a page arbitrary rows: what is kept names an indicator, is within every bound, and can be stored.
func FuzzPage(f *testing.F) {
	for _, row := range []string{
		`{"id":1,"value":"a","type":"FQDN","status":"Active","score":"11.5","updated_at":"9999-12-31 23:59:59"}`,
		`{"id":"1","value":7,"type":{"id":8},"status":{"name":"\u202eA"},"score":{"manual_score":-1},"created_at":"0000-01-01 00:00:00"}`,
		`{"id":9223372036854775808,"value":"a"}`, `{"id":-1,"value":"a"}`, `{"id":1,"value":{}}`, `null`, `7`, `[]`,
		`{"id":1,"value":"a","attributes":[{"name":"\ud800","value":"b"},null],"sources":[{"name":"s","tlp_id":9},7]}`,
		`{"id":1,"value":"a","sources":{"0":{"tlp_name":"tlp:red"}},"attributes":{"attribute":{"name":"x"}}}`,
	} {
		f.Add(row, "mark", int64(1))
		f.Add(row+","+row, "*", int64(-1))
	}
	f.Fuzz(func(t *testing.T, rows, mark string, total int64) {
		client, _ := scripted(t, map[string][]canned{
			"POST /api/indicators/query":  says(fmt.Sprintf(`{"data":[%s],"nextCursorMark":%q,"total":%d}`, rows, mark, total)),
			"GET /api/indicator/types":    says(typesAnswer),
			"GET /api/indicator/statuses": says(statusesAnswer),
		})
		page, err := client.Page(t.Context(), threatq.Selection{}, "", 10)
		if err != nil {
			if fault.KindOf(err) == fault.Unknown {
				t.Errorf("Page of %q: %v has no kind", rows, err)
			}
			return
		}
		if page.Total < 0 || page.Unreadable < 0 || len(page.Next) > 4<<10 || !page.Done && page.Next == "" {
			t.Errorf("Page of %q = %+v", rows, page)
		}
		for _, r := range page.Indicators {
			if _, err := json.Marshal([]time.Time{r.CreatedAt.UTC(), r.UpdatedAt.UTC()}); err != nil || r.ID < 1 || r.Value == "" {
				t.Errorf("Page of %q has %+v, %v", rows, r, err)
			}
			if r.Score != nil && !(*r.Score >= 0 && *r.Score <= threatq.MaxScore) || len(r.Attributes) > 256 || len(r.Sources) > 257 {
				t.Errorf("Page of %q has %+v, beyond a bound", rows, r)
			}
		}
	})
}
