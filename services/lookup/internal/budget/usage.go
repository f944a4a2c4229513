package budget

import (
	"context"
	"time"

	"vtq.internal/services/lookup/internal/quota"
)

// Now is the server's time, as far as this worker knows.
func (b *Budget) Now() time.Time { return b.clock.now() }

// Counted reads the counters of the day and the month of a moment.
func (b *Budget) Counted(ctx context.Context, at time.Time) (day, month int, err error) {
	if day, err = b.ledger.move(ctx, b.ledger.account.SpendSubject(quota.Day(at)), 0); err != nil {
		return 0, 0, err
	}
	month, err = b.ledger.move(ctx, b.ledger.account.SpendSubject(quota.Month(at)), 0)
	return day, month, err
}

// Add counts what others spent on the day and in the month of a moment: a person, or another tool with the same key. Who calls it has
// to hold a lease: two at once would both add. Negative figures count for nothing, since what is lower at the provider may only not
// have arrived there.
func (b *Budget) Add(ctx context.Context, at time.Time, day, month int) error {
	account := b.ledger.account
	for subject, by := range map[string]int{account.SpendSubject(quota.Day(at)): day, account.SpendSubject(quota.Month(at)): month} {
		if by <= 0 {
			continue
		}
		if _, err := b.ledger.move(ctx, subject, by); err != nil {
			return err
		}
	}
	return nil
}
