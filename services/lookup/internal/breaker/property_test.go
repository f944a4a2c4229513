package breaker_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/verdict"
)

// A question is one that a worker asks.
type question struct {
	queue  time.Duration // For its permit, behind Enter.
	took   time.Duration
	answer fault.Kind
	good   bool
}

func questions() *rapid.Generator[[]question] {
	span := rapid.SampledFrom([]time.Duration{0, time.Millisecond, time.Second, 15 * time.Second, 50 * time.Second})
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) question {
		return question{
			queue: span.Draw(t, "queue"), took: span.Draw(t, "took"),
			answer: rapid.SampledFrom(fault.Kinds()).Draw(t, "answer"), good: rapid.IntRange(0, 4).Draw(t, "good") == 0,
		}
	}), 1, 20)
}

// A watch counts the probes: what is asked while the fleet's breaker is open.
type watch struct{ probing, most atomic.Int64 }

func (seen *watch) ask(w worker, q question) {
	pass, err := w.Enter(w.l.Context())
	if err != nil {
		w.l.Errorf("Enter = %v", err)
		return
	}
	time.Sleep(q.queue)
	_, _ = pass.Do(w.l.Context(), func() (verdict.Verdict, error) {
		pass.Spent()
		// One that opens in this very moment does not make this a probe.
		if state, _ := w.l.State(w.l.Context()); state.Outage != nil && state.Outage.Since.Before(time.Now()) {
			seen.most.Store(max(seen.most.Load(), seen.probing.Add(1)))
			defer seen.probing.Add(-1)
		}
		time.Sleep(q.took)
		if q.good {
			return verdict.Verdict{}, nil
		}
		return verdict.Verdict{}, of(q.answer)
	})
}

// TestNeverTwoProbes lets workers ask at random, whatever comes back, and expects that all of them come to their end. No question lasts
// as long as a claim.
func TestNeverTwoProbes(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		fleet := rapid.SliceOfN(rapid.SliceOfN(questions(), 1, 3), 1, 4).Draw(r, "fleet")
		seen := &watch{}
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			l := newLab(ctx, t)
			var working sync.WaitGroup
			for _, hands := range fleet {
				w := l.join()
				for _, all := range hands {
					working.Go(func() {
						for _, q := range all {
							seen.ask(w, q)
						}
					})
				}
			}
			working.Wait()
		})
		if most := seen.most.Load(); most > 1 {
			r.Errorf("%d probes at once, want one", most)
		}
	})
}
