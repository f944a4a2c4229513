package budget_test

import (
	"context"
	"testing"
	"time"

	"vtq.internal/services/lookup/internal/budget"
	"vtq.internal/services/lookup/internal/quota"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/wire"
)

func TestThreeWorkersShareAPublicKey(t *testing.T) {
	inLab(t, func(l *lab) {
		limits := public()
		limits.Day = 200 // At four a minute they take 51 minutes.
		l.skip(22*time.Hour + 50*time.Minute)
		ctx, cancel := context.WithDeadline(l.Context(), testkit.Epoch().Add(24*time.Hour+30*time.Minute))
		defer cancel()
		var stops []func()
		done := make(chan struct{}, 6)
		for range 3 {
			b, stop := l.open(limits)
			stops = append(stops, stop)
			for range 2 {
				go func() { l.work(ctx, b, wire.Fresh); done <- struct{}{} }()
			}
		}
		for range 6 {
			<-done
		}
		for _, stop := range stops {
			stop()
		}
		if got := within(l.calls, time.Minute); got != 4 {
			l.Errorf("the fullest minute has %d calls, want 4", got)
		}
		days := l.perDay()
		if got := days["20800101"]; got > 200 || got < 195 {
			l.Errorf("the first day has %d calls, want 195 to 200", got)
		}
		if got := days["20800102"]; got < 114 {
			l.Errorf("half an hour of the next day has %d calls, want nearly 120", got)
		}
	})
}

func TestAPermitIsVoidAfterASecond(t *testing.T) {
	inLab(t, func(l *lab) {
		b, stop := l.open(public())
		defer stop()
		permit, err := b.Take(l.Context(), budget.Want{Lane: wire.Fresh})
		if err != nil {
			l.Fatal(err)
		}
		if permit.Void() {
			l.Error("a permit is void at once")
		}
		l.sleep(time.Second + time.Nanosecond)
		if !permit.Void() {
			l.Error("a permit lives for more than a second")
		}
	})
}

func TestAReleasedPermitServesAnother(t *testing.T) {
	inLab(t, func(l *lab) {
		limits := public()
		limits.Window.Requests, limits.Day = 1, 1
		b, stop := l.open(limits)
		defer stop()
		l.sleep(time.Minute) // Away from midnight.
		began := time.Now()
		for range 5 {
			permit, err := b.Take(l.Context(), budget.Want{Lane: wire.Fresh})
			if err != nil {
				l.Fatal(err)
			}
			permit.Release()
			permit.Release() // Counts once.
		}
		if took := time.Since(began); took > 100*time.Millisecond {
			l.Errorf("five permits, each given back, took %v", took)
		}
	})
}

func TestNoLimits(t *testing.T) {
	inLab(t, func(l *lab) {
		b, stop := l.open(budget.Limits{})
		defer stop()
		l.sleep(time.Hour)
		began := time.Now()
		for range 200 {
			if _, err := b.Take(l.Context(), budget.Want{Lane: wire.Refresh}); err != nil {
				l.Fatal(err)
			}
		}
		if took := time.Since(began); took > 0 {
			l.Errorf("200 unlimited permits took %v", took)
		}
	})
}

// TestADayWithoutAWindow spends a day's limit at once, on each of two days.
func TestADayWithoutAWindow(t *testing.T) {
	inLab(t, func(l *lab) {
		l.skip(23*time.Hour + 50*time.Minute)
		b, stop := l.open(budget.Limits{Day: 5})
		defer stop()
		ctx, cancel := context.WithDeadline(l.Context(), testkit.Epoch().Add(25*time.Hour))
		defer cancel()
		l.work(ctx, b, wire.Fresh)
		for day, got := range l.perDay() {
			if got != 5 {
				l.Errorf("day %s has %d calls, want 5", day, got)
			}
		}
		if got := len(l.perDay()); got != 2 {
			l.Errorf("calls on %d days, want 2", got)
		}
	})
}

func TestNothingIsSpentAroundMidnight(t *testing.T) {
	cases := map[string]quota.Window{
		"a minute":                            {Requests: 60, Per: time.Minute},
		"a window with permits that last 2 s": {Requests: 1000, Per: 10 * time.Minute},
	}
	for name, window := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				midnight := testkit.Epoch().Add(24 * time.Hour)
				l.skip(24*time.Hour - time.Minute)
				b, stop := l.open(budget.Limits{Window: window, Day: 100_000})
				defer stop()
				l.sleep(time.Until(midnight.Add(-6 * time.Second)))
				ctx, cancel := context.WithDeadline(l.Context(), midnight.Add(time.Minute))
				defer cancel()
				for ctx.Err() == nil { // A permit in hand is used as late as it may be.
					permit, err := b.Take(ctx, budget.Want{Lane: wire.Fresh})
					if err != nil {
						continue
					}
					for !permit.Void() && ctx.Err() == nil {
						l.called(wire.Fresh)
						l.sleep(100 * time.Millisecond)
					}
				}
				for _, c := range l.calls {
					if d := c.at.Sub(midnight); d > -quota.Guard/2 && d < quota.Guard {
						l.Errorf("a call %v from midnight", d)
					}
				}
				if len(l.calls) < 10 {
					l.Errorf("%d calls in a minute, want more", len(l.calls))
				}
			})
		})
	}
}
