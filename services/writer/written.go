package writer

import (
	"context"
	"errors"
	"slices"

	"vtq.internal/services/writer/internal/apply"
	"vtq.internal/services/writer/internal/ledger"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/threatq"
	"vtq.internal/shared/wire"
)

// lookUp finds the entries of the indicators of a batch, in one read, and the verdicts that were written already: those are not even
// decoded. While the ledger does not answer nobody knows what was written.
func (b *batcher) lookUp(ctx context.Context, items []*item) {
	var ids []int64
	for _, it := range items {
		if it.live() && it.entry == nil {
			ids = append(ids, it.id)
		}
	}
	if len(ids) == 0 {
		return
	}
	slices.Sort(ids)
	page, err := b.ledger.Read(ctx, slices.Compact(ids))
	if err == nil {
		b.past.reads(b.ledger.Epoch())
	}
	for _, it := range items {
		switch {
		case !it.live() || it.entry != nil:
		case ctx.Err() != nil:
			it.err = fault.New(fault.Interrupted, context.Cause(ctx))
		case err != nil:
			it.err = err
		default:
			it.entry = page[it.id]
			it.written = b.ledger.Written(it.entry, it.provider, it.revision, b.manner)
		}
	}
}

// live tells that there is something to write, as far as is known.
func (it *item) live() bool { return it.err == nil && !it.newer && !it.written && it.id != 0 }

// asksNothing tells whether the verdicts on an indicator can be settled as they are.
func (b *batcher) asksNothing(ctx context.Context, group []*item) bool {
	for _, it := range group {
		nothing := true
		b.guard(it, func() { nothing = b.judge(ctx, it) })
		if !nothing {
			return false
		}
	}
	return true
}

// judge tells whether nothing is to be done for a verdict: it failed already, it is an old one, or the ledger says that it was written.
func (b *batcher) judge(ctx context.Context, it *item) bool {
	if !it.live() { // What is older than another in its batch is done with, whatever becomes of the newer one: given back, it could
		return true // come again after that was written.
	}
	it.stale = it.outdone()
	if it.err = it.entry.Unreadable(); it.stale || it.err != nil {
		return true
	}
	if it.err = b.ledger.Elsewhere(it.entry); it.err != nil {
		return true
	}
	unchanged, settled := b.applier.Settled(it.verdict.Verdict, b.known(it))
	if it.revision != b.newest(it).Revision || !settled {
		if ctx.Err() != nil {
			it.err = fault.New(fault.Interrupted, context.Cause(ctx))
		}
		return it.err != nil
	}
	it.tally.Unchanged = unchanged
	return true
}

// newest is what was written last of the provider of a verdict.
func (b *batcher) newest(it *item) wire.WrittenVerdict {
	return it.entry.Newest(it.provider)
}

// known is what the ledger knows of an indicator.
func (b *batcher) known(it *item) apply.Known {
	rows, told := b.ledger.Rows(it.entry)
	// The score that was seen to does not hang on the rows: a person's, set since, stays when a fault has made the rows unknown.
	return apply.Known{Told: told, Rows: rows, Bare: it.entry.Bare(), Score: b.newest(it).Score}
}

// one writes one verdict, and waits while ThreatQ is down.
func (b *batcher) one(ctx, working context.Context, it *item) {
	ctx, working = it.span.In(ctx), it.span.In(working)
	if b.judge(ctx, it) {
		return
	}
	b.apply(working, it)
	if !aboutLedger(it.err) && b.gate.pass(ctx, it.err) {
		b.apply(working, it)
	}
	if ctx.Err() != nil && waits(fault.KindOf(it.err)) {
		it.err = fault.New(fault.Interrupted, it.err) // Cut short by us, whatever it looks like.
	}
}

// aboutLedger tells of a fault in which neither ThreatQ nor the verdict has a part.
func aboutLedger(err error) bool {
	return errors.Is(err, ledger.ErrElsewhere) || errors.Is(err, ledger.ErrStore)
}

// apply writes one verdict and what the ledger says of it: first a claim, then ThreatQ, then the entry.
func (b *batcher) apply(ctx context.Context, it *item) {
	known := b.known(it)
	if unchanged, settled := b.applier.Settled(it.verdict.Verdict, known); settled {
		it.tally.Unchanged = unchanged
		it.err = b.keep(ctx, it, known.Rows, known.Score)
		return
	}
	if it.err = b.ledger.Claim(ctx, it.entry); it.err != nil {
		return
	}
	held, release := b.ledger.Hold(ctx, it.entry)
	b.carryOut(ctx, held, release, it, known)
}

// carryOut writes one verdict under a claim that is held, and ends the claim.
func (b *batcher) carryOut(ctx, held context.Context, release func(), it *item, known apply.Known) {
	defer release()
	result, err := b.applier.Apply(held, it.id, it.verdict.Verdict, known)
	if lost := context.Cause(held); err != nil && aboutLedger(lost) {
		err = lost // Cut short, whatever it looks like.
	}
	release()
	b.note(held, it, result)
	b.end(ctx, it, result, err)
}

// end ends a claim. If it was lost, what was written may have been written over somebody else's work.
func (b *batcher) end(ctx context.Context, it *item, result apply.Result, err error) {
	it.err = b.close(ctx, it, result, err)
	if !it.mends && (errors.Is(it.err, ledger.ErrElsewhere) || b.ledger.Expired(it.entry)) {
		b.mend(ctx, it, result.Scoring)
	}
}

// keep writes down that a verdict was written.
func (b *batcher) keep(ctx context.Context, it *item, rows []threatq.Row, score *int) error {
	written := b.wrote(it)
	written.Manner, written.Score = b.manner, score
	return b.ledger.Keep(ctx, it.entry, it.provider, written, rows)
}

// wrote is what the ledger keeps of a verdict that was done with.
func (b *batcher) wrote(it *item) wire.WrittenVerdict {
	return wire.WrittenVerdict{Revision: it.revision, Asking: since(it.asking, b.newest(it).Asking)}
}

// close ends a claim as a try ended. A verdict that ThreatQ refuses for good is done with, so that no older one may come after it.
func (b *batcher) close(ctx context.Context, it *item, result apply.Result, err error) error {
	var lost error
	switch {
	case err == nil:
		return b.keep(ctx, it, result.Rows, result.Score)
	case fault.KindOf(err) == fault.Permanent:
		lost = b.ledger.KeepUnknown(ctx, it.entry, it.provider, b.wrote(it))
	default:
		if lost = b.ledger.Release(ctx, it.entry); !errors.Is(lost, ledger.ErrElsewhere) {
			return err // A claim that cannot be released ends by itself.
		}
	}
	if lost != nil {
		return lost
	}
	return err
}

// note takes down what a try did.
func (b *batcher) note(ctx context.Context, it *item, result apply.Result) {
	if result.Changed() {
		b.gate.wrote()
	}
	if result.Read {
		b.metrics.read()
	}
	if result.Found {
		b.ledger.Found(ctx, it.entry)
	}
	it.tally = result.After(it.tally)
}
