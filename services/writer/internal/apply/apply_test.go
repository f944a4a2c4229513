package apply_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/services/writer/internal/apply"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/threatq"
)

// broken is a fault of a kind.
func broken(kind fault.Kind) error { return fault.New(kind, errors.New("broken "+kind.String())) }

// all is what it takes to put a stale indicator right, in order.
func all() []string {
	return []string{"read", "create 1", "update 1", "delete 5", "delete 3", "delete 4"}
}

func TestApply(t *testing.T) {
	first := func(n int) []string { return all()[:n] }
	cases := map[string]struct {
		rows  []threatq.Row
		fail  map[string]error
		made  []threatq.Row
		calls []string
		want  apply.Tally
		kind  fault.Kind // Of the error, if one of fail's is to be told.
	}{
		"everything, the new first": {stale(), nil, nil, all(), apply.Tally{Created: 1, Updated: 1, Deleted: 3, Unchanged: 1}, 0},
		"nothing": {
			[]threatq.Row{row(1, "Verdict", "Malicious"), row(2, "Severity", "High"), row(3, "Malicious Count", "9")},
			nil, nil,
			[]string{"read"},
			apply.Tally{Unchanged: 3},
			0,
		},
		"onto a bare indicator": {nil, nil, nil, []string{"read", "create 3"}, apply.Tally{Created: 3}, 0},
		"reading fails": {
			nil, map[string]error{"read": broken(fault.Gone)}, nil, []string{"read"}, apply.Tally{}, fault.Gone,
		},
		"creating fails": {
			stale(), map[string]error{"create 1": broken(fault.Transient)}, nil, first(2), apply.Tally{Unchanged: 1}, fault.Transient,
		},
		"creating fails in part": {
			nil,
			map[string]error{"create 3": broken(fault.Transient)},
			[]threatq.Row{{ID: 8}, {}, {ID: 9}},
			[]string{"read", "create 3"},
			apply.Tally{Created: 2},
			fault.Transient,
		},
		"updating fails": {
			stale(), map[string]error{"update 1": broken(fault.Denied)}, nil, first(3), apply.Tally{Created: 1, Unchanged: 1}, fault.Denied,
		},
		"deleting fails": {
			stale(),
			map[string]error{"delete 3": broken(fault.Quota)},
			nil, first(5),
			apply.Tally{Created: 1, Updated: 1, Deleted: 1, Unchanged: 1},
			fault.Quota,
		},
		"a creation is refused, the rest is done": {
			stale(),
			map[string]error{"create 1": broken(fault.Permanent)},
			nil, all(),
			apply.Tally{Updated: 1, Deleted: 3, Unchanged: 1},
			fault.Permanent,
		},
		"an update is refused, the rest is done": {
			stale(),
			map[string]error{"update 1": broken(fault.Permanent)},
			nil, all(),
			apply.Tally{Created: 1, Deleted: 3, Unchanged: 1},
			fault.Permanent,
		},
		"a deletion is refused, the rest is done": {
			stale(),
			map[string]error{"delete 5": broken(fault.Permanent)},
			nil, all(),
			apply.Tally{Created: 1, Updated: 1, Deleted: 2, Unchanged: 1},
			fault.Permanent,
		},
		"one is refused, then another fails": {
			stale(),
			map[string]error{"create 1": broken(fault.Permanent), "update 1": broken(fault.Transient)},
			nil, first(3),
			apply.Tally{Unchanged: 1},
			fault.Transient,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			f := &fake{rows: c.rows, fail: c.fail, made: c.made}
			got, err := f.onto(apply.ScoreOff).Apply(t.Context(), id, malicious(), apply.Known{})
			if diff := cmp.Diff(c.calls, f.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.want, got.Tally); diff != "" {
				t.Errorf("Apply = a tally (-want +got):\n%s", diff)
			}
			if (err != nil) != (c.fail != nil) || err != nil && fault.KindOf(err) != c.kind {
				t.Errorf("Apply = %v of kind %v, want kind %v", err, fault.KindOf(err), c.kind)
			}
		})
	}
}

// TestEveryRefusalIsTold has several rows that ThreatQ refuses.
func TestEveryRefusalIsTold(t *testing.T) {
	created, updated := broken(fault.Permanent), broken(fault.Permanent)
	f := &fake{rows: stale(), fail: map[string]error{"create 1": created, "update 1": updated}}
	_, err := f.onto(apply.ScoreOff).Apply(t.Context(), id, malicious(), apply.Known{})
	if !errors.Is(err, created) || !errors.Is(err, updated) {
		t.Errorf("Apply = %v, want both refusals", err)
	}
}

func TestTally(t *testing.T) {
	cases := map[string]struct {
		tally apply.Tally
		want  bool
	}{
		"nothing":        {apply.Tally{}, false},
		"only unchanged": {apply.Tally{Unchanged: 20}, false},
		"created":        {apply.Tally{Created: 1}, true},
		"updated":        {apply.Tally{Updated: 1}, true},
		"deleted":        {apply.Tally{Deleted: 1}, true},
		"scored":         {apply.Tally{Scored: true}, true},
	}
	for name, c := range cases {
		if got := c.tally.Changed(); got != c.want {
			t.Errorf("%s: %+v.Changed() = %t, want %t", name, c.tally, got, c.want)
		}
	}
	first := apply.Tally{Created: 10, Updated: 2, Deleted: 1, Unchanged: 3}
	second := apply.Tally{Updated: 1, Unchanged: 15, Scored: true}
	if got, want := second.After(first), (apply.Tally{Created: 10, Updated: 3, Deleted: 1, Unchanged: 3, Scored: true}); got != want {
		t.Errorf("%+v.After(%+v) = %+v, want %+v", second, first, got, want)
	}
}
