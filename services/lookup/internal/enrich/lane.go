package enrich

import (
	"context"
	"sync"

	"vtq.internal/shared/wire"
)

// A lane is where the jobs of one lane wait for each other, and for nobody else: a fresh job behind a refresh job would wait for ever,
// since that one waits behind all fresh ones for its permit.
type lane struct {
	files  shelf
	path   path
	groups groups

	begin sync.Once
	slots chan struct{} // Of those who are asked about by themselves.
}

// single waits for one of so many slots, and gives what releases it; 0 is for no bound.
func (l *lane) single(ctx context.Context, most int) (release func(), err error) {
	if most == 0 {
		return func() {}, nil
	}
	l.begin.Do(func() { l.slots = make(chan struct{}, most) })
	select {
	case l.slots <- struct{}{}:
		return func() { <-l.slots }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (e *Enricher) lane(name wire.Lane) *lane {
	switch name {
	case wire.Urgent:
		return &e.urgent
	case wire.Refresh:
		return &e.refresh
	case wire.Fresh:
	}
	return &e.fresh
}

// enter waits until no job of its lane is in hand that may be about the same file. Meanwhile it counts as one that waits for a permit:
// a lane that goes behind this one must not take what the next of these is about to ask for.
func (e *Enricher) enter(ctx context.Context, t Ticket) (leave func(), err error) {
	come := e.Budget.Expect(t.Lane)
	defer come()
	return e.lane(t.Lane).files.enter(ctx, t.Job.Object)
}

// stands tells all lanes that a connection came in time.
func (e *Enricher) stands() {
	for _, l := range []*lane{&e.urgent, &e.fresh, &e.refresh} {
		l.path.stands()
	}
}
