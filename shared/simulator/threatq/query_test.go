package threatq_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"vtq.internal/shared/simulator/threatq"
)

func TestOffsetPaging(t *testing.T) {
	c := login(t, mixed(time.Unix(1_767_322_800, 0)))
	cases := map[string]struct {
		params url.Values
		want   []int64
		limit  int64
	}{
		"default":             {nil, []int64{1, 2, 3, 4, 5}, 10},
		"first":               {url.Values{"limit": {"2"}}, []int64{1, 2}, 2},
		"second":              {url.Values{"limit": {"2"}, "offset": {"2"}}, []int64{3, 4}, 2},
		"last":                {url.Values{"limit": {"2"}, "offset": {"4"}}, []int64{5}, 2},
		"behind":              {url.Values{"limit": {"2"}, "offset": {"6"}}, nil, 2},
		"none":                {url.Values{"limit": {"0"}}, nil, 0},
		"above the maximum":   {url.Values{"limit": {"5000"}}, []int64{1, 2, 3, 4, 5}, 1000},
		"descending":          {url.Values{"sort": {"-id"}}, []int64{5, 4, 3, 2, 1}, 10},
		"by score":            {url.Values{"sort": {"-score,created_at"}}, []int64{3, 2, 1, 5, 4}, 10},
		"by touch":            {url.Values{"sort": {"-touched_at"}, "limit": {"1"}}, []int64{5}, 1},
		"by publication":      {url.Values{"sort": {"-published_at"}, "limit": {"1"}}, []int64{5}, 1},
		"by unknown, as sent": {url.Values{"sort": {"-created"}}, []int64{5, 4, 3, 2, 1}, 10},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := c.in(t)
			got := c.query(tc.params, `{}`)
			diff(t, "ids", tc.want, got.ids())
			if number(got.doc["limit"]) != tc.limit || number(got.doc["total"]) != 5 {
				t.Errorf("limit, total = %v, %v, want %d, 5", got.doc["limit"], got.doc["total"], tc.limit)
			}
			if _, has := got.doc["nextCursorMark"]; has {
				t.Error("a page by offset has a cursor mark")
			}
		})
	}
	for _, bad := range []string{"limit=x", "limit=-1", "offset=x", "offset=1.5"} {
		c.want(http.StatusBadRequest, http.MethodPost, "/api/indicators/query?"+bad, `{}`)
	}
}

// walk follows cursor marks until a page is empty, at most n pages.
func walk(c *caller, params url.Values, n int) (ids []int64, marks []string) {
	c.t.Helper()
	marks = []string{"*"}
	for range n {
		params.Set("cursorMark", marks[len(marks)-1])
		page := c.query(params, `{}`)
		next, _ := page.doc["nextCursorMark"].(string)
		marks = append(marks, next)
		if len(page.ids()) == 0 {
			return ids, marks
		}
		ids = append(ids, page.ids()...)
	}
	c.t.Fatalf("walk of %v did not end within %d pages", params, n)
	return nil, nil
}

func TestCursorWalk(t *testing.T) {
	for _, sort := range []string{"", "id", "-id", "updated_at", "-updated_at", "touched_at", "score", "-score"} {
		for _, limit := range []int{1, 2, 5, 6} {
			t.Run(fmt.Sprintf("%s by %d", sort, limit), func(t *testing.T) {
				c := login(t, mixed(time.Unix(1_767_322_800, 0)))
				whole := c.query(url.Values{"sort": {sort}}, `{}`).ids()
				ids, marks := walk(c, url.Values{"sort": {sort}, "limit": {strconv.Itoa(limit)}, "offset": {"3"}}, 10)
				diff(t, "walked ids", whole, ids)
				if n := len(marks); marks[n-1] != marks[n-2] {
					t.Errorf("the last marks are %q and %q, want one and the same", marks[n-2], marks[n-1])
				}
			})
		}
	}
}

// The recorded cursor is (2021-10-01 18:40:42.237, "106967").
func TestCursorMarkIsTheRecordedOne(t *testing.T) {
	c := login(t, &threatq.Server{})
	at := time.Date(2021, 10, 1, 18, 40, 42, 237e6, time.UTC)
	c.sim.AddIndicator(threatq.Indicator{ID: 106967, Type: "IP Address", Value: "1.2.3.4", CreatedAt: at})
	got := c.query(url.Values{"sort": {"updated_at"}, "cursorMark": {"*"}}, `{}`)
	if mark := got.doc["nextCursorMark"]; mark != "AoJ9z5LKnvwCJjEwNjk2Nw==" {
		t.Errorf("nextCursorMark = %v, want the recorded AoJ9z5LKnvwCJjEwNjk2Nw==", mark)
	}
}

func TestEmptyPages(t *testing.T) {
	const recorded = "AoJ9z5LKnvwCJjEwNjk2Nw==" // behind everything that is in mixed, which is older
	for _, asObject := range []bool{false, true} {
		t.Run(fmt.Sprintf("object %t", asObject), func(t *testing.T) {
			sim := mixed(time.Unix(0, 0))
			sim.EmptyPageObject = asObject
			c := login(t, sim)
			got := c.query(url.Values{"sort": {"updated_at"}, "cursorMark": {recorded}}, `{}`)
			next, _ := got.doc["nextCursorMark"].(string)
			switch v := got.doc["data"].(type) {
			case []any:
				if asObject || len(v) != 0 || next != recorded {
					t.Errorf("page = %s, want an empty list and the mark that was sent", got.raw)
				}
			case map[string]any:
				if !asObject || len(v) != 0 || next != "B"+recorded[1:] {
					t.Errorf("page = %s, want {} and the recorded mark of such a page", got.raw)
				}
			}
			if number(got.doc["total"]) != 5 {
				t.Errorf("total = %v, want 5 as on every page", got.doc["total"])
			}
			again := c.query(url.Values{"sort": {"updated_at"}, "cursorMark": {next}}, `{}`)
			if len(again.ids()) != 0 {
				t.Errorf("walking on from %s = %v, want nothing", next, again.ids())
			}
		})
	}
	c := login(t, &threatq.Server{})
	if got := c.query(url.Values{"cursorMark": {"*"}}, `{}`); got.doc["nextCursorMark"] != "*" || len(got.rows()) != 0 {
		t.Errorf("first page of an empty library = %s, want no rows and the mark *", got.raw)
	}
}

// A cursor can be kept: what is updated later sorts behind it, what is only touched does not show again.
func TestCursorPersists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := login(t, mixed(time.Now().Add(-time.Hour)))
		params := url.Values{"sort": {"updated_at"}}
		_, marks := walk(c, params, 3)
		c.sim.Touch(1)
		c.sim.SetStatus(2, "Active")
		c.sim.SetStatus(3, "Active") // as it is
		added := c.sim.AddIndicator(threatq.Indicator{Type: "FQDN", Value: "new.org"})
		params.Set("cursorMark", marks[len(marks)-1])
		diff(t, "rows behind the cursor", []int64{2, added}, c.query(params, `{}`).ids())
	})
}

func TestBadCursors(t *testing.T) {
	c := login(t, &threatq.Server{})
	b64 := base64.StdEncoding.EncodeToString
	for name, mark := range map[string]string{
		"empty": "", "no base64": "%%", "short": b64([]byte{2, 0x82}), "unescaped plus": "AoJ9 5LKnvwCJjEwNjk2Nw==",
		"another version": "CoJ9z5LKnvwCJjEwNjk2Nw==", "no array": b64([]byte{2, 0x81, 0x61, 0x21, '1'}),
		"no number": b64([]byte{2, 0x82, 0x21, 0x21, '1'}), "no id": b64([]byte{2, 0x82, 0x61, 0x21, 'x'}),
		"trailing bytes": b64([]byte{2, 0x82, 0x61, 0x21, '1', '2'}), "endless number": b64([]byte{2, 0x82, 0x7f, 0xff, 0xff}),
		"huge number":  b64([]byte{2, 0x82, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x21, '1'}),
		"nothing left": b64([]byte{2, 0x82, 0x71, 0x01}),
	} {
		t.Run(name, func(t *testing.T) {
			c := c.in(t)
			c.want(http.StatusBadRequest, http.MethodPost, "/api/indicators/query?cursorMark="+url.QueryEscape(mark), `{}`)
		})
	}
}

func TestIndexLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := login(t, &threatq.Server{IndexLag: time.Minute})
		id := c.sim.AddIndicator(threatq.Indicator{Type: "FQDN", Value: "a.org"})
		path := fmt.Sprintf("/api/indicators/%d", id)
		seen := func(what string, rows int, status any) {
			t.Helper()
			got := c.query(url.Values{"fields": {"status"}}, `{}`).rows()
			if len(got) != rows || (rows > 0 && got[0]["status"] != status) {
				t.Errorf("%s the search has %v, want %d rows with status %v", what, got, rows, status)
			}
		}
		c.get(path)
		seen("at once", 0, nil)
		time.Sleep(time.Minute - time.Millisecond)
		seen("short of the lag", 0, nil)
		time.Sleep(time.Millisecond)
		seen("after the lag", 1, "Active")
		c.want(http.StatusOK, http.MethodPut, path, `{"status":"Review"}`)
		seen("right after a change", 1, "Active")
		time.Sleep(time.Minute)
		seen("a minute after it", 1, "Review")
		c.sim.DeleteIndicator(id)
		seen("right after deletion", 1, "Review")
		c.want(http.StatusNotFound, http.MethodGet, path, nil)
		c.sim.Reindex()
		seen("after an early reindex", 0, nil)
	})
}

func TestContentTypeMatters(t *testing.T) {
	c := login(t, &threatq.Server{})
	for _, media := range []string{"", "text/plain", formMedia, "application/vnd.api+json"} {
		r := tokenRequest{body: `{}`, media: media}.request()
		r.URL.Path = "/api/indicators/query"
		r.Header.Set("Authorization", "Bearer "+c.token)
		if got := c.send(r); got.status != http.StatusBadRequest {
			t.Errorf("query as %q = %d, want 400", media, got.status)
		}
	}
	r := tokenRequest{body: `{}`, media: "application/json; charset=utf-8"}.request()
	r.URL.Path = "/api/indicators/query"
	r.Header.Set("Authorization", "Bearer "+c.token)
	if got := c.send(r); got.status != http.StatusOK {
		t.Errorf("query as JSON with a charset = %d, want 200", got.status)
	}
}
