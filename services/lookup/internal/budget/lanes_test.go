package budget_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"vtq.internal/services/lookup/internal/budget"
	"vtq.internal/services/lookup/internal/quota"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/wire"
)

// TestOneSlotIsForUrgentJobs has the backlog of one worker take all it may, and then an urgent job ask another worker, whose own
// backlog sleeps until the first slot expires.
func TestOneSlotIsForUrgentJobs(t *testing.T) {
	cases := map[string]struct {
		slots   int
		reserve float64
		backlog int // How much it gets at once.
		waits   bool
	}{
		"four slots, a reserve":    {4, 0.2, 3, false},
		"eight slots, a small one": {8, 0.001, 7, false},
		"three slots":              {3, 0.2, 3, true},
		"no reserve":               {4, 0, 4, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				limits := budget.Limits{Window: quota.Window{Requests: c.slots, Per: time.Minute}, Reserve: c.reserve}
				b, stop := l.open(limits)
				defer stop()
				other, stopOther := l.open(limits)
				defer stopOther()
				ctx, cancel := context.WithTimeout(l.Context(), 30*time.Second)
				defer cancel()
				done := make(chan struct{}, 2)
				for _, each := range []*budget.Budget{b, other} {
					go func() { l.work(ctx, each, wire.Fresh); done <- struct{}{} }()
				}
				l.sleep(10 * time.Second)
				_, took := l.must(other, wire.Urgent)
				if got := took > time.Second; got != c.waits {
					l.Errorf("an urgent job waited %v, want that to be long: %v", took, c.waits)
				}
				<-done
				<-done
				if got := len(l.calls); got != c.backlog {
					l.Errorf("the backlog got %d calls at once, want %d", got, c.backlog)
				}
			})
		})
	}
}

// TestUrgentJobsLeaveTheirSlotToOneAnother has urgent jobs take slots that the backlog could have, as long as there are any.
func TestUrgentJobsLeaveTheirSlotToOneAnother(t *testing.T) {
	inLab(t, func(l *lab) {
		b, stop := l.open(budget.Limits{Window: quota.Window{Requests: 4, Per: time.Minute}, Reserve: 0.2})
		defer stop()
		for range 4 {
			if _, took := l.must(b, wire.Urgent); took > time.Second {
				l.Errorf("an urgent job waited %v, want all four slots at once", took)
			}
		}
		taken := l.standing()
		if got, want := taken[len(taken)-1].Subject, account().SlotSubject(3); got != want {
			l.Errorf("%s was taken last, want the reserved slot %s", got, want)
		}
	})
}

// TestTheRestOfASlotIsForAnybody has an urgent job take the reserved slot, of a share of three.
func TestTheRestOfASlotIsForAnybody(t *testing.T) {
	inLab(t, func(l *lab) {
		b, stop := l.open(budget.Limits{Window: quota.Window{Requests: 3 * 256, Per: time.Minute}, Reserve: 0.2})
		defer stop()
		for slot := range 255 {
			l.take(account().SlotSubject(slot))
		}
		for _, lane := range []wire.Lane{wire.Urgent, wire.Fresh, wire.Refresh} {
			if _, took := l.must(b, lane); took > 100*time.Millisecond {
				l.Errorf("a job of lane %s waited %v, want a part of the last slot at once", lane, took)
			}
		}
	})
}

// TestLanesAreServedInOrder has jobs of all lanes wait for the only slot of one worker, in the wrong order.
func TestLanesAreServedInOrder(t *testing.T) {
	inLab(t, func(l *lab) {
		b, stop := l.open(budget.Limits{Window: quota.Window{Requests: 1, Per: time.Minute}})
		defer stop()
		l.must(b, wire.Refresh)
		served := make(chan wire.Lane, 6)
		for range 2 {
			for _, lane := range []wire.Lane{wire.Refresh, wire.Fresh, wire.Urgent} {
				go func() {
					if _, err := b.Take(l.Context(), budget.Want{Lane: lane}); err != nil {
						l.Errorf("Take(%s) = %v", lane, err)
					}
					served <- lane
				}()
			}
		}
		var got []wire.Lane
		for range 6 {
			got = append(got, <-served)
		}
		if want := []wire.Lane{"urgent", "urgent", "fresh", "fresh", "refresh", "refresh"}; !slices.Equal(got, want) {
			l.Errorf("lanes served as %v, want %v", got, want)
		}
	})
}

func TestYield(t *testing.T) {
	inLab(t, func(l *lab) {
		b, stop := l.open(budget.Limits{Window: quota.Window{Requests: 1, Per: time.Minute}})
		defer stop()
		yield := func(lane wire.Lane) time.Duration {
			began := time.Now()
			if err := b.Yield(l.Context(), lane); err != nil {
				l.Errorf("Yield(%s) = %v", lane, err)
			}
			return time.Since(began)
		}
		l.must(b, wire.Fresh)
		if took := yield(wire.Refresh); took > 0 {
			l.Errorf("a refresh yielded to nobody for %v", took)
		}
		served := make(chan struct{})
		go func() { defer close(served); l.must(b, wire.Fresh) }()
		l.sleep(time.Second)
		for _, lane := range []wire.Lane{wire.Urgent, wire.Fresh} {
			if took := yield(lane); took > 0 {
				l.Errorf("lane %s yielded for %v, want not at all", lane, took)
			}
		}
		ctx, cancel := context.WithTimeout(l.Context(), time.Second)
		defer cancel()
		if err := b.Yield(ctx, wire.Refresh); fault.KindOf(err) != fault.Interrupted {
			l.Errorf("Yield until its context ends = %v, want an interrupted fault", err)
		}
		if took := yield(wire.Refresh); took < 50*time.Second || took > time.Minute {
			l.Errorf("a refresh yielded to a fresh job for %v, want until that had its slot", took)
		}
		<-served
	})
}
