package lifecycle

import (
	"context"
	"time"
)

// Sleep waits for d, or until ctx ends, and tells whether it slept to the end.
func Sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
