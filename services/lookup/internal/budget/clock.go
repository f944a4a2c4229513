package budget

import (
	"sync"
	"time"
)

// A clock tells the server's time, from the last moment at which both were known and our stop-watch since. The wall clock of the
// worker does not enter.
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
