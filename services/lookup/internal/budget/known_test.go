package budget_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/lookup/internal/budget"
	"vtq.internal/services/lookup/internal/quota"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/wire"
)

// left is what a budget knows to remain, by period.
func left(b *budget.Budget) map[budget.Period]int {
	all := map[budget.Period]int{}
	for _, f := range b.Figures() {
		all[f.Period] = f.Remaining
	}
	return all
}

func (l *lab) knows(b *budget.Budget, when string, want map[budget.Period]int) {
	l.Helper()
	if diff := cmp.Diff(want, left(b)); diff != "" {
		l.Errorf("%s (-want +got):\n%s", when, diff)
	}
}

func TestFiguresTellWhatIsLeft(t *testing.T) {
	inLab(t, func(l *lab) {
		l.sleepUntil(time.Hour)
		b, stop := l.open(public())
		defer stop()
		l.knows(b, "before anything", map[budget.Period]int{budget.Minute: 4, budget.Day: 500, budget.Month: 15_500})
		l.must(b, wire.Fresh)
		permit, _ := l.must(b, wire.Fresh)
		l.knows(b, "after two permits", map[budget.Period]int{budget.Minute: 2, budget.Day: 498, budget.Month: 15_498})
		permit.Release()
		l.knows(b, "after one is given back", map[budget.Period]int{budget.Minute: 3, budget.Day: 499, budget.Month: 15_499})
		l.sleep(2 * time.Minute)
		l.knows(b, "when the window has passed", map[budget.Period]int{budget.Minute: 4, budget.Day: 499, budget.Month: 15_499})
	})
}

// TestFiguresKnowWhatOthersTook between a look at the slots and a take, which is refused.
func TestFiguresKnowWhatOthersTook(t *testing.T) {
	inLab(t, func(l *lab) {
		js, stop := l.bend()
		defer stop()
		tries := 0
		js.slotFunc = func(err error) error {
			if tries++; tries < 3 {
				return &jetstream.APIError{Description: "maximum messages per subject exceeded"}
			}
			return err
		}
		b := l.through(js, account(), budget.Limits{Window: quota.Window{Requests: 8, Per: time.Minute}}, budget.Watch{})
		l.must(b, wire.Fresh)
		l.knows(b, "after a take, two of others and no look since", map[budget.Period]int{budget.Minute: 5})
		l.sleep(2 * time.Minute)
		l.knows(b, "when the window has passed", map[budget.Period]int{budget.Minute: 8})
	})
}

// TestFiguresCountThePool, in which the rest of a slot waits to be used, until it is void.
func TestFiguresCountThePool(t *testing.T) {
	inLab(t, func(l *lab) {
		b, stop := l.open(budget.Limits{Window: quota.Window{Requests: 1024, Per: time.Minute}}) // Four with each slot.
		defer stop()
		for n := range 5 {
			l.must(b, wire.Fresh)
			l.knows(b, "after some permits", map[budget.Period]int{budget.Minute: 1023 - n})
		}
		l.sleep(2 * time.Second)
		l.knows(b, "when the rest of the slots is void", map[budget.Period]int{budget.Minute: 1016})
	})
}

// TestFiguresRollOverByThemselves has nobody ask for anything at midnight, and at the end of a month.
func TestFiguresRollOverByThemselves(t *testing.T) {
	inLab(t, func(l *lab) {
		l.skip(30*24*time.Hour + 23*time.Hour) // The last day of January.
		b, stop := l.open(public())
		defer stop()
		l.must(b, wire.Fresh)
		midnight := testkit.Epoch().Add(31 * 24 * time.Hour)
		for _, f := range b.Figures()[1:] {
			if !f.Reset.Equal(midnight) {
				l.Errorf("the %s is whole again at %v, want %v", f.Period, f.Reset, midnight)
			}
		}
		l.sleep(time.Until(midnight) - time.Second)
		l.knows(b, "a second before midnight", map[budget.Period]int{budget.Minute: 4, budget.Day: 499, budget.Month: 15_499})
		l.sleep(2 * time.Second)
		l.knows(b, "a second after it", map[budget.Period]int{budget.Minute: 4, budget.Day: 500, budget.Month: 15_500})
	})
}

// TestAWorkerThatTakesNothingHears has one worker spend, another count what a person spent by hand, and a third listen.
func TestAWorkerThatTakesNothingHears(t *testing.T) {
	inLab(t, func(l *lab) {
		l.sleepUntil(time.Hour)
		limits := budget.Limits{Day: 500, Month: 15_500}
		busy, stopBusy := l.open(limits)
		defer stopBusy()
		idle, stopIdle := l.open(limits)
		defer stopIdle()
		for range 7 {
			l.must(busy, wire.Fresh)
		}
		l.knows(idle, "before it listens", map[budget.Period]int{budget.Day: 500, budget.Month: 15_500})
		if err := idle.Hear(l.Context()); err != nil {
			l.Fatalf("Hear = %v", err)
		}
		l.knows(idle, "after it has", map[budget.Period]int{budget.Day: 493, budget.Month: 15_493})
		if err := busy.Add(l.Context(), busy.Now(), 40, 100); err != nil {
			l.Fatalf("Add = %v", err)
		}
		l.knows(busy, "with what the provider's page told", map[budget.Period]int{budget.Day: 453, budget.Month: 15_393})
		began, stop := l.open(limits)
		defer stop()
		if _, err := began.Reckon(l.Context(), wire.Fresh); err != nil { // As a worker does that has just begun.
			l.Fatalf("Reckon = %v", err)
		}
		l.knows(began, "with a worker that has just begun", map[budget.Period]int{budget.Day: 453, budget.Month: 15_393})
	})
}

// TestFiguresNeverFallBelowNothing, when others have spent more than there is.
func TestFiguresNeverFallBelowNothing(t *testing.T) {
	inLab(t, func(l *lab) {
		b, stop := l.open(budget.Limits{Day: 500})
		defer stop()
		if err := b.Add(l.Context(), b.Now(), 900, 0); err != nil {
			l.Fatalf("Add = %v", err)
		}
		l.knows(b, "after too much", map[budget.Period]int{budget.Day: 0})
	})
}

// TestAHoldLeavesNothingOfTheWindow, since nobody may ask.
func TestAHoldLeavesNothingOfTheWindow(t *testing.T) {
	inLab(t, func(l *lab) {
		l.sleepUntil(time.Hour)
		b, stop := l.open(budget.Limits{Window: quota.Window{Requests: 4, Per: time.Minute}})
		defer stop()
		b.Hold(l.Context(), 10*time.Minute)
		l.knows(b, "in a hold", map[budget.Period]int{budget.Minute: 0})
		if got, want := b.Figures()[0].Reset, time.Now().Add(10*time.Minute); got.Sub(want).Abs() > time.Second {
			l.Errorf("the window is free again at %v, want %v", got, want)
		}
		l.sleep(10*time.Minute + time.Second)
		l.knows(b, "after it", map[budget.Period]int{budget.Minute: 4})
	})
}

func TestWithoutLimitsThereAreNoFigures(t *testing.T) {
	inLab(t, func(l *lab) {
		b, stop := l.open(budget.Limits{})
		defer stop()
		if err := b.Hear(l.Context()); err != nil {
			l.Errorf("Hear = %v", err)
		}
		if got := b.Figures(); len(got) > 0 {
			l.Errorf("Figures = %v without any limit, want none", got)
		}
	})
}

// sleepUntil sleeps until some time after the beginning, which is a midnight.
func (l *lab) sleepUntil(d time.Duration) { l.sleep(time.Until(testkit.Epoch().Add(d))) }
