package budget

import (
	"sync"
	"time"

	"vtq.internal/services/lookup/internal/quota"
)

// A clock tells the server's time, from the last moment at which both were known and our stop-watch since. The wall clock of the
// worker does not enter, but to tell that the stop-watch stood still.
type clock struct {
	mu     sync.Mutex
	server time.Time
	local  time.Time
}

func (c *clock) set(server, local time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.server, c.local = server, local
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.server.Add(time.Since(c.local))
}

// stale tells that the clock has to be set again before it is gone by.
func (c *clock) stale() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return quota.Stale(since(c.local))
}

// since is how long ago a moment was, by the stop-watch and by the wall clock. A reading has both; what is rounded has lost the
// monotonic one.
func since(t time.Time) (stopwatch, wall time.Duration) {
	now := time.Now()
	return now.Sub(t), now.Round(0).Sub(t.Round(0))
}
