package reversinglabs_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/simulator/reversinglabs"
)

func TestWhatIsCounted(t *testing.T) {
	now := time.Unix(1_788_220_800, 0).UTC()
	s := stocked(t)
	s.Now = func() time.Time { return now }
	get(t, s, suiteFile+md5Hex)
	get(t, s, suiteFile+md5Hex, "X-Apikey", "wrong")
	get(t, s, "/api/v3/domains/"+hostName)
	now = now.Add(time.Second)
	post(t, s, xrefMany, bulk("md5", md5Hex, sha1Hex))
	post(t, s, xrefMany, bulk("sha1", numbered(101)...))
	post(t, s, reputation, "{")
	ask(t, s, http.MethodDelete, xrefMany, "")

	type tally = reversinglabs.Tally
	want := reversinglabs.Counts{
		tally{reversinglabs.Files, reversinglabs.Found}: 1, tally{reversinglabs.Files, reversinglabs.Denied}: 1,
		tally{reversinglabs.Other, reversinglabs.NotFound}: 1, tally{reversinglabs.XrefBulk, reversinglabs.Found}: 1,
		tally{reversinglabs.XrefBulk, reversinglabs.Invalid}: 1, tally{reversinglabs.Reputation, reversinglabs.Invalid}: 1,
		tally{reversinglabs.XrefBulk, reversinglabs.Refused}: 1,
	}
	got := s.Requests()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if got.Total() != 7 || got.Endpoint(reversinglabs.XrefBulk) != 3 || got.Outcome(reversinglabs.Invalid) != 2 {
		t.Errorf("%d in all, %d to bulk, %d invalid; want 7, 3, 2", got.Total(), got.Endpoint(reversinglabs.XrefBulk), got.Outcome(reversinglabs.Invalid))
	}
	if diff := cmp.Diff([]int{2, 101}, s.Batches()); diff != "" {
		t.Errorf("batches (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{md5Hex: 2}, s.Items()); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
	calls := s.Calls()
	first := reversinglabs.Call{
		At: now.Add(-time.Second), Endpoint: reversinglabs.Files, ID: md5Hex, Account: "key " + reversinglabs.DefaultKey,
		Status: 200, Outcome: reversinglabs.Found, Billed: 1,
	}
	bulkCall := reversinglabs.Call{
		At: now, Endpoint: reversinglabs.XrefBulk, Account: "user " + reversinglabs.DefaultUser,
		Status: 200, Outcome: reversinglabs.Found, Items: 2, Billed: 1,
	}
	if diff := cmp.Diff([]reversinglabs.Call{first, bulkCall}, []reversinglabs.Call{calls[0], calls[3]}); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if one, both := s.MaxInWindow(time.Second), s.MaxInWindow(time.Second+1); one != 1 || both != 2 {
		t.Errorf("at most %d in a second and %d in a little more, want 1 and 2", one, both)
	}
}

func TestTheLastCallsAreKept(t *testing.T) {
	for _, c := range []struct{ keep, calls, want int }{{0, 5, 5}, {3, 2, 2}, {3, 3, 3}, {3, 4, 3}, {3, 7, 3}} {
		s := &reversinglabs.Server{Keep: c.keep}
		for i := range c.calls {
			get(t, s, suiteFile+numbered(c.calls)[i])
		}
		calls := s.Calls()
		if len(calls) != c.want || calls[len(calls)-1].ID != numbered(c.calls)[c.calls-1] || s.Requests().Total() != c.calls {
			t.Errorf("keeping %d of %d: %d calls, %d requests", c.keep, c.calls, len(calls), s.Requests().Total())
		}
	}
}

func TestNoMoreItemsThanTheBoundAreKept(t *testing.T) {
	s := &reversinglabs.Server{}
	hashes := make([]string, reversinglabs.MaxItems)
	for first := 0; first < reversinglabs.MaxItemsKept+len(hashes); first += len(hashes) {
		for i := range hashes {
			hashes[i] = fmt.Sprintf("%032x", first+i)
		}
		post(t, s, xrefMany, bulk("md5", hashes...))
	}
	post(t, s, xrefMany, bulk("md5", fmt.Sprintf("%032x", 0))) // One that is kept goes on counting.
	items := s.Items()
	if len(items) != reversinglabs.MaxItemsKept || items[fmt.Sprintf("%032x", 0)] != 2 || s.Billed() <= len(items) {
		t.Errorf("%d items kept of %d billed, want %d", len(items), s.Billed(), reversinglabs.MaxItemsKept)
	}
}

func TestManyAtOnce(t *testing.T) {
	s := limited(t, reversinglabs.Limits{Day: 500})
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for range 20 {
				post(t, s, xrefMany, bulk("sha1", numbered(3+i)...))
				get(t, s, suiteFile+md5Hex)
				_ = s.AddReport([]byte(fileReport))
				s.Items()
				s.Batches()
			}
		})
	}
	group.Wait()
	if s.Billed() > 500 || s.Billed() < 490 || s.Requests().Total() != 320 {
		t.Errorf("billed %d in %d requests, want at most 500, nearly all of them, in 320", s.Billed(), s.Requests().Total())
	}
	sum := 0
	for _, call := range s.Calls() {
		sum += call.Billed
	}
	if sum != s.Billed() {
		t.Errorf("calls add up to %d, billed were %d", sum, s.Billed())
	}
}
