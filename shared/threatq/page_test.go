package threatq_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/fault"
	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/testkit/clienttest"
	"vtq.internal/shared/threatq"
)

func isNoCollection(err error) bool {
	return errors.Is(err, threatq.ErrNoCollection) && fault.KindOf(err) == fault.Denied
}

func isHidden(err error) bool {
	return errors.Is(err, threatq.ErrHidden) && fault.KindOf(err) == fault.Denied
}

func TestWalkFindsEachIndicatorOnce(t *testing.T) {
	cases := map[string]*simulator.Server{
		"objects":         {},
		"legacy fields":   {LegacyFields: true},
		"an empty object": {EmptyPageObject: true},
		"other type ids":  {TypeIDs: simulator.ShuffledTypeIDs(7)},
		"a smaller limit": {MaxLimit: 3},
	}
	for name, sim := range cases {
		t.Run(name, func(t *testing.T) {
			at := time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC) // All at once: the order falls to the id.
			for i := range 23 {
				sim.AddIndicator(simulator.Indicator{
					Type: "URL", Value: fmt.Sprintf("http://host/%d", i), Status: "Review", Score: 4.6, CreatedAt: at,
					Sources:    []simulator.Source{{Name: "Feed", TLP: "AMBER"}},
					Attributes: []simulator.Attribute{{Name: "Scheme", Value: "http"}},
				})
			}
			found, err := walk(t.Context(), overSimulator(t, sim), threatq.Selection{}, 5)
			if err != nil {
				t.Fatalf("walking = %v", err)
			}
			seen := map[int64]bool{}
			for _, r := range found {
				seen[r.ID] = true
			}
			if len(found) != 23 || len(seen) != 23 {
				t.Fatalf("%d indicators, %d of them different; want 23", len(found), len(seen))
			}
			score := *found[0].Score
			want := threatq.Record{
				ID: found[0].ID, Type: "URL", Value: "host/0", Status: "Review", Score: &score,
				CreatedAt: at.Truncate(time.Second), UpdatedAt: at.Truncate(time.Second),
				Attributes: []threatq.Attribute{{Name: "Scheme", Value: "http"}},
				Sources:    []threatq.Source{{Name: "Feed", TLP: "AMBER"}},
			}
			if diff := cmp.Diff(want, found[0]); diff != "" {
				t.Errorf("the first record (-want +got):\n%s", diff)
			}
			if score < 4 || score > 5 {
				t.Errorf("score %v, want 4 or 5 for 4.6", score)
			}
			if got := sim.Counts()[simulator.EndpointTypes]; got != 0 {
				t.Errorf("%d readings of the table of types, want none: pages name the types", got)
			}
		})
	}
}

func TestPageAsksForWhatItNeeds(t *testing.T) {
	client, seen := scripted(t, map[string][]canned{"POST /api/indicators/query": says(`{"data":[],"total":0}`)})
	for _, mark := range []string{"", "AoJ9z5LKnvwCJjEwNjk2Nw=="} {
		if _, err := client.Page(t.Context(), threatq.Selection{}, mark, 1000); err != nil {
			t.Fatalf("Page(%q) = %v", mark, err)
		}
	}
	wantFields := []string{"id", "value", "type", "status", "score", "attributes", "sources", "created_at", "updated_at"}
	for i, mark := range []string{"*", "AoJ9z5LKnvwCJjEwNjk2Nw=="} {
		sent := seen.asked(http.MethodPost, "/api/indicators/query")[i]
		want := url.Values{"limit": {"1000"}, "cursorMark": {mark}, "sort": {"updated_at"}}.Encode()
		if sent.Query != want {
			t.Errorf("query %s, want %s", sent.Query, want)
		}
		if diff := cmp.Diff(wantFields, query(t, sent).Fields); diff != "" {
			t.Errorf("fields (-want +got):\n%s", diff)
		}
	}
}

func TestPageBounds(t *testing.T) {
	client, seen := scripted(t, nil)
	for _, limit := range []int{-1, 0, threatq.MaxPage + 1} {
		if _, err := client.Page(t.Context(), threatq.Selection{}, "", limit); fault.KindOf(err) != fault.Permanent {
			t.Errorf("Page of %d = %v, want Permanent", limit, err)
		}
	}
	if _, err := client.Page(t.Context(), threatq.Selection{}, strings.Repeat("m", 4<<10+1), 1); fault.KindOf(err) != fault.Permanent {
		t.Errorf("Page from a huge mark = %v, want Permanent", err)
	}
	if len(seen.seen) != 0 {
		t.Errorf("%d requests for pages that cannot be, want 0", len(seen.seen))
	}
}

func TestPageEnds(t *testing.T) {
	row := `{"id":1,"value":"a","type":"FQDN","status":"Active"}`
	cases := map[string]struct {
		body string
		want threatq.Page
	}{
		"more":              {`{"total":5,"data":[` + row + `],"nextCursorMark":"n"}`, threatq.Page{Next: "n", Total: 5}},
		"the same mark":     {`{"total":5,"data":[` + row + `],"nextCursorMark":"m"}`, threatq.Page{Next: "m", Total: 5, Done: true}},
		"no mark":           {`{"total":"5","data":[` + row + `]}`, threatq.Page{Total: 5, Done: true}},
		"a null mark":       {`{"data":[` + row + `],"nextCursorMark":null}`, threatq.Page{Done: true}},
		"an empty list":     {`{"total":5,"data":[],"nextCursorMark":"n"}`, threatq.Page{Next: "n", Total: 5, Done: true}},
		"an empty object":   {`{"total":5,"data":{},"nextCursorMark":"n"}`, threatq.Page{Next: "n", Total: 5, Done: true}},
		"null":              {`{"total":5,"data":null,"nextCursorMark":"n"}`, threatq.Page{Next: "n", Total: 5, Done: true}},
		"no data":           {`{"total":5,"nextCursorMark":"n"}`, threatq.Page{Next: "n", Total: 5, Done: true}},
		"one bare object":   {`{"data":` + row + `,"nextCursorMark":"n"}`, threatq.Page{Next: "n"}},
		"bad rows":          {`{"data":["a",7,[],{"id":0,"value":"b"},{"id":2}],"nextCursorMark":"n"}`, threatq.Page{Next: "n", Unreadable: 5}},
		"bad rows and good": {`{"data":["a",` + row + `],"nextCursorMark":"n"}`, threatq.Page{Next: "n", Unreadable: 1}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			client, _ := scripted(t, map[string][]canned{"POST /api/indicators/query": says(c.body)})
			got, err := client.Page(t.Context(), threatq.Selection{}, "m", 10)
			if err != nil {
				t.Fatalf("Page = %v", err)
			}
			if strings.Contains(c.body, row) {
				if len(got.Indicators) != 1 || got.Indicators[0].ID != 1 || got.Indicators[0].Type != "FQDN" {
					t.Errorf("indicators %+v, want the one", got.Indicators)
				}
				got.Indicators = nil
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("page (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPagesThatAreNone(t *testing.T) {
	cases := map[string]struct {
		body string
		ok   func(error) bool
	}{
		"nothing at all":  {`{}`, isHidden},
		"a huge mark":     {`{"data":[],"nextCursorMark":"` + strings.Repeat("m", 4<<10+1) + `"}`, isTransient},
		"no JSON":         {`{"data":`, isTransient},
		"another shape":   {`[1]`, isTransient},
		"an empty body":   {``, isTransient},
		"errors and data": {`{"errors":["no"],"data":[]}`, func(err error) bool { return fault.KindOf(err) == fault.Permanent }},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			client, _ := scripted(t, map[string][]canned{"POST /api/indicators/query": says(c.body)})
			if _, err := client.Page(t.Context(), threatq.Selection{}, "", 10); !c.ok(err) {
				t.Errorf("Page = %v (%v)", err, fault.KindOf(err))
			}
		})
	}
	client, _ := scripted(t, map[string][]canned{"POST /api/indicators/query": says(`{"errors":[],"data":[],"total":0}`)})
	if _, err := client.Page(t.Context(), threatq.Selection{}, "", 10); err != nil {
		t.Errorf("an empty list of errors: %v, want none", err)
	}
}

func isTransient(err error) bool { return err != nil && fault.KindOf(err) == fault.Transient }

// The bodies are no JSON, so that nobody has to decode 64 MiB to learn whether they were read whole.
func TestPageTooLarge(t *testing.T) {
	const bound = 1000 * 64 << 10 // A thousand indicators of 64 KiB.
	for length, tooLarge := range map[int]bool{bound: false, bound + 1: true} {
		client := newClient(t, settings(afterLogin(clienttest.Transport(func(r *http.Request) (*http.Response, error) {
			answer := clienttest.Answer(r, http.StatusOK, "text/html", "")
			answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(make([]byte, length))), int64(length)
			return answer, nil
		}))))
		_, err := client.Page(t.Context(), threatq.Selection{}, "", 10)
		if errors.Is(err, threatq.ErrTooLarge) != tooLarge || isTransient(err) == tooLarge {
			t.Errorf("a page of %d bytes: %v, want ErrTooLarge: %v", length, err, tooLarge)
		}
	}
}
