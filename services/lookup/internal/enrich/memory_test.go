package enrich_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/recall"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

// away stops the server for a while.
func (l *lab) away(d time.Duration) {
	l.server.Stop()
	time.AfterFunc(d, l.server.Start)
}

// told checks that trouble was told, once a minute at most.
func (l *lab) told() {
	l.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.troubles) == 0 {
		l.Error("nobody was told of the trouble")
	}
	for i := 1; i < len(l.troubles); i++ {
		if got := l.troubles[i].Sub(l.troubles[i-1]); got < time.Minute {
			l.Errorf("told again after %v, want a minute at least", got)
		}
	}
}

func TestAMemoryThatCannotBeReadIsWaitedFor(t *testing.T) {
	cases := map[string]struct {
		behind bool // The permit; else before.
		steps  string
	}{
		"before the permit": {false, ask},
		"behind the permit": {true, "take fresh, release, " + ask},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				const outage = 10 * time.Minute
				began := time.Now()
				if c.behind {
					l.takeFunc = func(context.Context) error {
						l.takeFunc = nil
						l.away(outage)
						return nil
					}
				} else {
					l.away(outage)
				}
				report, err := l.answer(ticket(7, domain()))
				if err != nil || report.Cache != recall.Miss || l.did() != c.steps {
					l.Errorf("Answer = %+v, %v with steps %q, want %q", report, err, l.did(), c.steps)
				}
				if took := time.Since(began); took < outage || took > outage+time.Minute {
					l.Errorf("it took %v, want the %v of the outage and hardly more", took, outage)
				}
				l.told()
			})
		})
	}
}

func TestWaitingForTheMemoryEndsWithTheFirstContext(t *testing.T) {
	inLab(t, func(l *lab) {
		l.away(time.Hour)
		ctx, cancel := context.WithTimeout(l.Context(), time.Minute)
		defer cancel()
		if _, err := l.enricher.Answer(ctx, l.Context(), ticket(7, domain())); fault.KindOf(err) != fault.Interrupted {
			l.Errorf("Answer = %v of kind %v, want an interruption", err, fault.KindOf(err))
		}
		l.sleep(2 * time.Hour)
	})
}

// TestAnAnswerThatCannotBeStoredWaits for as long as it takes, also while the provider is down: it is paid for.
func TestAnAnswerThatCannotBeStoredWaits(t *testing.T) {
	for name, open := range map[string]bool{"the provider answers": false, "the provider is down": true} {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.open = open
				l.lookFunc = func(_ context.Context, o indicator.Object) (verdict.Verdict, error) {
					l.away(20 * time.Minute)
					return known(o), nil
				}
				if report, err := l.answer(ticket(7, domain())); err != nil || report.Requests != 1 {
					l.Errorf("Answer = %+v, %v, want an answer for one request", report, err)
				}
				if _, ok := l.verdict(7, domain()); !ok || l.did() != ask {
					l.Errorf("published %v with steps %q, want it with %q", ok, l.did(), ask)
				}
				l.told()
			})
		})
	}
}

// TestAnAnswerThatIsNotStoredInTime ends the work of the one who asked, in an outage. Somebody else who waits for the same has the answer,
// and stores it; it is not asked for again.
func TestAnAnswerThatIsNotStoredInTime(t *testing.T) {
	for _, lane := range []wire.Lane{wire.Fresh, wire.Refresh} { // In a lane they wait together, in two at the request.
		t.Run(string(lane), func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.open = true
				working, end := context.WithCancel(l.Context())
				defer end()
				l.lookFunc = func(_ context.Context, o indicator.Object) (verdict.Verdict, error) {
					l.sleep(500 * time.Millisecond)
					l.away(20 * time.Minute)
					time.AfterFunc(10*time.Minute, end)
					return known(o), nil
				}
				var both sync.WaitGroup
				both.Go(func() {
					if _, err := l.enricher.Answer(working, working, ticket(7, domain())); fault.KindOf(err) != fault.Transient {
						l.Errorf("Answer of the first = %v of kind %v, want a transient fault", err, fault.KindOf(err))
					}
				})
				l.sleep(100 * time.Millisecond)
				both.Go(func() {
					second := ticket(8, domain())
					second.Lane = lane
					if report, err := l.answer(second); err != nil || report.Requests != 0 {
						l.Errorf("Answer of the second = %+v, %v, want it without a request", report, err)
					}
				})
				both.Wait()
				if _, ok := l.verdict(8, domain()); !ok || strings.Count(l.did(), "ask") != 1 {
					l.Errorf("published %v with steps %q, want it after one request", ok, l.did())
				}
			})
		})
	}
}

// TestAnAnswerThatIsTooLarge for its stream is never tried again.
func TestAnAnswerThatIsTooLarge(t *testing.T) {
	inLab(t, func(l *lab) {
		config := l.verdicts().CachedInfo().Config
		config.MaxMsgSize = 10
		if _, err := l.js.UpdateStream(l.Context(), config); err != nil {
			l.Fatalf("making the verdicts small: %v", err)
		}
		if _, err := l.answer(ticket(7, domain())); fault.KindOf(err) != fault.Permanent || l.did() != ask {
			l.Errorf("Answer = %v of kind %v with steps %q, want a permanent fault after one request", err, fault.KindOf(err), l.did())
		}
	})
}

// TestWhatIsSaidAgainstAnObjectIsShared by jobs of two lanes that wait for one request.
func TestWhatIsSaidAgainstAnObjectIsShared(t *testing.T) {
	inLab(t, func(l *lab) {
		l.lookFunc = func(context.Context, indicator.Object) (verdict.Verdict, error) {
			l.sleep(500 * time.Millisecond)
			return verdict.Verdict{}, of(fault.Permanent)
		}
		var both sync.WaitGroup
		for id, lane := range map[int64]wire.Lane{7: wire.Fresh, 8: wire.Refresh} {
			both.Go(func() {
				job := ticket(id, domain())
				job.Lane = lane
				if _, err := l.answer(job); fault.KindOf(err) != fault.Permanent {
					l.Errorf("Answer in lane %s = %v, want the permanent fault", lane, err)
				}
			})
		}
		both.Wait()
		if got := strings.Count(l.did(), "ask"); got != 1 {
			l.Errorf("steps %q, want one request", l.did())
		}
	})
}

// TestALaneWithoutBudgetSpeaksForItself has two jobs for one object, in two lanes.
func TestALaneWithoutBudgetSpeaksForItself(t *testing.T) {
	inLab(t, func(l *lab) {
		l.spent = wire.Refresh
		var both sync.WaitGroup
		both.Go(func() {
			old := ticket(7, domain())
			old.Lane = wire.Refresh
			if _, err := l.answer(old); !errors.Is(err, errSpent) {
				l.Errorf("Answer of the refresh job = %v, want %v", err, errSpent)
			}
		})
		l.sleep(500 * time.Millisecond)
		if _, err := l.answer(ticket(8, domain())); err != nil {
			l.Errorf("Answer of the fresh job = %v, want what its own lane has", err)
		}
		both.Wait()
	})
}
