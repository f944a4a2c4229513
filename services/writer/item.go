package writer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/writer/internal/apply"
	"vtq.internal/services/writer/internal/ledger"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/telemetry"
	"vtq.internal/shared/wire"
)

// An item is a delivery with what it says.
type item struct {
	message  jetstream.Msg
	span     telemetry.Span
	stored   time.Time // When it entered the stream, by the server's clock.
	at       wire.VerdictAddress
	revision wire.Revision
	delivery int
	again    bool         // It was put back, for a replay.
	id       int64        // Of the indicator; 0 for nobody.
	provider string       // Of the verdict.
	verdict  wire.Verdict // Unread, when the ledger says that it was written.
	asking   wire.Asking  // For what the indicator was asked about; zero when that is not told.
	entry    *ledger.Entry
	err      error // Why it cannot be written.
	written  bool  // The ledger says so.
	newer    bool  // The batch has a newer verdict of the same provider for the same indicator.
	stale    bool  // A newer one was written before.
	mends    bool  // It is written to put a late write right.
	tally    apply.Tally
	bulked
}

// items brings a batch into the order of the stream, in which it was published: what comes again may come late.
func (b *batcher) items(ctx context.Context, messages []jetstream.Msg) []*item {
	items := make([]*item, len(messages))
	for i, message := range messages {
		it := &item{message: message, delivery: 1}
		_, it.span = stream.Process(ctx, message)
		if meta, err := message.Metadata(); err == nil {
			it.revision, it.delivery = wire.RevisionOf(b.created, meta.Sequence.Stream), int(min(meta.NumDelivered, 1<<30))
			it.stored, it.again = meta.Timestamp, meta.Sequence.Stream <= b.past.put
		}
		if at, err := wire.ParseVerdictSubject(message.Subject()); err == nil {
			it.at, it.id, it.provider = at, at.ID, at.Provider
		}
		it.err = b.exhausted(it.delivery)
		items[i] = it
	}
	slices.SortStableFunc(items, func(a, b *item) int { return a.revision.Compare(b.revision) })
	return items
}

// read decodes what was not written yet.
func (b *batcher) read(items []*item) {
	for _, it := range items {
		if it.err != nil || it.written {
			continue
		}
		b.guard(it, func() { it.err = it.decode(it.message.Data()) })
	}
}

// decode reads a verdict. One that stands under the address of another indicator is about the one that it names.
func (it *item) decode(body []byte) (err error) {
	if it.verdict, err = wire.DecodeVerdict(body); err != nil {
		return err
	}
	if id := it.verdict.Indicator.ID; it.id != id {
		it.id, it.entry = id, nil
	}
	it.provider, it.asking = it.verdict.Verdict.Provider, asked(it.verdict, it.at, it.stored)
	return nil
}

// sift finds which verdicts of a batch, in the order of the stream, are the newest. What is older than the ledger's takes no part: by
// what the indicator was asked about it could put aside one that is newer than both.
func (b *batcher) sift(items []*item) {
	type slot struct {
		id       int64
		provider string
	}
	newest := map[slot]*item{}
	for _, it := range items {
		if !it.live() || it.outdone() {
			continue
		}
		at := slot{it.id, it.provider}
		if last := newest[at]; last != nil {
			if it.asking.Outdated(last.asking) {
				it.newer = true
				continue
			}
			last.newer, it.asking = true, since(it.asking, last.asking)
		}
		newest[at] = it
	}
}

// maxDeliveries bounds the deliveries of a message before it is even tried. Since final ends those that only fail, one that was
// delivered so often kills its process: at an AckWait a time the loop ends within two hours. It is far above MaxAttempts, since messages
// outlive their tries while ThreatQ takes nothing, which the next process does not know of: at ten minutes a try this is 16 hours, a
// night in which nobody mends it and a restart in the morning.
const maxDeliveries = 5 * stream.MaxAttempts

// exhausted is a permanent fault when a message was delivered too often, unless this process has let messages outlive their tries.
func (b *batcher) exhausted(n int) error {
	if n <= maxDeliveries || b.gate.spared.Load() {
		return nil
	}
	return stream.Exhaust(fmt.Errorf("delivered %d times, at most %d", n, maxDeliveries))
}

// final makes the failure of a message's last try a permanent one, so that its dead letter says what failed. It does so only to a
// message that is at fault itself.
func (b *batcher) final(n int, err error) error {
	if err == nil || n < stream.MaxAttempts || errors.Is(err, wire.ErrNewer) { // That one waits for a newer reader.
		return err
	}
	if aboutLedger(err) {
		b.gate.spared.Store(true)
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
	return stream.Exhaust(fmt.Errorf("tried %d times, at last: %w", n, err))
}

// groups brings together what must not be written side by side: the verdicts for one indicator.
func groups(items []*item) map[int64][]*item {
	all := map[int64][]*item{}
	for i, it := range items {
		id := it.id
		if id == 0 {
			id = -int64(i) - 1 // By itself.
		}
		all[id] = append(all[id], it)
	}
	return all
}
