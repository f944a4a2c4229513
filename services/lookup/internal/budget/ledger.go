package budget

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/lookup/internal/quota"
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
}

// A limit is a counter with what it may come to, and how long until it begins anew.
type limit struct {
	subject string
	most    int
	left    time.Duration
}

// limitsAt lists the counters that a request moves at a moment of the server's time.
func (l *ledger) limitsAt(at time.Time) []limit {
	var all []limit
	if l.limits.Month > 0 {
		all = append(all, limit{l.account.SpendSubject(quota.Month(at)), l.limits.Month, quota.NextMonth(at).Sub(at) + quota.Guard})
	}
	if l.limits.Day > 0 {
		all = append(all, limit{l.account.SpendSubject(quota.Day(at)), l.limits.Day, quota.NextDay(at).Sub(at) + quota.Guard})
	}
	return all
}

// spend moves the counters of a request. When one of them is at its limit, what was moved is moved back, and left says how long
// until it begins anew.
func (l *ledger) spend(ctx context.Context, at time.Time) (moved []string, left time.Duration, err error) {
	for _, limit := range l.limitsAt(at) {
		sum, err := l.move(ctx, limit.subject, 1)
		if err != nil {
			l.refund(ctx, moved)
			return nil, 0, err
		}
		moved = append(moved, limit.subject)
		if sum > limit.most {
			l.refund(ctx, moved)
			return nil, limit.left, nil
		}
	}
	return moved, 0, nil
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
	return sum, nil
}

// refund moves counters back, once. What fails stays counted: the budget is then a unit smaller, never larger.
func (l *ledger) refund(ctx context.Context, moved []string) {
	for _, subject := range moved {
		_, _ = l.move(ctx, subject, -1) // See above.
	}
}
