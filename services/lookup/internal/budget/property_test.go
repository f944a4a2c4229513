package budget_test

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vtq.internal/services/lookup/internal/budget"
	"vtq.internal/services/lookup/internal/quota"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/wire"
)

// A scenario is an account with workers that want its budget.
type scenario struct {
	Limits  budget.Limits
	Workers int
	Loops   map[wire.Lane]int // Of each worker.
	Took    time.Duration     // A request, at most.
}

// maxDay bounds the day of a scenario: what a test can count through.
const maxDay = 50

// scenarios have a day that fits into its last hour, as all of it may be kept until then.
func scenarios() *rapid.Generator[scenario] {
	share := rapid.SampledFrom([]float64{0, 0.01, 0.1, 0.29, 0.5, 0.9, 1})
	return rapid.Custom(func(t *rapid.T) scenario {
		per := rapid.SampledFrom([]time.Duration{10 * time.Second, time.Minute, 5 * time.Minute}).Draw(t, "per")
		window := quota.Window{Requests: rapid.IntRange(0, 10).Draw(t, "requests"), Per: per}
		most := maxDay
		if window.Requests > 0 {
			most = min(most, window.Requests*8*int(time.Hour/per)/10)
		}
		s := scenario{
			Limits: budget.Limits{
				Window: window, Day: rapid.IntRange(1, most).Draw(t, "day"),
				Reserve: share.Draw(t, "reserve"), Ceilings: map[wire.Lane]float64{},
			},
			Workers: rapid.IntRange(1, 3).Draw(t, "workers"), Loops: map[wire.Lane]int{},
			Took: time.Duration(rapid.Int64Range(0, int64(2*time.Second)).Draw(t, "took")),
		}
		if rapid.Bool().Draw(t, "has a month") {
			s.Limits.Month = rapid.IntRange(1, most).Draw(t, "month")
		}
		for _, lane := range wire.Lanes() {
			s.Loops[lane] = rapid.SampledFrom([]int{0, 1, 1, 2}).Draw(t, "loops")
			if rapid.Bool().Draw(t, "has a ceiling") {
				s.Limits.Ceilings[lane] = share.Draw(t, "ceiling")
			}
		}
		return s
	})
}

// TestShares lets accounts that rapid draws be spent through the last hours of a day, all in one bubble, as its hours are what costs.
// The seed in a failure names the scenario.
func TestShares(t *testing.T) {
	const accounts = 16
	seed := rand.IntN(1 << 30)
	inLab(t, func(l *lab) {
		l.skip(20 * time.Hour)
		var running sync.WaitGroup
		for i := range accounts {
			running.Go(func() { l.run(seed+i, scenarios().Example(seed+i)) })
		}
		running.Wait()
	})
}

// run spends a scenario's budget until midnight and checks what was spent.
func (l *lab) run(seed int, s scenario) {
	ctx, cancel := context.WithDeadline(l.Context(), testkit.Epoch().Add(24*time.Hour))
	defer cancel()
	own := &lab{T: l.T, server: l.server}
	var working sync.WaitGroup
	for range s.Workers {
		b, stop := l.watched(wire.Account{Provider: "virustotal", Name: "seed-" + strconv.Itoa(seed)}, s.Limits, budget.Watch{})
		defer stop()
		for lane, loops := range s.Loops {
			for range loops {
				working.Go(func() { own.spend(ctx, b, lane, s.Took) })
			}
		}
	}
	working.Wait()
	for name, broken := range s.broken(own.calls) {
		if broken {
			l.Errorf("seed %d: %s: %+v with %d calls", seed, name, s, len(own.calls))
		}
	}
}

// spend calls for a lane; now and then a permit is given back, as when the answer was found meanwhile.
func (l *lab) spend(ctx context.Context, b *budget.Budget, lane wire.Lane, took time.Duration) {
	for ctx.Err() == nil {
		if b.Yield(ctx, lane) != nil {
			return
		}
		permit, err := b.Take(ctx, budget.Want{Lane: lane})
		switch {
		case err != nil:
			wait(ctx, b.Spent(lane)+time.Second)
		case permit.Void(), rand.N(10) == 0:
			permit.Release() //nolint:contextcheck // As in production.
		default:
			l.called(lane)
			wait(ctx, rand.N(took+1))
		}
	}
}

// broken tells which of the promises were.
func (s scenario) broken(calls []call) map[string]bool {
	release := testkit.Epoch().Add(23 * time.Hour)
	early := map[wire.Lane]int{}
	for _, c := range calls {
		if c.at.Before(release) {
			early[c.lane]++
		}
	}
	most := s.Limits.Day
	if s.Limits.Month > 0 {
		most = min(most, s.Limits.Month)
	}
	backlog := s.Limits.Day - quota.Reserved(s.Limits.Day, s.Limits.Reserve)
	broken := map[string]bool{
		"more than a window holds":      s.Limits.Window.Requests > 0 && within(calls, s.Limits.Window.Per) > s.Limits.Window.Requests,
		"more than the day or month":    len(calls) > most,
		"backlog above day and reserve": early[wire.Fresh]+early[wire.Refresh] > backlog,
		"used less than 95 %":           s.saturated() && len(calls)*100 < most*95,
	}
	for lane, share := range s.Limits.Ceilings {
		broken["a ceiling of lane "+string(lane)] = share < 1 && early[lane] > quota.Ceiling(s.Limits.Day, share)
	}
	return broken
}

// saturated tells that somebody wants permits of each lane at all times.
func (s scenario) saturated() bool {
	for _, lane := range wire.Lanes() {
		if s.Loops[lane] == 0 {
			return false
		}
	}
	return true
}
