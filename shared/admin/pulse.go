package admin

import (
	"sync/atomic"
	"time"
)

// Patience is by how much a promise may be broken before a loop is held to hang: a minute, in which a machine that is busy with
// something else gets round to it.
const Patience = time.Minute

// A Pulse is how a loop shows that it goes on. It costs two stores for each beat. A nil Pulse is that of a loop which nobody watches.
type Pulse struct {
	name  string
	epoch time.Time // Times below are since then, by the stop-watch: neither a clock that is set nor a machine that slept breaks a promise.
	last  atomic.Int64
	due   atomic.Int64
}

// What stands in due instead of a time.
const (
	notBegun = 0
	resting  = -1
)

// Beat shows that the loop goes on, and promises to be back within some time: the most that its next step may take.
func (p *Pulse) Beat(within time.Duration) {
	if p == nil {
		return
	}
	now := p.now()
	p.last.Store(int64(now))
	p.due.Store(int64(now + max(within, 0)))
}

// Rest shows that the loop goes on, and waits for others from now on, for as long as it takes. The next beat ends the rest.
func (p *Pulse) Rest() {
	if p == nil {
		return
	}
	p.last.Store(int64(p.now()))
	p.due.Store(resting)
}

// now is never zero, which stands for something else.
func (p *Pulse) now() time.Duration { return max(time.Since(p.epoch), 1) }

// late is by how much the promise is broken beyond Patience; zero or less where it is kept.
func (p *Pulse) late() time.Duration {
	due := p.due.Load()
	if due == notBegun || due == resting {
		return 0
	}
	return p.now() - time.Duration(due) - Patience
}

func (p *Pulse) begun() bool { return p.due.Load() != notBegun }
