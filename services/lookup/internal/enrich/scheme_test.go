package enrich_test

import (
	"context"
	"testing"

	"vtq.internal/services/lookup/internal/enrich"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/verdict"
)

func TestTheOtherScheme(t *testing.T) {
	const first, second = "http://quiet-harbor.com/a", "https://quiet-harbor.com/a"
	cases := map[string]struct {
		allowed, guessed bool
		known            string // The URL that the provider has.
		steps            string
		found            bool
	}{
		"not allowed":            {false, true, second, "take fresh, ask " + first, false},
		"the scheme was told":    {true, false, second, "take fresh, ask " + first, false},
		"known under the first":  {true, true, first, "take fresh, ask " + first, true},
		"known under the second": {true, true, second, "take fresh, ask " + first + ", take fresh, ask " + second, true},
		"unknown under both":     {true, true, "", "take fresh, ask " + first + ", take fresh, ask " + second, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.enricher.OtherScheme = c.allowed
				l.lookFunc = func(_ context.Context, o indicator.Object) (verdict.Verdict, error) {
					if o.Value != c.known {
						return verdict.Verdict{}, nil
					}
					v := known(o)
					v.Facts.URL = o.Value
					return v, nil
				}
				url := indicator.Object{Kind: indicator.URL, Value: first}
				job := ticket(7, url)
				if c.guessed {
					job.Job.Other = &indicator.Object{Kind: indicator.URL, Value: second}
				}
				if _, err := l.answer(job); err != nil || l.did() != c.steps {
					l.Errorf("Answer = %v with steps %q, want %q", err, l.did(), c.steps)
				}
				if v, ok := l.verdict(7, url); !ok || v.Verdict.Found != c.found {
					l.Errorf("published %v, found %v, want it under the object of the job, found %v", ok, v.Verdict.Found, c.found)
				}
			})
		})
	}
}

// TestTwoSchemesAreTwoObjects proves that the answer about one is never taken for the other's.
func TestTwoSchemesAreTwoObjects(t *testing.T) {
	const first, second = "http://quiet-harbor.com/a", "https://quiet-harbor.com/a"
	inLab(t, func(l *lab) {
		l.enricher.OtherScheme = true
		l.lookFunc = func(_ context.Context, o indicator.Object) (verdict.Verdict, error) {
			if o.Value != second {
				return unknown(o), nil
			}
			return known(o), nil
		}
		told := ticket(1, indicator.Object{Kind: indicator.URL, Value: first})
		guessed := ticket(2, indicator.Object{Kind: indicator.URL, Value: first})
		guessed.Job.Other = &indicator.Object{Kind: indicator.URL, Value: second}
		again := ticket(3, indicator.Object{Kind: indicator.URL, Value: first})
		other := ticket(4, indicator.Object{Kind: indicator.URL, Value: second})
		for _, job := range []enrich.Ticket{told, guessed, again, other} {
			if _, err := l.answer(job); err != nil {
				l.Fatalf("answering indicator %d: %v", job.Job.Indicator.ID, err)
			}
		}
		if got, want := l.did(), "take fresh, ask "+first+", take fresh, ask "+second; got != want {
			l.Errorf("steps %q, want %q", got, want)
		}
		for id, want := range map[int64]bool{1: false, 2: true, 3: false} {
			if v, ok := l.verdict(id, told.Job.Object); !ok || v.Verdict.Found != want {
				l.Errorf("indicator %d: published %v, found %v, want found %v", id, ok, v.Verdict.Found, want)
			}
		}
		if v, ok := l.verdict(4, other.Job.Object); !ok || !v.Verdict.Found {
			l.Errorf("the https URL by its own name: published %v, found %v", ok, v.Verdict.Found)
		}
	})
}

func unknown(o indicator.Object) verdict.Verdict {
	v := known(o)
	v.Found, v.Counts, v.Facts = false, nil, verdict.Facts{}
	return v
}

func TestTheOtherSchemeFails(t *testing.T) {
	inLab(t, func(l *lab) {
		l.enricher.OtherScheme = true
		l.fails(nil, of(fault.Transient))
		url := indicator.Object{Kind: indicator.URL, Value: "http://quiet-harbor.com/a"}
		job := ticket(7, url)
		job.Job.Other = &indicator.Object{Kind: indicator.URL, Value: "https://quiet-harbor.com/a"}
		if _, err := l.answer(job); fault.KindOf(err) != fault.Transient {
			l.Errorf("Answer = %v, want the fault of the second request", err)
		}
		if _, ok := l.verdict(7, url); ok {
			l.Error("published a verdict for the indicator before both were asked")
		}
		if _, ok := l.verdict(0, url); !ok {
			l.Error("the first answer, which was paid for, is lost")
		}
	})
}
