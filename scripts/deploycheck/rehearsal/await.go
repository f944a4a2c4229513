package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// lookInterval is how often a fact is looked for.
	lookInterval = 100 * time.Millisecond
	// lookPatience bounds one look: a cluster without a leader does not answer.
	lookPatience = 5 * time.Second
)

// errNotYet is a fact that is on its way.
var errNotYet = errors.New("not yet")

// ErrHopeless is of a fact that will never come: nobody waits any longer.
var ErrHopeless = errors.New("in vain")

// Await looks for a fact until it is there, for no longer than patience. The error names what was waited for and why it was not there at
// the last look that was not cut short.
func Await(ctx context.Context, what string, patience time.Duration, fact func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	look := time.NewTicker(lookInterval)
	defer look.Stop()
	for last := errNotYet; ; {
		once, done := context.WithTimeout(ctx, lookPatience)
		err := fact(once)
		done()
		if err == nil {
			return nil
		}
		if errors.Is(err, ErrHopeless) {
			return fmt.Errorf("waiting for %s: %w", what, err)
		}
		if ctx.Err() == nil {
			last = err
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return fmt.Errorf("waited %v for %s: %w", patience, what, last)
		}
	}
}
