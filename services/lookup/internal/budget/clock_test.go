package budget_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"vtq.internal/services/lookup/internal/budget"
	"vtq.internal/services/lookup/internal/quota"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/wire"
)

// requests counts what the server is asked, by words of the subject and the body.
func (l *lab) requests() (count func(words string) int, stop func()) {
	l.Helper()
	var mu sync.Mutex
	var asked []string
	nc := l.connect()
	if _, err := nc.Subscribe("$JS.API.>", func(m *nats.Msg) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, m.Subject+string(m.Data))
	}); err != nil {
		l.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		l.Fatal(err)
	}
	return func(words string) int {
		if err := nc.Flush(); err != nil {
			l.Error(err)
		}
		l.sleep(time.Millisecond) // Until all that arrived is noted, too.
		mu.Lock()
		defer mu.Unlock()
		n := 0
		for _, request := range asked {
			if strings.Contains(request, words) {
				n++
			}
		}
		return n
	}, nc.Close
}

// TestTheClockIsReadNowAndThen counts readings of the server's clock over an hour, and of the stamps of takes.
func TestTheClockIsReadNowAndThen(t *testing.T) {
	cases := map[string]budget.Limits{
		"with a window":    {Window: quota.Window{Requests: 4, Per: time.Minute}, Day: 1000},
		"without a window": {Day: 1000},
	}
	for name, limits := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.skip(22 * time.Hour)
				b, stop := l.open(limits)
				defer stop()
				count, stopCount := l.requests()
				defer stopCount()
				for began := time.Now(); time.Since(began) < time.Hour; {
					l.must(b, wire.Fresh)
					l.sleep(time.Minute)
				}
				if got := count("STREAM.INFO.VTQ_QUOTA"); got < 5 || got > 6 {
					l.Errorf("the clock was read %d times in an hour, want each ten minutes", got)
				}
				if got := count(stamp); got != 0 {
					l.Errorf("%d stamps read far from midnight, want none", got)
				}
				if off := time.Since(b.Now()).Abs(); off > time.Second {
					l.Errorf("the server's time is off by %v", off)
				}
			})
		})
	}
}

// stamp is how a message is read by its sequence, which the slots are not.
const stamp = `{"seq":`

// TestStampsAreReadNearMidnight takes slots on both sides of ten minutes before it.
func TestStampsAreReadNearMidnight(t *testing.T) {
	inLab(t, func(l *lab) {
		l.skip(23*time.Hour + 45*time.Minute)
		b, stop := l.open(budget.Limits{Window: quota.Window{Requests: 4, Per: time.Minute}, Day: 1000})
		defer stop()
		count, stopCount := l.requests()
		defer stopCount()
		midnight, near := testkit.Epoch().Add(24*time.Hour), 0
		for time.Until(midnight) > time.Minute {
			if time.Until(midnight) < 10*time.Minute {
				near++
			}
			l.must(b, wire.Fresh)
			l.sleep(17 * time.Second)
		}
		if got := count(stamp); got != near || near == 0 {
			l.Errorf("%d stamps read, want one for each of the %d takes near midnight", got, near)
		}
	})
}
