package enrich

import (
	"context"
	"time"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/lifecycle"
	"vtq.internal/shared/verdict"
)

const (
	// minFindWait and maxFindWait bound the wait between two tries to read the memory: an election takes up to 7 s.
	minFindWait, maxFindWait = time.Second, 15 * time.Second
)

// find looks into the memory, and stays until it can be read, or ctx ends: to give the job back would count an attempt against it, and
// it is not its fault.
func (e *Enricher) find(ctx, working context.Context, t Ticket, object indicator.Object) (verdict.Verdict, string, error) {
	for wait := minFindWait; ; wait = min(2*wait, maxFindWait) {
		v, found, err := e.Memory.Find(working, object, t.Job.After)
		if fault.KindOf(err) != fault.Transient {
			return v, found, err
		}
		e.trouble(working, err)
		if !lifecycle.Sleep(ctx, wait) {
			return v, found, fault.New(fault.Interrupted, err)
		}
	}
}

// trouble tells of an error, unless it is only that ctx has ended.
func (e *Enricher) trouble(ctx context.Context, err error) {
	if ctx.Err() != nil || e.TroubleFunc == nil {
		return
	}
	if _, due := e.told.Allow("trouble"); due {
		e.TroubleFunc(err)
	}
}
