package threatq_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vtq.internal/shared/simulator/threatq"
)

// many is a library of n hosts, a second apart, every tenth of them in review.
func many(n int) *threatq.Server {
	sim := &threatq.Server{}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		in := threatq.Indicator{Type: "FQDN", Value: fmt.Sprintf("h%d.example.org", i), CreatedAt: start.Add(time.Duration(i) * time.Second)}
		if i%10 == 0 {
			in.Status = "Review"
		}
		sim.AddIndicator(in)
	}
	return sim
}

// pageOf asks for a page by cursor and reads no more of it than a walk needs.
func pageOf(tb testing.TB, sim *threatq.Server, token, cursor, filters string) (rows int, next string) {
	tb.Helper()
	params := url.Values{"limit": {"1000"}, "sort": {"updated_at"}, "cursorMark": {cursor}}
	r := httptest.NewRequest(http.MethodPost, "/api/indicators/query?"+params.Encode(),
		strings.NewReader(`{"fields":["id"],"filters":`+filters+`}`))
	r.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + token}}
	w := httptest.NewRecorder()
	sim.ServeHTTP(w, r)
	var page struct {
		Data []struct{ ID int64 }
		Next string `json:"nextCursorMark"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || w.Code != http.StatusOK {
		tb.Fatalf("page at %s = %d, %v", cursor, w.Code, err)
	}
	return len(page.Data), page.Next
}

// The last page of a long walk must cost what the first costs, in index entries looked at and in memory.
func TestWalkIsLinear(t *testing.T) {
	const n = 200_000
	sim := many(n)
	token := login(t, sim).token
	for name, tc := range map[string]struct {
		filters string
		rows    int
		scanned int64 // at most
	}{
		"everything": {`{}`, n, n + 1000},
		"a tenth":    {`{"status_name":"Review"}`, n / 10, 2*n + 1000}, // once to count, once to walk
	} {
		t.Run(name, func(t *testing.T) {
			before, cursor, seen := sim.Scanned(), "*", 0
			var allocated []uint64
			for {
				start := totalAlloc()
				rows, next := pageOf(t, sim, token, cursor, tc.filters)
				allocated = append(allocated, totalAlloc()-start)
				seen += rows
				if next == cursor {
					break
				}
				cursor = next
			}
			if seen != tc.rows {
				t.Errorf("walk saw %d rows, want %d", seen, tc.rows)
			}
			if scanned := sim.Scanned() - before; scanned > tc.scanned {
				t.Errorf("walk looked at %d entries, want at most %d", scanned, tc.scanned)
			}
			full := allocated[1 : len(allocated)-1] // the first builds the order, the last is empty
			if least, most := slices.Min(full), slices.Max(full); most > 2*least {
				t.Errorf("pages allocated from %d to %d bytes, want all alike", least, most)
			}
		})
	}
}

func totalAlloc() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// A walk by any field, over a library that random writes have passed through, sees what sorting everything would give.
func TestWalkMatchesSorting(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		sim := &threatq.Server{Now: func() time.Time { return now }}
		c := login(t, sim)
		fields := []string{"id", "created_at", "updated_at", "touched_at", "score"}
		for _, field := range fields { // have all orders kept up, not built in the end
			c.query(url.Values{"sort": {field}}, `{}`)
		}
		for range rapid.IntRange(0, 60).Draw(rt, "writes") {
			now = now.Add(time.Duration(rapid.IntRange(0, 3).Draw(rt, "ms")) * time.Millisecond)
			mutate(rt, sim)
		}
		field, descending := rapid.SampledFrom(fields).Draw(rt, "field"), rapid.Bool().Draw(rt, "descending")
		sort := field
		if descending {
			sort = "-" + field
		}
		limit := strconv.Itoa(rapid.IntRange(1, 20).Draw(rt, "limit"))
		got, _ := walk(c, url.Values{"sort": {sort}, "limit": {limit}}, 100)
		if want := sorted(sim, field, descending); !slices.Equal(got, want) {
			rt.Fatalf("walk by %s = %v, want %v", sort, got, want)
		}
	})
}

// mutate makes one random write.
func mutate(rt *rapid.T, sim *threatq.Server) {
	id := int64(rapid.IntRange(1, 20).Draw(rt, "id"))
	switch rapid.IntRange(0, 5).Draw(rt, "write") {
	case 0, 1:
		value := fmt.Sprintf("%d.org", rapid.IntRange(0, 30).Draw(rt, "value"))
		sim.AddIndicator(threatq.Indicator{Type: "FQDN", Value: value, Score: float64(rapid.IntRange(0, 3).Draw(rt, "score"))})
	case 2:
		sim.DeleteIndicator(id)
	case 3:
		sim.SetStatus(id, rapid.SampledFrom([]string{"Active", "Review"}).Draw(rt, "status"))
	case 4:
		sim.AddAttribute(id, threatq.Attribute{Name: "A", Value: "1"})
	default:
		sim.Touch(id)
	}
}

func sorted(sim *threatq.Server, field string, descending bool) []int64 {
	key := func(in threatq.Indicator) int64 {
		switch field {
		case "created_at":
			return in.CreatedAt.UnixMilli()
		case "updated_at":
			return in.UpdatedAt.UnixMilli()
		case "touched_at":
			return in.TouchedAt.UnixMilli()
		case "score":
			return int64(in.Score)
		default:
			return in.ID
		}
	}
	all := slices.Collect(sim.Indicators())
	slices.SortFunc(all, func(a, b threatq.Indicator) int { return cmp.Or(cmp.Compare(key(a), key(b)), cmp.Compare(a.ID, b.ID)) })
	if descending {
		slices.Reverse(all)
	}
	var ids []int64
	for _, in := range all {
		ids = append(ids, in.ID)
	}
	return ids
}

// Inserting into the middle of an order splits its blocks; more than two of them show that seeking still works.
func TestOrderOfManyBlocks(t *testing.T) {
	const n = 3000
	sim := &threatq.Server{}
	c := login(t, sim)
	c.query(url.Values{"sort": {"updated_at"}}, `{}`)
	base := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		at := base.Add(time.Duration(i*7919%n) * time.Second) // a permutation
		sim.AddIndicator(threatq.Indicator{Type: "FQDN", Value: fmt.Sprintf("%d.org", i), CreatedAt: at})
	}
	for i := int64(1); i <= n; i += 2 {
		sim.DeleteIndicator(i)
	}
	got, _ := walk(c, url.Values{"sort": {"-updated_at"}, "limit": {"100"}}, 20)
	if want := sorted(sim, "updated_at", true); !slices.Equal(got, want) {
		t.Errorf("walk gave %d ids, want the %d sorted ones", len(got), len(want))
	}
}

func BenchmarkPage(b *testing.B) {
	sim := many(200_000)
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/api/token?grant_type=client_credentials", nil)
	r.SetBasicAuth(threatq.DefaultClientID, threatq.DefaultClientSecret)
	sim.ServeHTTP(w, r)
	var token struct {
		Access string `json:"access_token"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &token); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	cursor := "*"
	for b.Loop() {
		_, next := pageOf(b, sim, token.Access, cursor, `{"status_name":"Active"}`)
		if next == cursor {
			next = "*"
		}
		cursor = next
	}
}
