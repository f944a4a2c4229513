package writer

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"vtq.internal/services/writer/internal/apply"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// A batcher writes batches.
type batcher struct {
	applier *apply.Applier
	gate    *gate
	settler *stream.Settler
	limit   int
	log     zerolog.Logger
	metrics *metrics
}

// An item is a delivery with what it says.
type item struct {
	message jetstream.Msg
	verdict wire.Verdict
	err     error // Why it cannot be written.
	newer   bool  // The batch has a newer verdict of the same provider for the same indicator.
	tally   apply.Tally
}

// write writes a batch and settles each of its messages. Work that has not begun when ctx ends is given back; work that has may go
// on for as long as working lasts.
func (b *batcher) write(ctx, working context.Context, messages []jetstream.Msg) {
	began := time.Now()
	b.metrics.batch.Observe(float64(len(messages)))
	items := b.read(messages)
	slots := make(chan struct{}, b.limit)
	var busy sync.WaitGroup
	release := stream.Hold(stream.WriterAckWait, messages...)
	defer release()
	for _, group := range groups(items) {
		slots <- struct{}{}
		busy.Go(func() {
			defer func() { <-slots }()
			for _, it := range group {
				b.guard(it, func() { b.one(ctx, working, it) })
				it.err = b.final(it.message, it.err)
				b.settle(working, it, began)
			}
		})
	}
	busy.Wait()
}

// read decodes a batch and finds which of its verdicts are the newest: the last in the stream. What comes again may come late.
func (b *batcher) read(messages []jetstream.Msg) []*item {
	type slot struct {
		id       int64
		provider string
	}
	newest := map[slot]*item{}
	slices.SortStableFunc(messages, func(a, b jetstream.Msg) int { return cmp.Compare(sequence(a), sequence(b)) })
	items := make([]*item, len(messages))
	for i, message := range messages {
		it := &item{message: message, err: b.exhausted(message)}
		if it.err == nil {
			b.guard(it, func() { it.verdict, it.err = wire.DecodeVerdict(message.Data()) })
		}
		items[i] = it
		if it.err != nil || it.verdict.Indicator.ID == 0 {
			continue
		}
		at := slot{it.verdict.Indicator.ID, it.verdict.Verdict.Provider}
		if older := newest[at]; older != nil {
			older.newer = true
		}
		newest[at] = it
	}
	return items
}

// maxDeliveries bounds the deliveries of a message before it is even tried. Since final ends those that only fail, one that was
// delivered so often kills its process: at an AckWait a time the loop ends within two hours. It is far above MaxAttempts, since messages
// outlive their tries while ThreatQ takes nothing, which the next process does not know of: at ten minutes a try this is 16 hours, a
// night in which nobody mends it and a restart in the morning.
const maxDeliveries = 5 * stream.MaxAttempts

// exhausted is a permanent fault when a message was delivered too often, unless this process has let messages outlive their tries.
func (b *batcher) exhausted(message jetstream.Msg) error {
	n := stream.Delivery(message)
	if n <= maxDeliveries || b.gate.spared.Load() {
		return nil
	}
	return fault.New(fault.Permanent, fmt.Errorf("delivered %d times, at most %d", n, maxDeliveries))
}

// final makes the failure of a message's last try a permanent one, so that its dead letter says what failed. It does so only to a
// message that is at fault itself.
func (b *batcher) final(message jetstream.Msg, err error) error {
	n := stream.Delivery(message)
	if err == nil || n < stream.MaxAttempts {
		return err
	}
	switch fault.KindOf(err) {
	case fault.Permanent, fault.Gone, fault.Interrupted:
		return err
	case fault.Unknown, fault.Transient, fault.Quota, fault.Denied:
	}
	if !b.gate.blames() {
		return err
	}
	return fault.New(fault.Permanent, fmt.Errorf("tried %d times, at last: %w", n, err))
}

// sequence is the place of a message in the stream.
func sequence(message jetstream.Msg) uint64 {
	meta, err := message.Metadata()
	if err != nil {
		return 0
	}
	return meta.Sequence.Stream
}

// groups brings together what must not be written side by side: the verdicts for one indicator.
func groups(items []*item) map[int64][]*item {
	all := map[int64][]*item{}
	for i, it := range items {
		id := it.verdict.Indicator.ID
		if id == 0 {
			id = -int64(i) - 1 // By itself.
		}
		all[id] = append(all[id], it)
	}
	return all
}

// one writes one verdict, and waits while ThreatQ is down.
func (b *batcher) one(ctx, working context.Context, it *item) {
	switch {
	case it.err != nil, it.verdict.Indicator.ID == 0:
		return
	case it.newer:
		return // Done with, whatever becomes of the newer one: given back, it could come again after that was written.
	case ctx.Err() != nil:
		it.err = fault.New(fault.Interrupted, context.Cause(ctx))
		return
	}
	b.apply(working, it)
	if b.gate.pass(ctx, it.err) {
		b.apply(working, it)
	}
	if ctx.Err() != nil && waits(fault.KindOf(it.err)) {
		it.err = fault.New(fault.Interrupted, it.err) // Cut short by us, whatever it looks like.
	}
}

func (b *batcher) apply(ctx context.Context, it *item) {
	tally, err := b.applier.Apply(ctx, it.verdict.Indicator.ID, it.verdict.Verdict)
	if tally.Changed() {
		b.gate.wrote()
	}
	it.tally, it.err = tally.After(it.tally), err
}

func (b *batcher) settle(ctx context.Context, it *item, began time.Time) {
	outcome := b.settler.Settle(ctx, it.message, it.err)
	b.metrics.written(it.tally, outcome)
	event := stream.Event(it.message, outcome, began)
	event.IndicatorID, event.IndicatorType = it.verdict.Indicator.ID, it.verdict.Indicator.Type
	event.Provider = it.verdict.Verdict.Provider
	event.Created, event.Updated = it.tally.Created, it.tally.Updated
	event.Deleted, event.Unchanged = it.tally.Deleted, it.tally.Unchanged
	event.Write(b.log)
}
