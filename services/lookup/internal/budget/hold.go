package budget

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/stream"
)

const (
	// maxHold bounds a hold: a provider that asks for more than a day means a quota that we count as well.
	maxHold = 24 * time.Hour
	// minHold is the grain of the server's time to live.
	minHold = time.Second
)

// Hold keeps every worker of the account from asking for a while, rounded up to whole seconds: the provider said so, or whoever calls
// knows no better. Nobody takes a slot any more. What was taken before lives on for its age, a second or two, in the pools of other
// workers and as permits that are out; this worker drops its pool, and what it has asked for. A hold that ends sooner than what stands
// already changes nothing. What goes wrong is told to the watch, and leaves the permits as scarce as they were.
func (b *Budget) Hold(ctx context.Context, d time.Duration) {
	d = min(max(d, minHold), maxHold)
	b.mu.Lock()
	b.held = time.Now()
	if end := b.held.Add(d); end.After(b.holding) {
		b.holding = end
	}
	b.wake() // Who has no patience for it.
	b.mu.Unlock()
	if rest := d % time.Second; rest > 0 {
		d += time.Second - rest
	}
	b.watch.trouble(ctx, b.window.hold(ctx, d))
}

// hold publishes a hold. The server takes one for each subject, so that one which is longer by a second or more than what stands has
// a second subject. Where that is taken, too, the hold is lost: whoever asks when the others end is told again.
func (w *window) hold(ctx context.Context, d time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, spendTimeout)
	defer cancel()
	err := w.stand(ctx, w.account.HoldSubject(), d)
	if refused(err) {
		var live view
		if live, err = w.live(ctx); err == nil && d-live.held >= minHold {
			err = w.stand(ctx, w.account.LongHoldSubject(), d)
		}
	}
	if err != nil && !refused(err) {
		return fmt.Errorf("holding all requests: %w", fault.New(fault.Transient, err))
	}
	return nil
}

// stand publishes what lives for a while, if nothing lives there.
func (w *window) stand(ctx context.Context, subject string, d time.Duration) error {
	_, err := w.js.Publish(ctx, subject, nil, jetstream.WithMsgTTL(d), jetstream.WithExpectStream(stream.Quota))
	return err
}

// Lease takes a lease for a while, in whole seconds, and tells whether it is ours. Nobody else has it until it ends: what it is for
// is done once in that time, whatever happens to us.
func (b *Budget) Lease(ctx context.Context, name string, d time.Duration) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, spendTimeout)
	defer cancel()
	_, err := b.window.js.Publish(ctx, b.window.account.LeaseSubject(name), nil,
		jetstream.WithMsgTTL(d), jetstream.WithExpectStream(stream.Quota), jetstream.WithRetryAttempts(0))
	switch {
	case err == nil:
		return true, nil
	case refused(err):
		return false, nil
	}
	return false, fmt.Errorf("taking the lease %s: %w", name, fault.New(fault.Transient, err))
}
