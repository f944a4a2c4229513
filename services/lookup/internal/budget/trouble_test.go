package budget_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/lookup/internal/budget"
	"vtq.internal/services/lookup/internal/quota"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// counters stands in for the stream of the counters.
func (l *lab) counters(answer func(m *nats.Msg)) (stop func()) {
	l.Helper()
	nc := l.connect()
	js, err := jetstream.New(nc)
	if err != nil {
		l.Fatal(err)
	}
	if err := js.DeleteStream(l.Context(), stream.Spend); err != nil {
		l.Fatal(err)
	}
	if _, err := nc.Subscribe(wire.AllSpend, answer); err != nil {
		l.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		l.Fatal(err)
	}
	return nc.Close
}

// A telling is when a watch was told of trouble.
type telling struct {
	mu sync.Mutex
	at []time.Time
}

func (t *telling) hear(error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.at = append(t.at, time.Now())
}

func (t *telling) all() []time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.at)
}

// TestTroubleIsTold has the streams of the quota answer nothing for some minutes. Nothing is granted, and the job waits.
func TestTroubleIsTold(t *testing.T) {
	inLab(t, func(l *lab) {
		var silent atomic.Bool
		silent.Store(true)
		stopCounters := l.counters(func(m *nats.Msg) {
			ack := `{"stream":"VTQ_SPEND","seq":1,"val":"1"}`
			if silent.Load() {
				ack = `{"stream":"VTQ_SPEND","seq":1,"duplicate":true}` // An answer without a sum is no grant.
			}
			_ = m.Respond([]byte(ack))
		})
		defer stopCounters()
		var told telling
		watch := budget.Watch{TroubleFunc: told.hear}
		b, stop := l.watched(account(), budget.Limits{Day: 5}, watch)
		defer stop()
		l.sleep(time.Minute)
		began := time.Now()
		time.AfterFunc(150*time.Second, func() { silent.Store(false) })
		if _, took := l.must(b, wire.Fresh); took < 150*time.Second || took > 153*time.Second {
			l.Errorf("a permit after %v, want one as soon as the counters answered", took)
		}
		at := told.all()
		if len(at) != 3 || at[0].Sub(began) > time.Second || at[2].Sub(began) > 130*time.Second {
			l.Errorf("trouble told at %v, want at once and each minute", at)
		}
	})
}

// TestTroubleOfTheQuotaStream has it gone. To be interrupted meanwhile is no trouble.
func TestTroubleOfTheQuotaStream(t *testing.T) {
	inLab(t, func(l *lab) {
		var told telling
		watch := budget.Watch{TroubleFunc: told.hear}
		b, stop := l.watched(account(), public(), watch)
		defer stop()
		nc := l.connect()
		defer nc.Close()
		js, err := jetstream.New(nc)
		if err != nil {
			l.Fatal(err)
		}
		if err := js.DeleteStream(l.Context(), stream.Quota); err != nil {
			l.Fatal(err)
		}
		b.Hold(l.Context(), time.Minute)
		if got := len(told.all()); got != 1 {
			l.Errorf("told %d times, want that a hold could not stand", got)
		}
		l.sleep(2 * time.Minute)
		ctx, cancel := context.WithTimeout(l.Context(), 30*time.Second)
		defer cancel()
		if _, err := b.Take(ctx, budget.Want{Lane: wire.Fresh}); fault.KindOf(err) != fault.Interrupted {
			l.Errorf("Take without the stream = %v, want it to wait until it is interrupted", err)
		}
		if got := len(told.all()); got != 2 {
			l.Errorf("told %d times, want that no slot can be taken, once more", got)
		}
		l.sleep(2 * time.Minute)
		_, _ = b.Take(ctx, budget.Want{Lane: wire.Fresh})
		b.Hold(ctx, time.Second)
		if got := len(told.all()); got != 2 {
			l.Errorf("told %d times, want nothing of what was interrupted", got)
		}
	})
}

// TestAVoidPermitIsTold has the counters take longer than a permit lives, once.
func TestAVoidPermitIsTold(t *testing.T) {
	inLab(t, func(l *lab) {
		var asked atomic.Int64
		stopCounters := l.counters(func(m *nats.Msg) {
			answer := func() { _ = m.Respond(fmt.Appendf(nil, `{"stream":"VTQ_SPEND","seq":1,"val":"%d"}`, 1)) }
			if asked.Add(1) == 1 {
				time.AfterFunc(2*time.Second, answer)
				return
			}
			answer()
		})
		defer stopCounters()
		voids := 0
		limits := budget.Limits{Window: quota.Window{Requests: 2, Per: time.Minute}, Day: 5}
		b, stop := l.watched(account(), limits, budget.Watch{VoidFunc: func() { voids++ }})
		defer stop()
		l.sleep(time.Minute)
		permit, took := l.must(b, wire.Fresh)
		if voids != 1 || permit.Void() || took < 2*time.Second || asked.Load() != 3 {
			l.Errorf("%d permits void, %d counts, one after %v; want one void, which was refunded, and the next", voids, asked.Load(), took)
		}
	})
}
