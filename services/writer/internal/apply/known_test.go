package apply_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/services/writer/internal/apply"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/threatq"
)

// told is an indicator of which the rows are known.
func told(rows ...threatq.Row) apply.Known { return apply.Known{Told: true, Rows: rows} }

// TestWhatIsKnownIsNotRead has a ThreatQ that agrees with what is known of it, and ones that do not.
func TestWhatIsKnownIsNotRead(t *testing.T) {
	cases := map[string]struct {
		known apply.Known
		seen  int64         // The newest row that was told before.
		rows  []threatq.Row // That stand there.
		fail  map[string]error
		first int64 // The id of the first new row; 100 for 0.
		calls []string
		want  apply.Result
	}{
		"it stands there": {known: told(written()...), want: apply.Result{Tally: apply.Tally{Unchanged: 3}, Rows: written()}},
		"all of it is changed": {
			known: told(stale()...), rows: stale(), calls: all(),
			want: apply.Result{Tally: apply.Tally{Created: 1, Updated: 1, Deleted: 3, Unchanged: 1}, Rows: fixed(), Read: true, Found: true},
		},
		"other rows stand there by now under its ids": { // As after a restore: a person's.
			known: told(stale()...), rows: []threatq.Row{theirs(1, "Owner"), theirs(3, "Case")}, calls: []string{"read", "create 3"},
			want: apply.Result{Tally: apply.Tally{Created: 3}, Rows: fresh(100), Read: true},
		},
		"somebody else says the same by now": {
			known: told(row(1, "Verdict", "Harmless"), written()[1], written()[2]), rows: []threatq.Row{theirs(1, "VT Verdict"), written()[1], written()[2]},
			calls: []string{"read", "create 1"},
			want: apply.Result{
				Tally: apply.Tally{Created: 1, Unchanged: 2}, Read: true, Found: true,
				Rows: []threatq.Row{theirs(1, "VT Verdict"), written()[1], written()[2], row(100, "Verdict", "Malicious")},
			},
		},
		"nothing stands there": {known: told(), calls: []string{"create 3"}, want: apply.Result{Tally: apply.Tally{Created: 3}, Rows: fresh(100)}},
		"it is bare":           {known: apply.Known{Bare: true}, seen: 99, calls: []string{"create 3"}, want: apply.Result{Tally: apply.Tally{Created: 3}, Rows: fresh(100)}},
		"it is bare, but no row was ever seen": {
			known: apply.Known{Bare: true}, calls: []string{"read", "create 3"},
			want: apply.Result{Tally: apply.Tally{Created: 3}, Rows: fresh(100), Read: true},
		},
		"it is bare, and answers with a row that stood there": {
			known: apply.Known{Bare: true}, seen: 100, rows: written(), calls: []string{"create 3", "read"},
			want: apply.Result{Tally: apply.Tally{Created: 3}, Rows: written(), Read: true, Found: true},
		},
		"it was changed to the same by hand": {
			known: told(row(1, "Verdict", "Harmless")), seen: 50, rows: written(), calls: []string{"read"},
			want: apply.Result{Tally: apply.Tally{Unchanged: 3}, Rows: written(), Read: true, Found: true},
		},
		"a creation is refused": {
			known: told(written()[:2]...), seen: 50, rows: written(), fail: map[string]error{"create 1": broken(fault.Permanent)},
			calls: []string{"create 1", "read"},
			want:  apply.Result{Tally: apply.Tally{Unchanged: 3}, Rows: written(), Read: true, Found: true},
		},
		"rows of nobody knows whom are not found": {
			known: apply.Known{Bare: true}, seen: 100, rows: fresh(101), first: 100, calls: []string{"create 3", "read"},
			want: apply.Result{Tally: apply.Tally{Created: 3}, Rows: fresh(101), Read: true},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			f := &fake{rows: c.rows, fail: c.fail, first: c.first}
			a := f.onto(apply.ScoreOff)
			a.Saw(c.seen)
			got, err := a.Apply(t.Context(), id, malicious(), c.known)
			if err != nil {
				t.Errorf("Apply = %v, want nil", err)
			}
			if diff := cmp.Diff(c.calls, f.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("Apply (-want +got):\n%s", diff)
			}
		})
	}
}

// theirs is a row of which somebody else is a source, too.
func theirs(id int64, name string) threatq.Row {
	return threatq.Row{ID: id, Name: name, Value: "Harmless", Sources: []string{"VirusTotal", "Analyst"}}
}

// fresh are the rows of a malicious verdict, as they are made.
func fresh(first int64) []threatq.Row {
	return []threatq.Row{row(first, "Verdict", "Malicious"), row(first+1, "Severity", "High"), row(first+2, "Malicious Count", "9")}
}

// fixed is what becomes of a stale indicator.
func fixed() []threatq.Row {
	return []threatq.Row{row(1, "Verdict", "Malicious"), row(2, "Malicious Count", "9"), row(100, "Severity", "High")}
}

// TestWhatIsRefusedAfterALook is refused.
func TestWhatIsRefusedAfterALook(t *testing.T) {
	refused := broken(fault.Permanent)
	for name, kind := range map[string]fault.Kind{"update 1": fault.Permanent, "read": fault.Transient} {
		f := &fake{rows: stale(), fail: map[string]error{"update 1": refused}}
		if name == "read" {
			f.fail[name] = broken(kind)
		}
		got, err := f.onto(apply.ScoreOff).Apply(t.Context(), id, malicious(), told(stale()...))
		if !got.Read || fault.KindOf(err) != kind || kind == fault.Permanent && !errors.Is(err, refused) {
			t.Errorf("%s: Apply = %+v, %v, want a look and a %v fault", name, got, err, kind)
		}
	}
}

// TestATroubleIsNoContradiction has faults that say nothing about rows: they are not looked at.
func TestATroubleIsNoContradiction(t *testing.T) {
	for _, kind := range []fault.Kind{fault.Transient, fault.Denied, fault.Quota, fault.Interrupted, fault.Gone} {
		f := &fake{fail: map[string]error{"create 3": broken(kind)}}
		got, err := f.onto(apply.ScoreOff).Apply(t.Context(), id, malicious(), told())
		if got.Read || fault.KindOf(err) != kind {
			t.Errorf("Apply = %+v, %v, want the %v fault, and no look", got, err, kind)
		}
	}
}

// TestARowOfOthersBecomesShared by saying the same.
func TestARowOfOthersBecomesShared(t *testing.T) {
	theirs := row(100, "Verdict", "Malicious")
	theirs.Sources = []string{"Feed"}
	f := &fake{rows: []threatq.Row{theirs, row(2, "Severity", "High"), row(3, "Malicious Count", "9")}}
	got, err := f.onto(apply.ScoreOff).Apply(t.Context(), id, malicious(), apply.Known{})
	if err != nil || len(got.Rows) != 3 {
		t.Fatalf("Apply = %+v, %v, want three rows", got, err)
	}
	if diff := cmp.Diff([]string{"Feed", "VirusTotal"}, got.Rows[0].Sources); diff != "" {
		t.Errorf("sources of the row (-want +got):\n%s", diff)
	}
}

func TestSettled(t *testing.T) {
	nine, one := 9, 1
	with := func(score *int) apply.Known { return apply.Known{Told: true, Rows: written(), Score: score} }
	cases := map[string]struct {
		known   apply.Known
		scoring apply.Scoring
		want    bool
	}{
		"nothing is known":             {apply.Known{Rows: written()}, apply.ScoreOff, false},
		"all stands there":             {with(nil), apply.ScoreOff, true},
		"something else stands there":  {told(stale()...), apply.ScoreOff, false},
		"the score was seen to":        {with(&nine), apply.ScoreReplace, true},
		"the score was not seen to":    {with(nil), apply.ScoreReplace, false},
		"another score was seen to":    {with(&one), apply.ScoreRaiseOnly, false},
		"a score that is not asked of": {with(&one), apply.ScoreOff, true},
	}
	for name, c := range cases {
		f := &fake{}
		if _, got := f.onto(c.scoring).Settled(malicious(), c.known); got != c.want || len(f.calls) > 0 {
			t.Errorf("%s: Settled = %t with calls %v, want %t without any", name, got, f.calls, c.want)
		}
	}
}

// TestTheScoreThatWasSeenTo is not asked for again.
func TestTheScoreThatWasSeenTo(t *testing.T) {
	at := func(n int) *int { return &n }
	cases := map[string]struct {
		known *int
		calls []string
		want  *int
	}{
		"the same":    {at(9), nil, at(9)},
		"another one": {at(3), []string{"score?", "score 9"}, at(9)},
		"none":        {nil, []string{"score?", "score 9"}, at(9)},
	}
	for name, c := range cases {
		f := &fake{}
		known := told(written()...)
		known.Score = c.known
		got, err := f.onto(apply.ScoreReplace).Apply(t.Context(), id, malicious(), known)
		if diff := cmp.Diff(c.want, got.Score); diff != "" || err != nil {
			t.Errorf("%s: Apply = %v; score (-want +got):\n%s", name, err, diff)
		}
		if diff := cmp.Diff(c.calls, f.calls); diff != "" {
			t.Errorf("%s: calls (-want +got):\n%s", name, diff)
		}
	}
}
