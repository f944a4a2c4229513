package budget_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/lookup/internal/budget"
	"vtq.internal/services/lookup/internal/quota"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// TestATakeThatTimesOut has the answer to a take lost: the slot is not used, by nobody.
func TestATakeThatTimesOut(t *testing.T) {
	inLab(t, func(l *lab) {
		js, stop := l.bend()
		defer stop()
		lost := 0
		js.slotFunc = func(err error) error {
			if lost++; lost == 1 {
				return context.DeadlineExceeded
			}
			return err
		}
		var told telling
		b := l.through(js, account(), budget.Limits{Window: quota.Window{Requests: 1, Per: time.Minute}}, budget.Watch{TroubleFunc: told.hear})
		if _, took := l.must(b, wire.Fresh); took < time.Minute || took > 63*time.Second || len(told.all()) != 1 {
			l.Errorf("a permit after %v, trouble told %d times; want it told, and none until the slot has expired", took, len(told.all()))
		}
	})
}

// TestARefundThatFails has a unit not come back. It is not tried again.
func TestARefundThatFails(t *testing.T) {
	inLab(t, func(l *lab) {
		l.sleep(time.Minute)
		js, stop := l.bend()
		defer stop()
		refunds := 0
		js.countFunc = func(message *nats.Msg) error {
			if !strings.HasPrefix(message.Header.Get("Nats-Incr"), "-") {
				return nil
			}
			refunds++
			return nats.ErrTimeout
		}
		b := l.through(js, account(), budget.Limits{Day: 2}, budget.Watch{})
		permit, _ := l.must(b, wire.Fresh)
		permit.Release()
		l.must(b, wire.Fresh)
		if got := l.counted(account().SpendSubject("20800101")); got != "2" || refunds != 1 {
			l.Errorf("%s counted after %d refunds, want 2 after one that failed", got, refunds)
		}
		js.countFunc = nil
		l.refused(b, wire.Fresh, tomorrow)
	})
}

// loseLast has a stream lose the last message that it stored.
func (l *lab) loseLast(name string) {
	l.Helper()
	nc := l.connect()
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		l.Fatal(err)
	}
	of, err := js.Stream(l.Context(), name)
	if err != nil {
		l.Fatal(err)
	}
	if err := of.DeleteMsg(l.Context(), of.CachedInfo().State.LastSeq); err != nil {
		l.Fatal(err)
	}
}

// TestNATSLosesItsLastSecond has the last of two takes lost, with its unit: that one is granted again, and no other.
func TestNATSLosesItsLastSecond(t *testing.T) {
	inLab(t, func(l *lab) {
		l.sleep(time.Minute)
		b, stop := l.open(budget.Limits{Window: quota.Window{Requests: 2, Per: time.Minute}, Day: 2})
		defer stop()
		l.must(b, wire.Fresh)
		permit, _ := l.must(b, wire.Fresh)
		l.sleep(2 * time.Second)
		l.loseLast(stream.Quota)
		permit.Release() // The unit is off the counter; the slot's part is void.
		if _, took := l.must(b, wire.Fresh); took > 2*time.Second {
			l.Errorf("what was lost is granted after %v, want at once", took)
		}
		l.refused(b, wire.Fresh, tomorrow)
	})
}
