package apply_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/services/writer/internal/apply"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/threatq"
	"vtq.internal/shared/verdict"
)

// written is an indicator on which everything of a malicious verdict stands.
func written() []threatq.Row {
	return []threatq.Row{row(1, "Verdict", "Malicious"), row(2, "Severity", "High"), row(3, "Malicious Count", "9")}
}

func TestScore(t *testing.T) {
	at := func(score float64) *float64 { return &score }
	read, set := []string{"read", "score?"}, []string{"read", "score?", "score 9"} // A malicious verdict is worth 9.
	cases := map[string]struct {
		scoring apply.Scoring
		stands  *float64
		want    []string
	}{
		"off":                                  {apply.ScoreOff, at(1), read[:1]},
		"unset":                                {"", at(1), read[:1]},
		"raise-only, none stands":              {apply.ScoreRaiseOnly, nil, set},
		"raise-only, a lower one":              {apply.ScoreRaiseOnly, at(3), set},
		"raise-only, the same":                 {apply.ScoreRaiseOnly, at(9), read},
		"raise-only, a higher one":             {apply.ScoreRaiseOnly, at(10), read},
		"raise-only, generated, counts as 8":   {apply.ScoreRaiseOnly, at(8.9), set},
		"raise-only, generated, counts as 9":   {apply.ScoreRaiseOnly, at(9.9), read},
		"replace, none stands":                 {apply.ScoreReplace, nil, set},
		"replace, a lower one":                 {apply.ScoreReplace, at(0), set},
		"replace, the same":                    {apply.ScoreReplace, at(9), read},
		"replace, a higher one":                {apply.ScoreReplace, at(10), set},
		"replace, a generated one counts as 8": {apply.ScoreReplace, at(8.9), set},
		"replace, a generated one counts as 9": {apply.ScoreReplace, at(9.9), read},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			f := &fake{rows: written(), score: c.stands}
			got, err := f.onto(c.scoring).Apply(t.Context(), id, malicious(), apply.Known{})
			if err != nil {
				t.Errorf("Apply = %v, want nil", err)
			}
			if diff := cmp.Diff(c.want, f.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if set := len(c.want) == len(set); got.Scored != set {
				t.Errorf("Apply = %+v, want Scored = %t", got, set)
			}
		})
	}
}

// TestNobodyKnowingIsNoScore has verdicts whose classes say nothing about a score.
func TestNobodyKnowingIsNoScore(t *testing.T) {
	for name, v := range map[string]verdict.Verdict{"not found": {}, "no verdict": {Found: true}} {
		f := &fake{}
		if _, err := f.onto(apply.ScoreReplace).Apply(t.Context(), id, v, apply.Known{}); err != nil {
			t.Errorf("%s: Apply = %v, want nil", name, err)
		}
		if diff := cmp.Diff([]string{"read", "create 2"}, f.calls); diff != "" {
			t.Errorf("%s: calls (-want +got):\n%s", name, diff)
		}
	}
}

func TestScoreFails(t *testing.T) {
	cases := map[string]struct {
		fail  map[string]error
		calls []string
		kind  fault.Kind
	}{
		"reading it": {map[string]error{"score?": broken(fault.Transient)}, []string{"read", "score?"}, fault.Transient},
		"setting it": {map[string]error{"score 9": broken(fault.Denied)}, []string{"read", "score?", "score 9"}, fault.Denied},
		"the rows before it": {
			map[string]error{"update 2": broken(fault.Transient)}, []string{"read", "update 2"}, fault.Transient,
		},
		"a row before it was refused, yet it is set": {
			map[string]error{"update 2": broken(fault.Permanent)}, []string{"read", "update 2", "score?", "score 9"}, fault.Permanent,
		},
		"after a refusal: worth another try": {
			map[string]error{"update 2": broken(fault.Permanent), "score 9": broken(fault.Transient)},
			[]string{"read", "update 2", "score?", "score 9"},
			fault.Transient,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			f := &fake{rows: written(), fail: c.fail}
			if c.fail["update 2"] != nil {
				f.rows[1].Value = "Low"
			}
			_, err := f.onto(apply.ScoreRaiseOnly).Apply(t.Context(), id, malicious(), apply.Known{})
			if err == nil || fault.KindOf(err) != c.kind {
				t.Errorf("Apply = %v of kind %v, want kind %v", err, fault.KindOf(err), c.kind)
			}
			if diff := cmp.Diff(c.calls, f.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}
