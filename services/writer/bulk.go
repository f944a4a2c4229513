package writer

import (
	"context"
	"errors"
	"slices"
	"time"

	"vtq.internal/services/writer/internal/apply"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/telemetry"
	"vtq.internal/shared/threatq"
)

const (
	// bulkLinger is how long a batch waits for others to come when indicators are written in bulk. The longer, the fewer requests; but
	// nobody holds its messages yet, which have an AckWait of 60 s, and people wait, too.
	bulkLinger = 5 * time.Second
	// minTogether is from how many first verdicts on a bulk write asks less of ThreatQ than one for each: it takes two requests.
	minTogether = 3
	// bulkTries bounds the tries of a bulk write: the second heals a line that broke, and an outage that was waited for. After that each
	// is written alone.
	bulkTries = 2
)

// A bulk is what is known of writing in bulk. It belongs to the goroutine that writes batches.
type bulk struct {
	library apply.BulkLibrary
	off     bool // ThreatQ does not let us; remembered for as long as the process lives.
	ailing  bool // The last bulk write failed, and that was told.
}

// A bulked is what became of an item in bulk, over all tries.
type bulked struct {
	done      bool // It was dealt with.
	alone     bool // It cannot be.
	sent      bool // It was sent, and what became of it is not known.
	misplaced bool // It was sent, and another indicator was reached.
}

// A hold is an item whose indicator is claimed.
type hold struct {
	*item

	share   apply.Share
	write   func(apply.Known) // Carries out what is left to do, and ends the claim.
	release func()            // Ends the renewal of the claim.
}

// together writes, of what a batch has to write, the first verdicts on indicators in bulk, and parts the rest from what is done with.
// Whatever goes wrong with a bulk write or with one of its items, the item goes the way of all others, alone: there it is known how
// everything ends.
func (b *batcher) together(ctx, working context.Context, busy [][]*item) (done, alone [][]*item) {
	if ctx.Err() != nil {
		return nil, busy // Each gives itself back.
	}
	all := b.firsts(busy)
	if len(all) < minTogether {
		return nil, busy
	}
	release := stream.Hold(stream.WriterAckWait, deliveries(busy)...)
	defer release()
	if err := b.tries(ctx, working, all); ctx.Err() == nil || !passing(err) {
		b.tell(err) // Else what is left is given back, and not written one by one.
	}
	for _, it := range all {
		if !it.done && !it.misplaced {
			b.metrics.bulk.WithLabelValues(bulkAlone).Inc()
		}
	}
	for _, group := range busy {
		if slices.ContainsFunc(group, func(it *item) bool { return it.done }) {
			done = append(done, group)
		} else {
			alone = append(alone, group)
		}
	}
	return done, alone
}

// tries writes first verdicts in bulk, and those that are left again when what the first try failed for may be over. The error is that of
// the last.
func (b *batcher) tries(ctx, working context.Context, left []*item) (err error) {
	for range bulkTries {
		err = b.attempt(ctx, working, left)
		if err == nil || !passing(err) {
			break
		}
		if !aboutLedger(err) {
			b.gate.pass(ctx, err)
		}
		if ctx.Err() != nil {
			break
		}
		left = slices.DeleteFunc(slices.Clone(left), func(it *item) bool { return it.done || it.alone })
	}
	return err
}

// firsts finds the verdicts that may be written in bulk: on indicators that the ledger has no entry of, one verdict each.
func (b *batcher) firsts(busy [][]*item) []*item {
	if b.bulk == nil || b.bulk.off {
		return nil
	}
	var all []*item
	for _, group := range busy {
		live := slices.DeleteFunc(slices.Clone(group), func(it *item) bool { return !it.live() })
		if len(live) == 1 && live[0].entry.Absent() && live[0].verdict.Indicator.Value != "" {
			all = append(all, live[0])
		}
	}
	return all
}

// passing tells of a failure that may be over at the next try.
func passing(err error) bool {
	kind := fault.KindOf(err)
	return kind == fault.Transient || kind == fault.Quota
}

// tell says what a bulk write failed for, once for a series of failures. Where writing in bulk is no way at all it is the last one.
func (b *batcher) tell(err error) {
	switch {
	case errors.Is(err, threatq.ErrNoBulk):
		b.bulk.off = true
		b.log.Warn().Err(err).Msg("ThreatQ cannot be written in bulk; from now on each indicator is written by itself")
	case err != nil && !b.bulk.ailing:
		b.log.Warn().Err(err).Msg("a bulk write failed; what is left is written one by one")
	}
	b.bulk.ailing = err != nil
}

// attempt writes first verdicts once: it claims their entries, writes onto ThreatQ, and then into the entries. What it could not write it
// leaves as it was, with its claim ended.
func (b *batcher) attempt(alive, working context.Context, items []*item) error {
	// It ends as soon as one of the claims is lost: nothing may be under way then that could reach that indicator.
	ctx, cancel := context.WithCancelCause(working)
	defer cancel(nil)
	holds := b.claim(alive, working, items, cancel)
	if len(holds) == 0 {
		return nil
	}
	err := b.safely(0, func() error { return b.send(ctx, holds) })
	if lost := context.Cause(ctx); err != nil && aboutLedger(lost) {
		err = lost // Cut short, whatever it looks like.
	}
	limit := settlers
	if b.applier.Scoring != apply.ScoreOff {
		limit = b.limit // For scores ThreatQ is asked one by one.
	}
	sideBySide(limit, holds, func(h *hold) {
		defer h.release()
		b.guard(h.item, func() { b.settleShare(working, h) })
	})
	return err
}

// claim claims the entries of items, side by side, and holds the claims; lost is called when one of them ends. Who loses one to another
// writer is done with, and given back. Nothing is claimed any more once alive has ended.
func (b *batcher) claim(alive, working context.Context, items []*item, lost context.CancelCauseFunc) []*hold {
	holds := make([]*hold, len(items))
	for i, it := range items {
		holds[i] = &hold{item: it}
	}
	sideBySide(settlers, holds, func(h *hold) {
		if alive.Err() == nil {
			b.guard(h.item, func() { b.hold(working, h, lost) })
		}
	})
	return slices.DeleteFunc(holds, func(h *hold) bool { return h.release == nil })
}

// hold claims one entry. A hold without a release is none.
func (b *batcher) hold(ctx context.Context, h *hold, lost context.CancelCauseFunc) {
	if h.err = b.ledger.Claim(ctx, h.entry); h.err != nil {
		h.done = true
		return
	}
	ctx = h.span.In(ctx)
	score := b.newest(h.item).Score // Asked before the claim is held: from there on the entry belongs to who renews it.
	held, release := b.ledger.Hold(ctx, h.entry)
	h.write = func(known apply.Known) {
		known.Score = score
		b.carryOut(ctx, held, release, h.item, known)
	}
	h.release = release
	context.AfterFunc(held, func() { lost(context.Cause(held)) })
}

// send writes onto ThreatQ, and tells each item its share.
func (b *batcher) send(ctx context.Context, holds []*hold) error {
	firsts, spans := make([]apply.First, len(holds)), make([]telemetry.Span, len(holds))
	for i, h := range holds {
		spans[i] = h.span
		firsts[i] = b.applier.NewFirst(h.id, h.verdict.Indicator.Value, h.verdict.Verdict, h.sent)
	}
	ctx, span := telemetry.Together(ctx, stream.Verdicts, spans)
	shares, err := b.applier.Together(ctx, b.bulk.library, firsts)
	span.End(err)
	for i, h := range holds {
		if shares == nil {
			h.share.Err = err
			continue
		}
		h.share = shares[i]
		h.sent = h.share.Err != nil
	}
	return err
}

// settleShare scores and writes down what was written in bulk. What was not, or fails now, is left to be written alone.
func (b *batcher) settleShare(ctx context.Context, h *hold) {
	if !h.share.Told {
		b.leave(ctx, h)
		return
	}
	if h.share.Created > 0 {
		b.gate.wrote()
	}
	h.tally.Created += h.share.Created
	h.write(h.share.Known)
	if h.done = h.err == nil || aboutLedger(h.err) || !waits(fault.KindOf(h.err)); h.done {
		b.metrics.bulk.WithLabelValues(bulkWritten).Inc()
		return
	}
	h.err = nil
}

// errLeft stands for why an item is left to be written alone, of which only the ledger hears.
var errLeft = fault.New(fault.Transient, errors.New("not written in bulk"))

// leave ends a claim under which nothing is known to have been written. What no bulk write can do another one cannot, either.
func (b *batcher) leave(ctx context.Context, h *hold) {
	h.alone = h.share.Err == nil
	if errors.Is(h.share.Err, threatq.ErrMisplaced) {
		h.misplaced = true
		b.metrics.bulk.WithLabelValues(bulkMisplaced).Inc()
		b.log.Error().Err(h.share.Err).Int64("indicator_id", h.id).
			Msg("an indicator was gone when it was written in bulk: ThreatQ has made another, or written onto one")
	}
	h.release()
	b.end(ctx, h.item, apply.Result{}, errLeft)
	if h.done = aboutLedger(h.err); !h.done {
		h.err = nil
	}
}
