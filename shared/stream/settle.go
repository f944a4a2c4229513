package stream

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/fault"
)

const (
	// MaxAttempts bounds the deliveries of one message. It is generous: outages pause the stage, and what raises the count
	// without the message's fault is rare.
	MaxAttempts = 20
	// minDelay and maxDelay bound the wait before a retry: twenty attempts, doubling from 5 s to 10 min, span 2.3 hours.
	minDelay = 5 * time.Second
	maxDelay = 10 * time.Minute
	// settleTimeout bounds one settlement: a leader election takes up to 7 s.
	settleTimeout = 15 * time.Second
)

// An Outcome is how a delivery ended, for logs and metrics.
type Outcome struct {
	Kind   fault.Kind    // Meaningless without an error. Transient when the settlement was lost, whatever led to it.
	Settle string        // "ack", "nak", "term", "lost": unless the server heard of it after all, it comes again after AckWait.
	Delay  time.Duration // Until the message comes again; only of a nak.
	Err    error         // Why the work failed, and what the settlement said.
}

// A Settler ends deliveries of one consumer.
type Settler struct {
	js      jetstream.JetStream
	stage   string
	created time.Time
}

// NewSettler settles for a stage what comes from a stream created at that time.
func NewSettler(js jetstream.JetStream, stage string, created time.Time) *Settler {
	return &Settler{js: js, stage: stage, created: created}
}

// Exhausted is a permanent fault when a message was delivered too often, else nil. Ask it before any work.
func Exhausted(message jetstream.Msg) error {
	if n := Delivery(message); n > MaxAttempts {
		return Exhaust(fmt.Errorf("delivered %d times, at most %d", n, MaxAttempts))
	}
	return nil
}

// Delivery is how often a message was delivered, this time included.
func Delivery(message jetstream.Msg) int {
	meta, err := message.Metadata()
	if err != nil {
		return 1
	}
	return int(min(meta.NumDelivered, 1<<30))
}

// Settle ends a delivery as its error demands. It takes its own time, bounded, even when ctx has ended: an unsettled message
// costs a redelivery.
func (s *Settler) Settle(ctx context.Context, message jetstream.Msg, err error) Outcome {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	kind := fault.KindOf(err)
	if err == nil || kind == fault.Gone {
		return s.ack(ctx, message, kind, err)
	}
	switch kind {
	case fault.Permanent:
		return s.bury(ctx, message, err)
	case fault.Interrupted:
		return ended(Outcome{Kind: kind, Settle: "nak", Err: err}, message.Nak())
	case fault.Transient, fault.Quota, fault.Denied, fault.Unknown, fault.Gone:
	}
	delay := max(backoff(Delivery(message)), fault.RetryAfter(err))
	return ended(Outcome{Kind: kind, Settle: "nak", Delay: delay, Err: err}, message.NakWithDelay(delay))
}

func (s *Settler) ack(ctx context.Context, message jetstream.Msg, kind fault.Kind, cause error) Outcome {
	return ended(Outcome{Kind: kind, Settle: "ack", Err: cause}, message.DoubleAck(ctx))
}

// ended is how a delivery ended whose settlement said err. What is lost comes again, so that nothing final may be said of it.
func ended(outcome Outcome, err error) Outcome {
	if err == nil {
		return outcome
	}
	return Outcome{Kind: fault.Transient, Settle: "lost", Err: errors.Join(outcome.Err, fmt.Errorf("settling: %w", err))}
}

// backoff doubles from minDelay to maxDelay, and spreads by a fifth each way, so that what failed together does not come back
// together.
func backoff(delivery int) time.Duration {
	delay := maxDelay
	if shift := delivery - 1; shift < 8 {
		delay = min(minDelay<<max(shift, 0), maxDelay)
	}
	return time.Duration(float64(delay) * (0.8 + 0.4*rand.Float64())) //nolint:gosec // Jitter, not a secret.
}
