package enrich_test

import (
	"context"
	"testing"

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

func TestTheOtherSchemeFails(t *testing.T) {
	inLab(t, func(l *lab) {
		l.enricher.OtherScheme = true
		l.fails(nil, of(fault.Transient))
		job := ticket(7, indicator.Object{Kind: indicator.URL, Value: "http://quiet-harbor.com/a"})
		job.Job.Other = &indicator.Object{Kind: indicator.URL, Value: "https://quiet-harbor.com/a"}
		if _, err := l.answer(job); fault.KindOf(err) != fault.Transient {
			l.Errorf("Answer = %v, want the fault of the second request", err)
		}
		if got := l.stored(); len(got) > 0 {
			l.Errorf("published %q, want nothing before both were asked", got)
		}
	})
}
