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
	now := time.Now()
	return quota.Stale(now.Sub(c.local), now.Round(0).Sub(c.local.Round(0))) // What is rounded has lost its monotonic part.
}
