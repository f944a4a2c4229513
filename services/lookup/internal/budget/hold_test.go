package budget_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/lookup/internal/budget"
	"vtq.internal/services/lookup/internal/quota"
	"vtq.internal/shared/wire"
)

func TestHold(t *testing.T) {
	cases := map[string]struct {
		holds []time.Duration // One a second.
		want  time.Duration   // From the first on.
	}{
		"one":                        {[]time.Duration{10 * time.Second}, 10 * time.Second},
		"no time at all":             {[]time.Duration{0}, time.Second},
		"part of a second":           {[]time.Duration{1500 * time.Millisecond}, 2 * time.Second},
		"one that ends sooner":       {[]time.Duration{30 * time.Second, 10 * time.Second}, 30 * time.Second},
		"a longer one":               {[]time.Duration{10 * time.Second, 30 * time.Second}, 31 * time.Second},
		"a shorter one between":      {[]time.Duration{20 * time.Second, 5 * time.Second, time.Minute}, 62 * time.Second},
		"two longer: one is lost":    {[]time.Duration{10 * time.Second, 30 * time.Second, time.Minute}, 31 * time.Second},
		"the first has ended before": {[]time.Duration{time.Second, 5 * time.Second}, 6 * time.Second},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				limits := budget.Limits{Window: quota.Window{Requests: 600, Per: time.Minute}}
				b, stop := l.open(limits)
				defer stop()
				other, stopOther := l.open(limits)
				defer stopOther()
				l.must(other, wire.Fresh) // Its pool has something left, and is void in a second.
				began := time.Now()
				for _, d := range c.holds {
					b.Hold(l.Context(), d)
					l.sleep(time.Second)
				}
				l.sleep(time.Millisecond)
				l.must(other, wire.Urgent)
				if got := time.Since(began); got < c.want || got > c.want+time.Second {
					l.Errorf("nothing taken for %v, want %v", got, c.want)
				}
			})
		})
	}
}

// TestAHoldIsBounded reads how long what stands will live.
func TestAHoldIsBounded(t *testing.T) {
	inLab(t, func(l *lab) {
		b, stop := l.open(budget.Limits{})
		defer stop()
		b.Hold(l.Context(), 24*time.Hour+time.Second)
		if got := l.standing()[0].Header.Get(jetstream.MsgTTLHeader); got != "24h0m0s" {
			l.Errorf("a hold of more than a day lives for %s, want a day", got)
		}
	})
}

// TestAHoldDropsWhatIsAskedFor has a worker be told to hold while it takes a slot of several permits.
func TestAHoldDropsWhatIsAskedFor(t *testing.T) {
	inLab(t, func(l *lab) {
		js, stop := l.bend()
		defer stop()
		js.slotFunc = func(err error) error { l.sleep(500 * time.Millisecond); return err }
		b := l.through(js, account(), budget.Limits{Window: quota.Window{Requests: 600, Per: time.Minute}}, budget.Watch{})
		l.sleep(time.Minute)
		began, served := time.Now(), make(chan time.Duration)
		go func() { l.must(b, wire.Fresh); served <- time.Since(began) }()
		l.sleep(100 * time.Millisecond)
		b.Hold(l.Context(), 10*time.Second)
		if took := <-served; took < 10*time.Second {
			l.Errorf("a permit %v after the take began that a hold overtook, want none before its end", took)
		}
	})
}
