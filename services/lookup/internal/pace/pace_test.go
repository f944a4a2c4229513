package pace_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vtq.internal/services/lookup/internal/pace"
	"vtq.internal/shared/wire"
)

func take(t *testing.T, b *pace.Budget, lane wire.Lane) *pace.Permit {
	t.Helper()
	permit, err := b.Take(t.Context(), lane)
	if err != nil {
		t.Fatalf("Take = %v", err)
	}
	return permit
}

// takes tells after how long a permit came.
func takes(t *testing.T, b *pace.Budget) time.Duration {
	t.Helper()
	began := time.Now()
	take(t, b, wire.Fresh)
	return time.Since(began)
}

func TestPermitsComeOneByOne(t *testing.T) {
	cases := map[string]struct {
		requests int
		window   time.Duration
		distance time.Duration
	}{
		"a public key":   {4, time.Minute, 15250 * time.Millisecond},
		"one a minute":   {1, time.Minute, 61 * time.Second},
		"one a year":     {1, 365 * 24 * time.Hour, 365*24*time.Hour + 146*time.Hour},
		"a thousand":     {1000, time.Minute, 61 * time.Millisecond},
		"another window": {10, time.Hour, 366 * time.Second},
		"no limit":       {0, time.Minute, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := pace.New(c.requests, c.window)
				if wait := takes(t, b); wait != 0 {
					t.Errorf("the first permit came after %v, want at once", wait)
				}
				for range 20 {
					if wait := takes(t, b); wait != c.distance {
						t.Errorf("the next permit came after %v, want %v", wait, c.distance)
					}
				}
			})
		})
	}
}

func TestTimeThatPassedGivesOnePermit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := pace.New(4, time.Minute)
		take(t, b, wire.Fresh)
		time.Sleep(time.Hour)
		if first, second := takes(t, b), takes(t, b); first != 0 || second != 15250*time.Millisecond {
			t.Errorf("after an hour permits came after %v and %v, want at once and one distance", first, second)
		}
	})
}

// TestFreshGoesFirst lets waiters of both lanes queue up, those of the lane refresh first.
func TestFreshGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := pace.New(4, time.Minute)
		take(t, b, wire.Fresh)
		var mu sync.Mutex
		var served []wire.Lane
		var waiting sync.WaitGroup
		for i, lane := range []wire.Lane{wire.Refresh, wire.Fresh, wire.Refresh, wire.Fresh, wire.Fresh} {
			waiting.Go(func() {
				time.Sleep(time.Duration(i) * time.Second)
				take(t, b, lane)
				mu.Lock()
				defer mu.Unlock()
				served = append(served, lane)
			})
		}
		waiting.Wait()
		want := []wire.Lane{wire.Fresh, wire.Fresh, wire.Fresh, wire.Refresh, wire.Refresh}
		if !slices.Equal(served, want) {
			t.Errorf("served in the order %v, want %v", served, want)
		}
	})
}

func TestReleaseGivesToTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := pace.New(4, time.Minute)
		first := take(t, b, wire.Fresh)
		time.AfterFunc(time.Second, first.Release)
		if wait := takes(t, b); wait != time.Second {
			t.Errorf("a released permit came after %v, want 1s", wait)
		}
		first.Release() // Only the first call counts.
		if wait := takes(t, b); wait != 15250*time.Millisecond {
			t.Errorf("the permit behind it came after %v, want one distance", wait)
		}
	})
}

// TestReleasedPermitsDoNotPileUp would, with a count of spare permits, be served five at once and exceed the quota.
func TestReleasedPermitsDoNotPileUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := pace.New(4, time.Minute)
		for range 4 {
			take(t, b, wire.Fresh).Release()
			time.Sleep(20 * time.Second)
		}
		if first, second := takes(t, b), takes(t, b); first != 0 || second != 15250*time.Millisecond {
			t.Errorf("after four releases permits came after %v and %v, want at once and one distance", first, second)
		}
	})
}

func TestALateReleaseIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := pace.New(4, time.Minute)
		first := take(t, b, wire.Fresh)
		take(t, b, wire.Fresh) // Stands where the next one would.
		first.Release()
		if wait := takes(t, b); wait != 15250*time.Millisecond {
			t.Errorf("after a late release a permit came after %v, want one distance", wait)
		}
	})
}

func TestHold(t *testing.T) {
	const distance = 15250 * time.Millisecond
	cases := map[string]struct {
		act  func(b *pace.Budget, taken *pace.Permit)
		want time.Duration
	}{
		"longer than the distance": {func(b *pace.Budget, _ *pace.Permit) { b.Hold(time.Minute) }, time.Minute},
		"shorter":                  {func(b *pace.Budget, _ *pace.Permit) { b.Hold(time.Second) }, distance},
		"the longest counts":       {func(b *pace.Budget, _ *pace.Permit) { b.Hold(time.Hour); b.Hold(time.Minute) }, time.Hour},
		"release before it":        {func(b *pace.Budget, p *pace.Permit) { p.Release(); b.Hold(time.Second) }, time.Second},
		"release does not undo it": {func(b *pace.Budget, p *pace.Permit) { b.Hold(time.Minute); p.Release() }, time.Minute},
		"nor a short one":          {func(b *pace.Budget, p *pace.Permit) { b.Hold(time.Second); p.Release() }, time.Second},
		"called while one waits":   {func(b *pace.Budget, _ *pace.Permit) { time.AfterFunc(time.Second, func() { b.Hold(time.Hour) }) }, time.Hour + time.Second},
		"and again, to hold longer": {func(b *pace.Budget, _ *pace.Permit) {
			time.AfterFunc(time.Second, func() { b.Hold(time.Hour); b.Hold(2 * time.Hour) })
		}, 2*time.Hour + time.Second},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := pace.New(4, time.Minute)
				c.act(b, take(t, b, wire.Fresh))
				if wait := takes(t, b); wait != c.want {
					t.Errorf("a permit came after %v, want %v", wait, c.want)
				}
			})
		})
	}
}

func TestHoldStopsAnUnlimitedBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := pace.New(0, time.Minute)
		b.Hold(time.Minute)
		if first, second := takes(t, b), takes(t, b); first != time.Minute || second != 0 {
			t.Errorf("permits came after %v and %v, want 1m0s and at once", first, second)
		}
	})
}

func TestTheEndOfTheContext(t *testing.T) {
	errStop := errors.New("told to stop")
	synctest.Test(t, func(t *testing.T) {
		b := pace.New(1, time.Hour)
		take(t, b, wire.Fresh)
		ctx, stop := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Minute, func() { stop(errStop) })
		began := time.Now()
		if _, err := b.Take(ctx, wire.Fresh); !errors.Is(err, errStop) || time.Since(began) != time.Minute {
			t.Errorf("Take = %v after %v, want the cause of the end after 1m0s", err, time.Since(began))
		}
		if _, err := b.Take(ctx, wire.Fresh); !errors.Is(err, errStop) {
			t.Errorf("Take = %v after the end, want its cause", err)
		}
		take(t, b, wire.Refresh) // Nobody of the lane fresh stands in the way any more.
		if took := time.Since(began); took != 61*time.Minute {
			t.Errorf("the permit of the other lane came after %v, want 1h1m0s", took)
		}
	})
}

// TestWaitingIsNotPolling would not end, were anybody to look at a clock now and then.
func TestWaitingIsNotPolling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := pace.New(1, 365*24*time.Hour)
		var waiting sync.WaitGroup
		for i := range 40 {
			waiting.Go(func() { take(t, b, wire.Lanes()[i%2]) })
		}
		waiting.Wait()
	})
}
