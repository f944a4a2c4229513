package enrich_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/verdict"
)

func of(kind fault.Kind) error { return fault.New(kind, errors.New(kind.String())) }

const ask = "take fresh, ask quiet-harbor.com"

func TestWhatKeepsAJobInHand(t *testing.T) {
	const again = ", " + ask
	cases := map[string]struct {
		answers []error
		open    bool // The breaker's, after the first answer.
		steps   string
		kind    fault.Kind // Of the error; 0 for an answer.
	}{
		"quota":                        {[]error{of(fault.Quota)}, false, ask + ", refused 1m0s" + again, 0},
		"quota with a time":            {[]error{fault.After(fault.Quota, 9*time.Second, errors.New("429"))}, false, ask + ", refused 9s" + again, 0},
		"quota, twice":                 {[]error{of(fault.Quota), of(fault.Quota)}, false, ask + ", refused 1m0s" + again + ", refused 1m0s" + again, 0},
		"a refused key":                {[]error{of(fault.Denied), of(fault.Denied), of(fault.Denied)}, true, ask + again + again + again, 0},
		"a failure, and it is open":    {[]error{of(fault.Transient)}, true, ask + again, 0},
		"unclassified, and it is open": {[]error{errors.New("what?")}, true, ask + again, 0},
		"a failure":                    {[]error{of(fault.Transient)}, false, ask, fault.Transient},
		"a bad item":                   {[]error{of(fault.Permanent)}, true, ask, fault.Permanent},
		"an interruption":              {[]error{of(fault.Interrupted)}, true, ask, fault.Interrupted},
		"one that becomes bad":         {[]error{of(fault.Quota), of(fault.Permanent)}, true, ask + ", refused 1m0s" + again, fault.Permanent},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.open = c.open
				l.fails(c.answers...)
				report, err := l.answer(ticket(7, domain()))
				if got := fault.KindOf(err); (err != nil) != (c.kind != 0) || got != c.kind {
					l.Errorf("Answer = %v of kind %v, want kind %v", err, got, c.kind)
				}
				if got := l.did(); got != c.steps || report.Requests != strings.Count(c.steps, "ask") {
					l.Errorf("steps %q and %d requests told, want %q", got, report.Requests, c.steps)
				}
				if _, ok := l.verdict(7, domain()); ok != (c.kind == 0) {
					l.Errorf("a verdict was published: %v", ok)
				}
			})
		})
	}
}

func TestWhoMayNotAskGivesThePermitBack(t *testing.T) {
	inLab(t, func(l *lab) {
		l.refuses = 2
		if _, err := l.answer(ticket(7, domain())); err != nil {
			l.Errorf("Answer = %v", err)
		}
		if got, want := l.did(), "take fresh, release, take fresh, release, "+ask; got != want {
			l.Errorf("steps %q, want %q", got, want)
		}
	})
}

func TestWaitingEndsWithTheFirstContext(t *testing.T) {
	errStop := errors.New("told to stop")
	inLab(t, func(l *lab) {
		ctx, stop := context.WithCancelCause(l.Context())
		l.takeFunc = func(ctx context.Context) error {
			<-ctx.Done()
			return context.Cause(ctx)
		}
		time.AfterFunc(time.Hour, func() { stop(errStop) })
		report, err := l.enricher.Answer(ctx, l.Context(), ticket(7, domain()))
		if fault.KindOf(err) != fault.Interrupted || !errors.Is(err, errStop) {
			l.Errorf("Answer = %v of kind %v, want an interruption with its cause", err, fault.KindOf(err))
		}
		if report.PermitWait != time.Hour || l.did() != "" {
			l.Errorf("waited %v with steps %q, want 1h0m0s and none", report.PermitWait, l.did())
		}
	})
}

// TestWorkGoesOn ends the first context while a request is under way, and the second one before or after its answer.
func TestWorkGoesOn(t *testing.T) {
	cases := map[string]struct {
		grace time.Duration
		kind  fault.Kind // Of the error; 0 for an answer.
	}{
		"long enough":  {time.Minute, 0},
		"not for long": {time.Second, fault.Interrupted},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				ctx, stop := context.WithCancel(l.Context())
				working, end := context.WithCancel(l.Context())
				l.lookFunc = func(ctx context.Context, o indicator.Object) (verdict.Verdict, error) {
					stop()
					time.AfterFunc(c.grace, end)
					select {
					case <-time.After(10 * time.Second):
						return known(o), nil
					case <-ctx.Done():
						return verdict.Verdict{}, context.Cause(ctx)
					}
				}
				_, err := l.enricher.Answer(ctx, working, ticket(7, domain()))
				if got := fault.KindOf(err); (err != nil) != (c.kind != 0) || got != c.kind {
					l.Errorf("Answer = %v of kind %v, want kind %v", err, got, c.kind)
				}
				if _, ok := l.verdict(7, domain()); ok != (c.kind == 0) {
					l.Errorf("a verdict was published: %v", ok)
				}
				l.sleep(time.Minute)
				end()
			})
		})
	}
}

func TestAJobThatWouldStayIsGivenBackAtTheEnd(t *testing.T) {
	for _, kind := range []fault.Kind{fault.Quota, fault.Denied, fault.Transient} {
		t.Run(kind.String(), func(t *testing.T) {
			inLab(t, func(l *lab) {
				ctx, stop := context.WithCancel(l.Context())
				l.open = true
				l.lookFunc = func(context.Context, indicator.Object) (verdict.Verdict, error) {
					stop()
					return verdict.Verdict{}, of(kind)
				}
				if _, err := l.enricher.Answer(ctx, l.Context(), ticket(7, domain())); fault.KindOf(err) != fault.Interrupted {
					l.Errorf("Answer = %v of kind %v, want an interruption", err, fault.KindOf(err))
				}
				if got := strings.Count(l.did(), "ask"); got != 1 {
					l.Errorf("asked %d times, want once", got)
				}
			})
		})
	}
}

func TestNoValueStandsInAnError(t *testing.T) {
	inLab(t, func(l *lab) {
		l.fails(of(fault.Transient))
		_, err := l.answer(ticket(7, domain()))
		if err == nil || strings.Contains(err.Error(), "quiet-harbor") || !strings.Contains(err.Error(), "asking virustotal about a domain") {
			l.Errorf("Answer = %v, want an error that names the kind alone", err)
		}
	})
}
