package breaker_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"vtq.internal/services/lookup/internal/breaker"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/verdict"
)

// A question is one that a worker asks.
type question struct {
	queue  time.Duration // For its permit, behind Wait.
	took   time.Duration
	answer fault.Kind
	good   bool
}

func questions() *rapid.Generator[[]question] {
	span := rapid.SampledFrom([]time.Duration{0, time.Millisecond, time.Second, 15 * time.Second, 5 * time.Minute, time.Hour})
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) question {
		return question{
			queue: span.Draw(t, "queue"), took: span.Draw(t, "took"),
			answer: rapid.SampledFrom(fault.Kinds()).Draw(t, "answer"), good: rapid.IntRange(0, 4).Draw(t, "good") == 0,
		}
	}), 1, 20)
}

// A watch counts the probes: what is asked while the breaker is open.
type watch struct {
	*breaker.Breaker
	probing, most atomic.Int64
}

func (w *watch) ask(t *testing.T, q question) {
	t.Helper()
	if err := w.Wait(t.Context()); err != nil {
		t.Errorf("Wait = %v", err)
	}
	time.Sleep(q.queue)
	_, _ = w.Do(func() (verdict.Verdict, error) {
		if w.Open() {
			w.most.Store(max(w.most.Load(), w.probing.Add(1)))
			defer w.probing.Add(-1)
		}
		time.Sleep(q.took)
		if q.good {
			return verdict.Verdict{}, nil
		}
		return verdict.Verdict{}, of(q.answer)
	})
}

// TestNeverTwoProbes lets workers ask at random, whatever comes back, and expects that all of them come to their end.
func TestNeverTwoProbes(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		workers := rapid.SliceOfN(questions(), 2, 8).Draw(r, "workers")
		w := &watch{}
		synctest.Test(t, func(t *testing.T) {
			w.Breaker = breaker.New("test", nil)
			var working sync.WaitGroup
			for _, all := range workers {
				working.Go(func() {
					for _, q := range all {
						w.ask(t, q)
					}
				})
			}
			working.Wait()
		})
		if most := w.most.Load(); most > 1 {
			r.Fatalf("%d probes at a time, want one at most", most)
		}
	})
}
