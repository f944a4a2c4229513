package budget_test

import (
	"testing"
	"time"

	"vtq.internal/services/lookup/internal/budget"
	"vtq.internal/services/lookup/internal/quota"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// TestSetClock has the server's clock be hours ahead of what the worker knows, as after a night in a bag, while a lane is closed.
func TestSetClock(t *testing.T) {
	inLab(t, func(l *lab) {
		l.skip(12 * time.Hour)
		js, stop := l.bend()
		defer stop()
		b := l.through(js, account(), budget.Limits{Day: 1}, budget.Watch{})
		l.must(b, wire.Fresh)
		l.refused(b, wire.Fresh, tomorrow)
		js.ahead.Store(int64(3 * time.Hour))
		before := js.readings.Load()
		for _, c := range []struct {
			after    time.Duration
			readings int64
			left     time.Duration
		}{
			{0, 0, 12 * time.Hour},
			{9 * time.Minute, 0, 12*time.Hour - 9*time.Minute},
			{2 * time.Minute, 1, 9*time.Hour - 11*time.Minute},
			{0, 1, 9*time.Hour - 11*time.Minute},
		} {
			l.sleep(c.after)
			if err := b.SetClock(l.Context()); err != nil {
				l.Errorf("SetClock = %v", err)
			}
			if got := js.readings.Load() - before; got != c.readings {
				l.Errorf("%d readings, want %d", got, c.readings)
			}
			if got := b.Spent(wire.Fresh); (got - c.left).Abs() > quota.Guard+2*time.Second {
				l.Errorf("Spent = %v, want about %v", got, c.left)
			}
		}
	})
}

// TestSetClockHasWaitersTry frees a slot whose end a worker sleeps for.
func TestSetClockHasWaitersTry(t *testing.T) {
	inLab(t, func(l *lab) {
		b, stop := l.open(budget.Limits{Window: quota.Window{Requests: 1, Per: time.Hour}})
		defer stop()
		l.must(b, wire.Fresh)
		began, served := time.Now(), make(chan time.Duration)
		go func() { l.must(b, wire.Fresh); served <- time.Since(began) }()
		l.sleep(11 * time.Minute)
		l.loseLast(stream.Quota)
		if err := b.SetClock(l.Context()); err != nil {
			l.Errorf("SetClock = %v", err)
		}
		if took := <-served; took > 12*time.Minute {
			l.Errorf("a permit after %v, want one as soon as the clock was set", took)
		}
	})
}

func TestSetClockWithoutAServer(t *testing.T) {
	inLab(t, func(l *lab) {
		b, stop := l.open(public())
		defer stop()
		l.sleep(11 * time.Minute)
		l.server.Stop()
		defer l.server.Start()
		if err := b.SetClock(l.Context()); fault.KindOf(err) != fault.Transient {
			l.Errorf("SetClock without a server = %v, want a transient fault", err)
		}
	})
}

// TestAStampIsReadWhenTheClockBecameStale has a reading become too old while a slot is taken, at noon.
func TestAStampIsReadWhenTheClockBecameStale(t *testing.T) {
	for name, late := range map[string]time.Duration{"in time": 0, "too old meanwhile": 500 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.skip(12 * time.Hour)
				js, stop := l.bend()
				defer stop()
				b := l.through(js, account(), public(), budget.Watch{})
				js.slotFunc = func(err error) error { l.sleep(late); return err }
				count, stopCount := l.requests()
				defer stopCount()
				l.sleep(10*time.Minute - 250*time.Millisecond)
				l.must(b, wire.Fresh)
				if got := count(stamp) > 0; got != (late > 0) {
					l.Errorf("a stamp was read: %v", got)
				}
			})
		})
	}
}
