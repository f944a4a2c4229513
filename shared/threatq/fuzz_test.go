package threatq_test

import (
	"context"
	"net/http"
	"testing"

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
