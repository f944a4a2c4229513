package pace_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"vtq.internal/services/lookup/internal/pace"
	"vtq.internal/shared/wire"
)

// A move is what a worker does next.
type move struct {
	rest     time.Duration // Before it.
	lane     wire.Lane
	patience time.Duration // Until it gives up waiting.
	keep     time.Duration // Between the permit and what becomes of it.
	release  bool          // Gives the permit back, else uses it.
	hold     time.Duration // Holds the budget afterwards; 0 does not.
}

// part gives parts of a window: rapid's own numbers crowd around zero.
func part(window time.Duration) *rapid.Generator[time.Duration] {
	return rapid.Map(rapid.SampledFrom([]int{0, 0, 1, 3, 10, 24, 50, 99}), func(percent int) time.Duration {
		return window * time.Duration(percent) / 100
	})
}

func moves(window time.Duration) *rapid.Generator[[]move] {
	some := part(window)
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) move {
		return move{
			rest: some.Draw(t, "rest") / 4, lane: rapid.SampledFrom(wire.Lanes()).Draw(t, "lane"),
			patience: window/100 + 3*some.Draw(t, "patience"), keep: some.Draw(t, "keep"),
			release: rapid.Bool().Draw(t, "release"), hold: some.Draw(t, "hold") * time.Duration(rapid.IntRange(0, 9).Draw(t, "held")/9),
		}
	}), 1, 40)
}

// A ledger is what happened.
type ledger struct {
	mu    sync.Mutex
	used  []time.Time // When the permits that were used were given.
	given []time.Time // All of them.
	holds [][2]time.Time
}

func (l *ledger) work(b *pace.Budget, all []move) {
	for _, m := range all {
		time.Sleep(m.rest)
		ctx, cancel := context.WithTimeout(context.Background(), m.patience)
		permit, err := b.Take(ctx, m.lane)
		cancel()
		if err != nil {
			continue
		}
		l.enter(m)
		time.Sleep(m.keep)
		if m.release {
			permit.Release()
		}
		if m.hold > 0 {
			now := time.Now()
			b.Hold(m.hold)
			l.mu.Lock()
			l.holds = append(l.holds, [2]time.Time{now, now.Add(m.hold)})
			l.mu.Unlock()
		}
	}
}

func (l *ledger) enter(m move) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.given = append(l.given, now)
	if !m.release {
		l.used = append(l.used, now)
	}
}

// TestNoWindowEverHoldsMore lets workers take, use, give back, give up and hold at random: however they do, no window of the
// quota's length holds more requests than the quota, wherever it begins, and nothing is given while the budget is held.
func TestNoWindowEverHoldsMore(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		quota := rapid.SampledFrom([]int{1, 2, 4, 7, 30}).Draw(r, "quota")
		window := rapid.SampledFrom([]time.Duration{time.Second, time.Minute, 24 * time.Hour}).Draw(r, "window")
		workers := rapid.SliceOfN(moves(window), 2, 8).Draw(r, "workers")
		l := &ledger{}
		synctest.Test(t, func(*testing.T) {
			b := pace.New(quota, window)
			var working sync.WaitGroup
			for _, all := range workers {
				working.Go(func() { l.work(b, all) })
			}
			working.Wait()
		})
		l.check(r, quota, window)
	})
}

func (l *ledger) check(r *rapid.T, quota int, window time.Duration) {
	slices.SortFunc(l.used, time.Time.Compare)
	for i := quota; i < len(l.used); i++ {
		if span := l.used[i].Sub(l.used[i-quota]); span < window {
			r.Fatalf("%d requests within %v, quota %d in %v", quota+1, span, quota, window)
		}
	}
	for _, hold := range l.holds {
		if slices.ContainsFunc(l.given, func(at time.Time) bool { return at.After(hold[0]) && at.Before(hold[1]) }) {
			r.Fatalf("a permit was given while the budget was held from %v to %v", hold[0], hold[1])
		}
	}
}
