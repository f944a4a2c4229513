package budget_test

import (
	"strconv"
	"testing"
	"time"

	"vtq.internal/services/lookup/internal/budget"
	"vtq.internal/services/lookup/internal/quota"
	"vtq.internal/shared/wire"
)

// leaves expects what a budget knows to remain of a period for the backlog, and what is reserved beside.
func (l *lab) leaves(b *budget.Budget, when string, period budget.Period, remaining, reserved int) {
	l.Helper()
	for _, f := range b.Figures() {
		if f.Period != period {
			continue
		}
		if f.Remaining != remaining || f.Reserved != reserved {
			l.Errorf("%s %d of the %s remain and %d are reserved, want %d and %d", when, f.Remaining, period, f.Reserved, remaining, reserved)
		}
		return
	}
	l.Errorf("%s nothing is known of the %s", when, period)
}

// TestTheReserveDoesNotRemain holds the figures to what a take is granted, on both sides of each edge of a day.
func TestTheReserveDoesNotRemain(t *testing.T) {
	inLab(t, func(l *lab) {
		l.skip(evening)
		b, stop := l.open(budget.Limits{Day: 10, Month: 100, Reserve: 0.25}) // Three, rounded up.
		defer stop()
		l.leaves(b, "before anything", budget.Day, 7, 3)
		for range 6 {
			l.must(b, wire.Fresh)
		}
		l.leaves(b, "with one left", budget.Day, 1, 3)
		l.must(b, wire.Refresh)
		l.refused(b, wire.Fresh, release)
		l.leaves(b, "with the reserve left", budget.Day, 0, 3)
		l.must(b, wire.Urgent)
		l.leaves(b, "with one of the reserve used", budget.Day, 0, 2)
		l.leaves(b, "all the time", budget.Month, 92, 0)
		l.sleepUntil(23*time.Hour - time.Second)
		l.leaves(b, "a second before the release", budget.Day, 0, 2)
		l.sleep(2 * time.Second)
		l.leaves(b, "a second after it", budget.Day, 2, 0)
		l.sleepUntil(release)
		l.must(b, wire.Fresh)
		l.must(b, wire.Fresh)
		l.leaves(b, "at the end", budget.Day, 0, 0)
		l.sleepUntil(24*time.Hour + time.Second)
		l.leaves(b, "a second after midnight, without a lookup,", budget.Day, 7, 3)
		l.leaves(b, "after midnight", budget.Month, 90, 0)
	})
}

// TestUrgentJobsUseWhatRemainsToo: the backlog is kept from the reserve alone, and what urgent jobs used beyond it is less for all.
func TestUrgentJobsUseWhatRemainsToo(t *testing.T) {
	inLab(t, func(l *lab) {
		b, stop := l.open(budget.Limits{Day: 10, Reserve: 0.2})
		defer stop()
		for used, want := range [][2]int{{8, 2}, {7, 2}, {6, 2}, {5, 2}, {4, 2}, {3, 2}, {2, 2}, {1, 2}, {0, 2}, {0, 1}} {
			l.leaves(b, "after "+strconv.Itoa(used), budget.Day, want[0], want[1])
			l.must(b, wire.Urgent)
		}
		l.leaves(b, "after all", budget.Day, 0, 0)
	})
}

// TestSharesDoNotRemain has a ceiling on each lane of the backlog, alone and together below the day.
func TestSharesDoNotRemain(t *testing.T) {
	inLab(t, func(l *lab) {
		l.skip(evening)
		b, stop := l.open(budget.Limits{Day: 20, Reserve: 0.1, Ceilings: map[wire.Lane]float64{wire.Fresh: 0.2, wire.Refresh: 0.3}})
		defer stop()
		l.leaves(b, "before anything", budget.Day, 10, 10)
		l.must(b, wire.Refresh)
		l.leaves(b, "when one lane took one", budget.Day, 9, 10)
		for range 4 {
			l.must(b, wire.Fresh)
		}
		l.refused(b, wire.Fresh, release)
		l.leaves(b, "with the other at its ceiling", budget.Day, 5, 10)
		l.sleepUntil(23*time.Hour + time.Second)
		l.leaves(b, "after the release", budget.Day, 15, 0)
	})
}

// TestTheReserveBoundsASharedDay has lanes whose shares are more than the day together, and urgent jobs with a share of their own.
func TestTheReserveBoundsASharedDay(t *testing.T) {
	inLab(t, func(l *lab) {
		shares := map[wire.Lane]float64{wire.Fresh: 0.6, wire.Refresh: 0.6, wire.Urgent: 0.1}
		b, stop := l.open(budget.Limits{Day: 20, Reserve: 0.25, Ceilings: shares})
		defer stop()
		l.leaves(b, "before anything", budget.Day, 15, 2)
		for range 9 {
			l.must(b, wire.Refresh)
		}
		l.leaves(b, "when one lane took nine", budget.Day, 6, 2)
		l.must(b, wire.Urgent)
		l.leaves(b, "after an urgent one", budget.Day, 5, 1)
	})
}

// TestAnIdleWorkerHearsOfShares, too, and of what the provider's page told, up to more than there is.
func TestAnIdleWorkerHearsOfShares(t *testing.T) {
	inLab(t, func(l *lab) {
		limits := budget.Limits{Day: 20, Month: 30, Reserve: 0.1, Ceilings: map[wire.Lane]float64{wire.Fresh: 0.5}}
		busy, stopBusy := l.open(limits)
		defer stopBusy()
		idle, stopIdle := l.open(limits)
		defer stopIdle()
		hear := func() {
			l.Helper()
			if err := idle.Hear(l.Context()); err != nil {
				l.Errorf("Hear = %v", err)
			}
		}
		for range 3 {
			l.must(busy, wire.Fresh)
		}
		hear()
		l.leaves(idle, "after three of another", budget.Day, 15, 2)
		for _, c := range []struct{ add, remaining, reserved, month int }{{10, 5, 2, 17}, {5, 0, 2, 12}, {1, 0, 1, 11}, {100, 0, 0, 0}} {
			if err := busy.Add(l.Context(), busy.Now(), c.add, c.add); err != nil {
				l.Fatalf("Add = %v", err)
			}
			hear()
			l.leaves(idle, "with what the page told", budget.Day, c.remaining, c.reserved)
			l.leaves(idle, "with what the page told", budget.Month, c.month, 0)
		}
		l.sleepUntil(24*time.Hour + time.Minute)
		l.leaves(idle, "on the next day", budget.Day, 18, 2)
		hear()
		l.leaves(idle, "on the next day, when it has asked,", budget.Day, 18, 2)
		l.leaves(idle, "on the next day", budget.Month, 0, 0)
	})
}

// TestTheUrgentSlotDoesNotRemain of the window, where one is kept.
func TestTheUrgentSlotDoesNotRemain(t *testing.T) {
	inLab(t, func(l *lab) {
		l.sleepUntil(time.Hour)
		b, stop := l.open(budget.Limits{Window: quota.Window{Requests: 4, Per: time.Minute}, Day: 500, Reserve: 0.05})
		defer stop()
		l.leaves(b, "before anything", budget.Minute, 3, 1)
		for range 3 {
			l.must(b, wire.Fresh)
		}
		l.leaves(b, "after three", budget.Minute, 0, 1)
		l.must(b, wire.Urgent)
		l.leaves(b, "after four", budget.Minute, 0, 0)
		b.Hold(l.Context(), 10*time.Minute)
		l.sleep(2 * time.Minute)
		l.leaves(b, "in a hold", budget.Minute, 0, 0)
	})
}
