package budget_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/lookup/internal/budget"
	"vtq.internal/services/lookup/internal/quota"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/wire"
)

// slots stands in for the stream of the slots, where there are none: it answers reads after some time.
func (l *lab) slots(late time.Duration) (stop func()) {
	l.Helper()
	nc := l.connect()
	js, err := jetstream.New(nc)
	if err != nil {
		l.Fatal(err)
	}
	if err := js.DeleteStream(l.Context(), stream.Quota); err != nil {
		l.Fatal(err)
	}
	if _, err := nc.Subscribe("$JS.API.DIRECT.GET."+stream.Quota, func(m *nats.Msg) {
		answer := nats.NewMsg(m.Reply)
		answer.Header.Set("Status", "404")
		time.AfterFunc(late, func() { _ = nc.PublishMsg(answer) })
	}); err != nil {
		l.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		l.Fatal(err)
	}
	return nc.Close
}

// TestASlowReadDoesNotReachMidnight asks for an unlimited permit just before the guard, and has the read that goes before take long.
func TestASlowReadDoesNotReachMidnight(t *testing.T) {
	for name, c := range map[string]struct{ late, want time.Duration }{
		"a read in time": {500 * time.Millisecond, -quota.Guard},
		"into the guard": {1500 * time.Millisecond, quota.Guard + 2*time.Second},
		"up to midnight": {4900 * time.Millisecond, quota.Guard + 5*time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				midnight := testkit.Epoch().Add(24 * time.Hour)
				l.skip(24*time.Hour - time.Minute)
				b, stop := l.open(budget.Limits{Day: 100})
				defer stop()
				stopSlots := l.slots(c.late)
				defer stopSlots()
				l.sleep(time.Until(midnight.Add(-quota.Guard - time.Second)))
				permit, _ := l.must(b, wire.Fresh)
				if got := time.Since(midnight); got > c.want || got > -quota.Guard && got < quota.Guard {
					l.Errorf("a permit %v from midnight, want one by %v and not within the guard", got, c.want)
				}
				if l.sleep(time.Second + 1); !permit.Void() {
					l.Error("a permit without a window lives for more than a second")
				}
			})
		})
	}
}
