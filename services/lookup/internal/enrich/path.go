package enrich

import (
	"context"
	"errors"
	"sync"
	"time"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/lifecycle"
)

const (
	// minVoidWait and maxVoidWait bound the wait before the next try when a connection was late. Tries come 2, 7 and 24 s after the
	// first: late enough to find what was begun 20 s before (package rest: 10 s to dial, 10 s for TLS), early enough that it is not
	// closed yet as unused, and few enough for a window of four.
	minVoidWait, maxVoidWait = time.Second, 16 * time.Second
	voidGrowth               = 4
	// maxVoid is how many permits may become void in a row, by one job at a time, before there is no way to the provider.
	maxVoid = 3
)

// errLost means that no connection comes about.
var errLost = fault.New(fault.Transient, errors.New("no connection within the life of several permits"))

// A path is what the jobs of a lane know of the way to the provider. While connections come too late for their permits one job at a time tries,
// and the others keep away from the permits: four hands that dial at a time would spend a window of four on nothing, and what they
// dialled would be closed, unused, before the next. The zero value is a path that is good.
type path struct {
	mu      sync.Mutex
	late    bool // A permit became void over a connection, since the last that was in time.
	lost    bool // There is no way: such permits count as failures now.
	tried   bool // A job has its turn.
	void    int  // Permits that became void in the turns of jobs, since the last that was in time.
	changed chan struct{}
}

// A turn is what one job has to do with a path. The zero value has nothing.
type turn struct {
	mine bool
	wait time.Duration
}

// enter waits until a job may try, or for the end of ctx, whose cause it returns.
func (p *path) enter(ctx context.Context, t *turn) error {
	for {
		free, changed := p.claim(t)
		if free {
			return nil
		}
		if t.mine {
			t.wait = min(max(minVoidWait, t.wait*voidGrowth), maxVoidWait)
			lifecycle.Sleep(ctx, t.wait)
			return context.Cause(ctx)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// claim tells whether the path is good; else it takes the turn, if nobody has it, or gives what is closed when that may have changed.
func (p *path) claim(t *turn) (free bool, changed <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.changed == nil {
		p.changed = make(chan struct{})
	}
	if p.late && !p.tried {
		p.tried, t.mine = true, true
	}
	return !p.late, p.changed
}

// leave ends a turn.
func (p *path) leave(t *turn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t.mine {
		p.tried, t.mine = false, false
		p.wake()
	}
}

// stands tells that a connection came in time.
func (p *path) stands() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.late {
		p.late, p.lost, p.void = false, false, 0
		p.wake()
	}
}

// missed tells that one did not, and gives what that means.
func (p *path) missed(t *turn) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.late = true
	if t.mine {
		p.void++
	}
	if p.lost = p.lost || p.void >= maxVoid; p.lost {
		return errLost
	}
	return errVoid
}

func (p *path) wake() {
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
}
