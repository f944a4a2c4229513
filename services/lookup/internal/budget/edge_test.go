package budget_test

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"vtq.internal/services/lookup/internal/budget"
	"vtq.internal/shared/wire"
)

// TestAUnitThatComesBackIsUsed counts the only unit of a day for somebody who refunds it: whoever was refused meanwhile gets it.
func TestAUnitThatComesBackIsUsed(t *testing.T) {
	inLab(t, func(l *lab) {
		l.sleep(time.Minute)
		limits := budget.Limits{Day: 1}
		b, stop := l.open(limits)
		defer stop()
		other, stopOther := l.open(limits)
		defer stopOther()
		permit, _ := l.must(other, wire.Fresh)
		time.AfterFunc(300*time.Millisecond, permit.Release)
		if _, took := l.must(b, wire.Fresh); took > 2*time.Second {
			l.Errorf("the unit that came back was taken after %v", took)
		}
		l.refused(other, wire.Fresh, tomorrow)
	})
}

// TestTheLastUnitIsUsedOnce has two workers at the edge of a day, in all lanes, who give back every third permit.
func TestTheLastUnitIsUsedOnce(t *testing.T) {
	inLab(t, func(l *lab) {
		l.sleep(time.Minute)
		limits := budget.Limits{Day: 20, Month: 30, Ceilings: map[wire.Lane]float64{wire.Refresh: 0.2}}
		var working sync.WaitGroup
		for range 2 {
			b, stop := l.open(limits)
			defer stop()
			for _, lane := range wire.Lanes() {
				for range 2 {
					working.Go(func() {
						for {
							permit, err := b.Take(l.Context(), budget.Want{Lane: lane})
							if err != nil {
								return
							}
							l.sleep(rand.N(20 * time.Millisecond))
							if rand.N(3) == 0 {
								permit.Release()
								continue
							}
							l.called(lane)
						}
					})
				}
			}
		}
		working.Wait()
		if got := len(l.calls); got != 20 {
			l.Errorf("%d calls, want all 20 of the day", got)
		}
		if got := l.counted(account().SpendSubject("20800101")); got != "20" {
			l.Errorf("%s counted of the day, want 20", got)
		}
	})
}

// TestAReleaseOpensItsLane has the last unit of a day given back by the worker that had closed the lane.
func TestAReleaseOpensItsLane(t *testing.T) {
	inLab(t, func(l *lab) {
		l.sleep(time.Minute)
		b, stop := l.open(budget.Limits{Day: 1})
		defer stop()
		permit, _ := l.must(b, wire.Fresh)
		l.refused(b, wire.Fresh, tomorrow)
		permit.Release()
		l.must(b, wire.Fresh)
	})
}
