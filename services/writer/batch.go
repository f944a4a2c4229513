package writer

import (
	"context"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"vtq.internal/services/writer/internal/apply"
	"vtq.internal/services/writer/internal/ledger"
	"vtq.internal/shared/stream"
)

// A batcher writes batches, one after the other.
type batcher struct {
	applier *apply.Applier
	ledger  *ledger.Ledger
	manner  string // In which the applier makes attributes.
	gate    *gate
	settler *stream.Settler
	js      jetstream.JetStream
	created time.Time // Of the stream that the verdicts come from.
	limit   int
	log     zerolog.Logger
	metrics *metrics
	bulk    *bulk // Nil unless first verdicts are written in bulk.
	past    past
	aside   sync.WaitGroup // Settles what the last batch asked nothing for.
}

// settlers bounds the messages that are settled at a time when nothing has to be written: enough to keep a server busy that answers each
// in a millisecond.
const settlers = 32

// write writes a batch and settles each of its messages. Work that has not begun when ctx ends is given back; work that has may go
// on for as long as working lasts. What asks for nothing is settled while the next batch is taken and looked up; wait waits for it.
func (b *batcher) write(ctx, working context.Context, messages []jetstream.Msg) {
	began := time.Now()
	b.metrics.batch.Observe(float64(len(messages)))
	release := stream.Hold(stream.WriterAckWait, messages...) // Until others do: NATS may take its time to answer.
	back := b.lookBack(ctx, messages)
	items := b.items(ctx, messages)
	b.lookUp(ctx, items)
	b.read(items)
	b.lookUp(ctx, items) // Again for those, if any, that are about another indicator than their address says.
	b.tellReplay(back)
	b.sift(items)
	var idle, busy [][]*item
	for _, group := range groups(items) {
		if b.asksNothing(ctx, group) {
			idle = append(idle, group)
		} else {
			busy = append(busy, group)
		}
	}
	b.wait()
	release()
	settle := func(groups [][]*item) {
		b.aside.Go(func() { b.each(settlers, groups, func(it *item) { b.finish(working, it, began) }) })
	}
	settle(idle)
	done, alone := b.together(ctx, working, busy)
	settle(done)
	b.each(b.limit, alone, func(it *item) {
		b.guard(it, func() { b.one(ctx, working, it) })
		b.finish(working, it, began)
	})
}

// wait waits until everything of earlier batches is settled.
func (b *batcher) wait() { b.aside.Wait() }

// each does something with every item, with so many groups at a time, and holds their messages meanwhile.
func (b *batcher) each(limit int, all [][]*item, do func(*item)) {
	if len(all) == 0 {
		return
	}
	release := stream.Hold(stream.WriterAckWait, deliveries(all)...)
	defer release()
	sideBySide(limit, all, func(group []*item) {
		for _, it := range group {
			do(it)
		}
	})
}

// sideBySide does something with everything, with so many at a time.
func sideBySide[T any](limit int, all []T, do func(T)) {
	work := make(chan T)
	var workers sync.WaitGroup
	for range min(limit, len(all)) {
		workers.Go(func() {
			for one := range work {
				do(one)
			}
		})
	}
	for _, one := range all {
		work <- one
	}
	close(work)
	workers.Wait()
}

func deliveries(all [][]*item) []jetstream.Msg {
	var messages []jetstream.Msg
	for _, group := range all {
		for _, it := range group {
			messages = append(messages, it.message)
		}
	}
	return messages
}

// finish settles an item for good.
func (b *batcher) finish(ctx context.Context, it *item, began time.Time) {
	it.err = b.final(it.delivery, it.err)
	b.settle(ctx, it, began)
}

func (b *batcher) settle(ctx context.Context, it *item, began time.Time) {
	outcome := b.settler.Settle(ctx, it.message, it.err)
	b.metrics.written(it.tally, outcome)
	b.metrics.told(it)
	b.metrics.meter.Settled(it.message, outcome, began, it.again)
	event := stream.Event(it.message, outcome, began)
	event.IndicatorID, event.IndicatorType, event.Provider = it.id, it.verdict.Indicator.Type, it.provider
	event.Created, event.Updated = it.tally.Created, it.tally.Updated
	event.Deleted, event.Unchanged = it.tally.Deleted, it.tally.Unchanged
	stream.Write(event, outcome, it.span, b.log)
}
