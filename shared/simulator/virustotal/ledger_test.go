package virustotal_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/simulator/virustotal"
)

func TestLedger(t *testing.T) {
	now := time.Date(2026, 8, 19, 12, 0, 0, 0, time.UTC)
	s := limited(virustotal.Limits{Minute: 3})
	s.Now = func() time.Time { return now }
	add(t, s, fileReport(""))
	for _, path := range []string{
		lookup, "/api/v3/domains/quiet-harbor.com", "/api/v3/domains/x", lookup, "/api/v3/users/user", "/api/v3/none",
	} {
		get(t, s, path)
		now = now.Add(time.Second)
	}
	get(t, s, lookup, "X-Apikey", "wrong")
	want := virustotal.Counts{
		{virustotal.Files, virustotal.Found}: 1, {virustotal.Files, virustotal.Rejected}: 1,
		{virustotal.Files, virustotal.Denied}: 1, {virustotal.Domains, virustotal.NotFound}: 1,
		{virustotal.Domains, virustotal.Invalid}: 1, {virustotal.Users, virustotal.Found}: 1,
		{virustotal.Other, virustotal.NotFound}: 1,
	}
	got := s.Requests()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Requests() (-want +got):\n%s", diff)
	}
	if got.Total() != 7 || got.Endpoint(virustotal.Files) != 3 || got.Outcome(virustotal.NotFound) != 2 || s.Lookups() != 3 {
		t.Errorf("of %v: %d in all, %d files, %d not found, %d counted; want 7, 3, 2, 3",
			got, got.Total(), got.Endpoint(virustotal.Files), got.Outcome(virustotal.NotFound), s.Lookups())
	}
	first := s.Calls()[0]
	wantCall := virustotal.Call{
		At: now.Add(-6 * time.Second), Endpoint: virustotal.Files, ID: md5Hex, Key: virustotal.DefaultKey,
		Status: 200, Outcome: virustotal.Found, Counted: true,
	}
	if diff := cmp.Diff(wantCall, first); diff != "" {
		t.Errorf("first call (-want +got):\n%s", diff)
	}
}

func TestMaxInWindow(t *testing.T) {
	start := time.Date(2026, 8, 19, 12, 0, 0, 0, time.UTC)
	var now time.Time
	s := limited(virustotal.Limits{})
	s.Now = func() time.Time { return now }
	for _, second := range []int{0, 10, 20, 59, 60, 61, 200} {
		now = start.Add(time.Duration(second) * time.Second)
		get(t, s, lookup)
	}
	for d, want := range map[time.Duration]int{
		0: 0, time.Nanosecond: 1, time.Second: 1, time.Second + 1: 2, 60 * time.Second: 5, 62 * time.Second: 6, time.Hour: 7,
	} {
		if got := s.MaxInWindow(d); got != want {
			t.Errorf("MaxInWindow(%v) = %d, want %d", d, got, want)
		}
	}
}

func TestKeepBoundsTheCalls(t *testing.T) {
	var now time.Time
	s := limited(virustotal.Limits{})
	s.Now, s.Keep = func() time.Time { return now }, 3
	for i := range 7 {
		now = time.Unix(int64(i), 0)
		get(t, s, lookup)
		calls := s.Calls()
		if want := min(i+1, 3); len(calls) != want || calls[len(calls)-1].At.Unix() != int64(i) {
			t.Errorf("after %d requests Calls() = %v, want the last %d", i+1, calls, want)
		}
	}
	if got := s.Requests().Total(); got != 7 {
		t.Errorf("Requests().Total() = %d, want all 7", got)
	}
}
