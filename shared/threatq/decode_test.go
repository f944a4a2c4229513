package threatq_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/rest"
	"vtq.internal/shared/threatq"
)

// TestAListHasABound asks for rows of which there are as many as are read at all, and one more.
func TestAListHasABound(t *testing.T) {
	rows := func(n int) string {
		all := make([]string, n)
		for i := range all {
			all[i] = fmt.Sprintf(`{"id":%d}`, i+1)
		}
		return `{"data":[` + strings.Join(all, ",") + `]}`
	}
	const most = 2 * threatq.MaxRows
	for n, want := range map[int]error{most: threatq.ErrTooMany, most + 1: threatq.ErrTooLarge} {
		client, _ := scripted(t, map[string][]canned{"GET /api/indicators/1/attributes": says(rows(n))})
		if _, err := client.Attributes(t.Context(), 1); !errors.Is(err, want) || fault.KindOf(err) != fault.Permanent {
			t.Errorf("Attributes answered %d rows = %v, want a permanent fault with %v", n, err, want)
		}
	}
}

// TestAnAnswerHasABound counts braces, wherever they stand.
func TestAnAnswerHasABound(t *testing.T) {
	for over, want := range map[int]error{0: nil, 1: threatq.ErrTooLarge} {
		body := `{"data":[],"x":"` + strings.Repeat("{", 1<<20-1+over) + `"}`
		client, _ := scripted(t, map[string][]canned{"POST /api/indicators/query": says(body)})
		if _, err := client.Page(t.Context(), threatq.Selection{}, "", 1); !errors.Is(err, want) {
			t.Errorf("Page answered %d braces = %v, want %v", 1<<20+over, err, want)
		}
	}
}

// TestSourcesBeyondTheBound must not look as if none of them had set a traffic light.
func TestSourcesBeyondTheBound(t *testing.T) {
	many := strings.TrimSuffix(strings.Repeat(`{},`, 2*threatq.MaxRows+1), ",")
	row := `{"id":1,"value":"a","type":"FQDN","status":"Active","sources":[` + many + `],"attributes":[{"id":5,"name":"n","sources":[` + many + `]}]}`
	client, _ := scripted(t, map[string][]canned{"POST /api/indicators/query": says(`{"data":[` + row + `],"total":-3}`)})
	page, err := client.Page(t.Context(), threatq.Selection{}, "", 1)
	if err != nil || len(page.Indicators) != 1 || page.Total != 0 {
		t.Fatalf("Page = %d indicators of %d, %v, want one of an unknown number", len(page.Indicators), page.Total, err)
	}
	sources := page.Indicators[0].Sources
	if last := sources[len(sources)-1]; last.TLP != threatq.TLPUnknown {
		t.Errorf("the last of %d sources is %+v, want one with an unknown traffic light", len(sources), last)
	}
}

// TestAQueryWithinAQuery finds the halves of a saved query as deep as they may lie, and nothing below.
func TestAQueryWithinAQuery(t *testing.T) {
	for depth := range 6 {
		query := strings.Repeat(`{"api_query":`, depth) + `{"filters":{"type_name":"MD5"}}` + strings.Repeat(`}`, depth)
		quoted, err := json.Marshal(query)
		if err != nil {
			t.Fatal(err)
		}
		for _, saved := range []string{query, string(quoted)} {
			client, _ := scripted(t, map[string][]canned{"GET /api/search/query": says(`{"data":[{"name":"C","json":` + saved + `}]}`)})
			got, err := client.Resolve(t.Context(), "C")
			if found := err == nil && string(got.Filters) == `{"type_name":"MD5"}`; found != (depth < 3) {
				t.Errorf("Resolve of %s = %s, %v", saved, got.Filters, err)
			}
		}
	}
}

// TestComplaintsHaveABound complains in as many bytes as are read, and in one more, which is still a complaint.
func TestComplaintsHaveABound(t *testing.T) {
	for over, want := range map[int]bool{0: true, 1: false} {
		errs := `["taken",` + strings.Repeat(" ", rest.MaxErrorBody-len(`["taken",""]`)+over) + `""]`
		client, _ := scripted(t, map[string][]canned{"PUT /api/indicator/1/scores": says(`{"data":[],"errors":` + errs + `}`)})
		err := client.SetScore(t.Context(), 1, 5)
		if fault.KindOf(err) != fault.Permanent || strings.Contains(err.Error(), "taken") != want {
			t.Errorf("SetScore with a complaint of %d bytes = %v, want its words: %v", len(errs), err, want)
		}
	}
}
