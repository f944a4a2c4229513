package budget

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/wire"
)

const (
	// spendTimeout bounds one publish to a counter. It is longer than an election, since what times out may have counted.
	spendTimeout = 10 * time.Second
	// headerIncrement is how a counter is moved (the server's counters).
	headerIncrement = "Nats-Incr"
)

// A ledger counts what was spent, on the server.
type ledger struct {
	js      jetstream.JetStream
	account wire.Account
	limits  Limits
	heard   hearsay
}

// A spending is what a request has moved.
type spending struct {
	units    int
	subjects []string // Of the counters.
}

// spend moves the counters of a request, all at a time, and tells which. Where they have room for fewer units than are wanted the rest
// is moved back. When some are full, or one did not answer, those that are known to have moved are moved back, and nothing is granted.
func (l *ledger) spend(ctx context.Context, lane wire.Lane, units int, at time.Time) (spent spending, full []counter, err error) {
	counters := l.limits.counters(l.account, lane, at)
	sums, errs := l.moveAll(ctx, counters, units)
	moved, granted := spending{units: units}, units
	for i, c := range counters {
		if errs[i] != nil {
			err = errs[i] // It may have counted or not: to move it back could spend a unit twice.
			continue
		}
		moved.subjects = append(moved.subjects, c.subject)
		granted = min(granted, units-c.over(sums[i]))
		if c.over(sums[i]) >= units {
			full = append(full, c)
		}
	}
	if err != nil || len(full) > 0 {
		l.refund(ctx, moved)
		return spending{}, full, err
	}
	l.refund(ctx, spending{units: units - granted, subjects: moved.subjects})
	return spending{units: granted, subjects: moved.subjects}, nil, nil
}

// still reads counters, and tells until when they would refuse one request more: the zero time when none would.
// The answer of a move by nothing is the leader's, where a direct read could be a follower's that is behind.
func (l *ledger) still(ctx context.Context, counters []counter) (time.Time, error) {
	var until time.Time
	sums, errs := l.moveAll(ctx, counters, 0)
	for i, c := range counters {
		if errs[i] != nil {
			return time.Time{}, errs[i]
		}
		until = later(until, c.refuses(sums[i]+1))
	}
	return until, nil
}

// moveAll moves counters at the same time. The slices of its answer are as long as that of the counters.
func (l *ledger) moveAll(ctx context.Context, counters []counter, by int) (sums []int, errs []error) {
	sums, errs = make([]int, len(counters)), make([]error, len(counters))
	var moving sync.WaitGroup
	for i, c := range counters {
		moving.Go(func() { sums[i], errs[i] = l.move(ctx, c.subject, by) })
	}
	moving.Wait()
	return sums, errs
}

// move adds to a counter and gives its sum. It is not repeated: what times out may have counted, which costs one unit at most.
func (l *ledger) move(ctx context.Context, subject string, by int) (int, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), spendTimeout)
	defer cancel()
	message := nats.NewMsg(subject)
	message.Header.Set(headerIncrement, fmt.Sprintf("%+d", by))
	// No expectation about the stream: the server refuses any on a counter.
	ack, err := l.js.PublishMsg(ctx, message, jetstream.WithRetryAttempts(0))
	if err != nil {
		return 0, fault.New(fault.Transient, fmt.Errorf("counting a request: %w", err))
	}
	sum, err := strconv.Atoi(ack.Value)
	if err != nil { // A duplicate's ack carries no sum, and is no grant.
		return 0, fault.New(fault.Transient, fmt.Errorf("counting a request: no sum in the answer: %w", err))
	}
	l.heard.note(subject, sum, ack.Sequence)
	return sum, nil
}

// refund moves counters back, once. What fails stays counted: the budget is then that much smaller, never larger.
func (l *ledger) refund(ctx context.Context, s spending) {
	if s.units == 0 {
		return
	}
	var moving sync.WaitGroup
	for _, subject := range s.subjects {
		moving.Go(func() { _, _ = l.move(ctx, subject, -s.units) }) // See above.
	}
	moving.Wait()
}
