package stream_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/stream"
)

var errWork = errors.New("the work failed")

// TestSettle walks the table: what the server is told, and what becomes of the message.
func TestSettle(t *testing.T) {
	cases := map[string]struct {
		err    error
		kind   fault.Kind
		settle string
		again  bool // Whether the message is still there.
		least  time.Duration
		most   time.Duration // Of the delay.
	}{
		"success":           {nil, fault.Unknown, "ack", false, 0, 0},
		"gone":              {fault.New(fault.Gone, errWork), fault.Gone, "ack", false, 0, 0},
		"transient":         {fault.New(fault.Transient, errWork), fault.Transient, "nak", true, 4 * time.Second, 6 * time.Second},
		"unknown":           {errWork, fault.Unknown, "nak", true, 4 * time.Second, 6 * time.Second},
		"deadline":          {context.DeadlineExceeded, fault.Transient, "nak", true, 4 * time.Second, 6 * time.Second},
		"quota":             {fault.New(fault.Quota, errWork), fault.Quota, "nak", true, 4 * time.Second, 6 * time.Second},
		"quota until later": {fault.After(fault.Quota, time.Hour, errWork), fault.Quota, "nak", true, time.Hour, time.Hour},
		"quota until soon":  {fault.After(fault.Quota, time.Second, errWork), fault.Quota, "nak", true, 4 * time.Second, 6 * time.Second},
		"denied":            {fault.New(fault.Denied, errWork), fault.Denied, "nak", true, 4 * time.Second, 6 * time.Second},
		"told to wait":      {fault.After(fault.Transient, time.Minute, errWork), fault.Transient, "nak", true, time.Minute, time.Minute},
		"interrupted":       {fault.New(fault.Interrupted, errWork), fault.Interrupted, "nak", true, 0, 0},
		"canceled":          {fmt.Errorf("asking: %w", context.Canceled), fault.Interrupted, "nak", true, 0, 0},
		"permanent":         {fault.New(fault.Permanent, errWork), fault.Permanent, "term", false, 0, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.publish(to(1), jobSubject)
				message := l.take(l.jobs())
				got := l.settler(stream.Jobs).Settle(l.Context(), message, c.err)
				if got.Kind != c.kind || got.Settle != c.settle || !errors.Is(got.Err, c.err) || got.Delay < c.least || got.Delay > c.most {
					l.Errorf("Settle(%v) = %+v, want %v by %s after %v to %v", c.err, got, c.kind, c.settle, c.least, c.most)
				}
				if !c.again {
					l.gone()
					return
				}
				settled := time.Now()
				if again := l.take(l.jobs()); stream.Delivery(again) != 2 || time.Since(settled) != got.Delay {
					l.Errorf("it came again as delivery %d after %v, want 2 after %v", stream.Delivery(again), time.Since(settled), got.Delay)
				}
			})
		})
	}
}

// gone makes sure that no job is left, and that none comes again.
func (l *lab) gone() {
	l.Helper()
	ctx, cancel := context.WithTimeout(l.Context(), 5*time.Minute)
	defer cancel()
	if err := l.loop(ctx, l.jobs(), func(jetstream.Msg) { l.Error("a settled job came again") }); err != nil {
		l.Fatal(err)
	}
	if n := l.stored(stream.Jobs); n != 0 {
		l.Errorf("%d jobs are left, want none", n)
	}
}

// TestSettleTakesItsOwnTime settles although everything around it has ended.
func TestSettleTakesItsOwnTime(t *testing.T) {
	for name, err := range map[string]error{"ack": nil, "dead letter": fault.New(fault.Permanent, errWork)} {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.publish(to(1), jobSubject)
				message, settler := l.take(l.jobs()), l.settler(stream.Jobs)
				ctx, cancel := context.WithCancel(l.Context())
				cancel()
				if got := settler.Settle(ctx, message, err); got.Settle == "lost" {
					l.Errorf("Settle(%v) with an ended context = %+v", err, got)
				}
				l.gone()
			})
		})
	}
}

// TestSettleLost has no server to tell: a settlement gives up in time and says nothing final. What it said may still count when the
// server is back, if it waited in the connection, or the message comes again; then it is settled once more.
func TestSettleLost(t *testing.T) {
	cases := map[string]error{
		"success":   nil,
		"gone":      fault.New(fault.Gone, errWork),
		"permanent": fault.New(fault.Permanent, errWork),
	}
	for name, work := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.publish(to(1), jobSubject)
				message, settler := l.take(l.jobs()), l.settler(stream.Jobs)
				l.server.Stop()
				began := time.Now()
				got := settler.Settle(l.Context(), message, work)
				if got.Settle != "lost" || got.Kind != fault.Transient || got.Err == nil || work != nil && !errors.Is(got.Err, work) {
					l.Errorf("Settle(%v) without a server = %+v, want it lost and transient", work, got)
				}
				if took := time.Since(began); took > 15*time.Second {
					l.Errorf("Settle(%v) without a server took %v", work, took)
				}
				l.server.Start()
				ctx, cancel := context.WithTimeout(l.Context(), 5*time.Minute)
				defer cancel()
				if err := l.loop(ctx, l.jobs(), func(again jetstream.Msg) { settler.Settle(ctx, again, work) }); err != nil {
					l.Fatal(err)
				}
				l.gone()
				if n := l.stored(stream.DeadLetters); n > 1 {
					l.Errorf("%d dead letters, want 1 at most", n)
				}
			})
		})
	}
}

// A delivered is a message that says only how often it was delivered, and hears with which delay it is given back.
type delivered struct {
	jetstream.Msg
	n     uint64
	err   error // Of everything.
	delay *time.Duration
}

func (d delivered) Metadata() (*jetstream.MsgMetadata, error) {
	return &jetstream.MsgMetadata{NumDelivered: d.n, Timestamp: time.Unix(0, 0)}, d.err
}

func (d delivered) Headers() nats.Header { return nil }

func (d delivered) NakWithDelay(delay time.Duration) error {
	*d.delay = delay
	return d.err
}

// TestSettleBacksOff holds the delays to their bounds, and sees both ends of the jitter.
func TestSettleBacksOff(t *testing.T) {
	middle := map[uint64]time.Duration{ // By delivery.
		1: 5 * time.Second, 2: 10 * time.Second, 3: 20 * time.Second, 7: 320 * time.Second,
		8: 10 * time.Minute, 9: 10 * time.Minute, 20: 10 * time.Minute, 64: 10 * time.Minute, math.MaxUint64: 10 * time.Minute,
	}
	settler := stream.NewSettler(nil, "lookup", time.Time{})
	for n, want := range middle {
		shortest, longest := time.Duration(math.MaxInt64), time.Duration(0)
		for range 1000 {
			var told time.Duration
			got := settler.Settle(t.Context(), delivered{n: n, delay: &told}, fault.New(fault.Transient, errWork))
			if told != got.Delay {
				t.Fatalf("delivery %d: the server is told %v, the log %v", n, told, got.Delay)
			}
			shortest, longest = min(shortest, told), max(longest, told)
		}
		least, most := want*4/5, want*6/5
		if shortest < least || longest > most {
			t.Errorf("delivery %d waits %v to %v, want within %v to %v", n, shortest, longest, least, most)
		}
		if shortest > want*9/10 || longest < want*11/10 {
			t.Errorf("delivery %d waits %v to %v, which is hardly spread", n, shortest, longest)
		}
	}
}

func TestExhausted(t *testing.T) {
	errBroken := errors.New("no metadata")
	cases := map[string]struct {
		message delivered
		n       int
		err     string
	}{
		"first":     {delivered{n: 1}, 1, ""},
		"last":      {delivered{n: stream.MaxAttempts}, 20, ""},
		"too often": {delivered{n: stream.MaxAttempts + 1}, 21, "delivered 21 times, at most 20"},
		"endless":   {delivered{n: math.MaxUint64}, 1 << 30, "delivered 1073741824 times, at most 20"},
		"unknown":   {delivered{n: 99, err: errBroken}, 1, ""},
	}
	for name, c := range cases {
		if got := stream.Delivery(c.message); got != c.n {
			t.Errorf("%s: Delivery = %d, want %d", name, got, c.n)
		}
		err := stream.Exhausted(c.message)
		if c.err == "" && err != nil || c.err != "" && (err == nil || err.Error() != c.err || fault.KindOf(err) != fault.Permanent) {
			t.Errorf("%s: Exhausted = %v, want a permanent %q", name, err, c.err)
		}
	}
}
