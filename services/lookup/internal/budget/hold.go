package budget

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/lookup/internal/quota"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/stream"
)

const (
	// maxHold bounds a hold: a provider that asks for more than a day means a quota that we count as well.
	maxHold = 24 * time.Hour
	// minHold is the grain of the server's time to live.
	minHold = time.Second
)

// Hold keeps every worker of the account from asking for a while, rounded up to whole seconds: the provider said so. It works at
// the next take of each; a permit that is out already lives on for less than its age. A hold that stands already stays as it is,
// and one that cannot be published leaves the permits as scarce as they were.
func (b *Budget) Hold(ctx context.Context, d time.Duration) {
	b.mu.Lock()
	b.pool = nil
	b.mu.Unlock()
	d = min(max(d, minHold), maxHold)
	if rest := d % time.Second; rest > 0 {
		d += time.Second - rest
	}
	ctx, cancel := context.WithTimeout(ctx, spendTimeout)
	defer cancel()
	_, _ = b.window.js.Publish(ctx, b.window.account.HoldSubject(), nil, // See above.
		jetstream.WithMsgTTL(d), jetstream.WithExpectStream(stream.Quota))
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

// Now is the server's time, as far as this worker knows.
func (b *Budget) Now() time.Time { return b.clock.now() }

// Counted reads the counters of the day and the month of a moment.
func (b *Budget) Counted(ctx context.Context, at time.Time) (day, month int, err error) {
	if day, err = b.ledger.move(ctx, b.window.account.SpendSubject(quota.Day(at)), 0); err != nil {
		return 0, 0, err
	}
	month, err = b.ledger.move(ctx, b.window.account.SpendSubject(quota.Month(at)), 0)
	return day, month, err
}

// Add counts what others spent on the day and in the month of a moment: a person, or another tool with the same key. Who calls it has
// to hold a lease: two at once would both add. Negative figures count for nothing, since what is lower at the provider may only not
// have arrived there.
func (b *Budget) Add(ctx context.Context, at time.Time, day, month int) error {
	for subject, by := range map[string]int{
		b.window.account.SpendSubject(quota.Day(at)): day, b.window.account.SpendSubject(quota.Month(at)): month,
	} {
		if by <= 0 {
			continue
		}
		if _, err := b.ledger.move(ctx, subject, by); err != nil {
			return err
		}
	}
	return nil
}
