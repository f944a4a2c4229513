package budget_test

import (
	"testing"
	"time"

	"vtq.internal/services/lookup/internal/budget"
	"vtq.internal/services/lookup/internal/quota"
	"vtq.internal/shared/wire"
)

const (
	// evening is a moment before the release of the first day.
	evening = 22*time.Hour + 50*time.Minute
	// release and tomorrow are when a closed lane comes back.
	release  = 23*time.Hour + quota.Guard
	tomorrow = 24*time.Hour + quota.Guard
)

func TestTheReserveOfADay(t *testing.T) {
	inLab(t, func(l *lab) {
		l.skip(evening)
		limits := budget.Limits{Day: 10, Reserve: 0.25} // Three, rounded up.
		b, stop := l.open(limits)
		defer stop()
		other, stopOther := l.open(limits)
		defer stopOther()
		for range 7 {
			l.must(b, wire.Fresh)
		}
		l.refused(b, wire.Fresh, release)
		l.refused(other, wire.Refresh, release)
		if got := b.Spent(wire.Urgent); got != 0 {
			l.Errorf("Spent(urgent) = %v, want nothing since the reserve is left", got)
		}
		l.must(b, wire.Urgent)
		if got := l.counted("vtq.spend.virustotal.main.20800101"); got != "8" {
			l.Errorf("%s counted of the day, want 8: what is refused counts for nothing", got)
		}
		l.sleep(release - evening)
		l.must(other, wire.Refresh)
		l.must(b, wire.Fresh)
		for _, lane := range wire.Lanes() {
			l.refused(b, lane, tomorrow)
		}
	})
}

func TestTheReserveLeavesSomething(t *testing.T) {
	inLab(t, func(l *lab) {
		b, stop := l.open(budget.Limits{Day: 1, Reserve: 1})
		defer stop()
		l.must(b, wire.Refresh)
	})
}

func TestCeilings(t *testing.T) {
	inLab(t, func(l *lab) {
		l.skip(evening)
		limits := budget.Limits{Day: 10, Ceilings: map[wire.Lane]float64{wire.Fresh: 0.39, wire.Refresh: 0, wire.Urgent: 1}}
		b, stop := l.open(limits)
		defer stop()
		for range 3 {
			l.must(b, wire.Fresh)
		}
		l.refused(b, wire.Fresh, release)
		l.refused(b, wire.Refresh, release)
		permit, _ := l.must(b, wire.Urgent)
		day := account().SpendSubject("20800101")
		for subject, want := range map[string]string{
			day: "4", account().LaneSpendSubject("20800101", wire.Fresh): "3", account().LaneSpendSubject("20800101", wire.Refresh): "0",
		} {
			if got := l.counted(subject); got != want {
				l.Errorf("%s counts %s, want %s", subject, got, want)
			}
		}
		permit.Release()
		l.sleep(release - evening)
		for range 7 {
			permit, _ = l.must(b, wire.Fresh)
		}
		permit.Release()
		if day, lane := l.counted(day), l.counted(account().LaneSpendSubject("20800101", wire.Fresh)); day != "9" || lane != "9" {
			l.Errorf("after a release %s counted of the day and %s of the lane, want 9", day, lane)
		}
	})
}

// TestTheLatestRefusalCounts has both the day and the month full.
func TestTheLatestRefusalCounts(t *testing.T) {
	inLab(t, func(l *lab) {
		l.sleep(time.Minute)
		b, stop := l.open(budget.Limits{Day: 2, Month: 2, Reserve: 0.5, Ceilings: map[wire.Lane]float64{wire.Fresh: 0.5}})
		defer stop()
		l.must(b, wire.Fresh)
		l.refused(b, wire.Fresh, release)
		l.must(b, wire.Urgent)
		l.refused(b, wire.Urgent, 30*24*time.Hour+tomorrow)
	})
}

// TestReckon has the limit of a day raised, by a worker that starts.
func TestReckon(t *testing.T) {
	inLab(t, func(l *lab) {
		l.sleep(time.Minute)
		b, stop := l.open(budget.Limits{Day: 1})
		defer stop()
		l.must(b, wire.Fresh)
		for limit, want := range map[int]time.Duration{1: tomorrow - time.Minute, 2: 0} {
			fellow, stopFellow := l.open(budget.Limits{Day: limit})
			defer stopFellow()
			got, err := fellow.Reckon(l.Context(), wire.Fresh)
			if err != nil || (got-want).Abs() > time.Second || fellow.Spent(wire.Fresh) != got {
				l.Errorf("Reckon with a limit of %d = %v, %v, want %v", limit, got, err, want)
			}
		}
	})
}
