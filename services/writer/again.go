package writer

import (
	"context"
	"encoding/json"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/stream"
)

const (
	// replayKey is where the command that puts the consumer back notes what it does, before it does it, in the state bucket.
	replayKey = "replay"
	// noteTimeout bounds the reading of that note, which is for the log alone: the batch does not wait for an election.
	noteTimeout = 2 * time.Second
)

// A past is what a writer has seen of its consumer and of the ledger's epoch. It belongs to the goroutine that writes batches.
type past struct {
	at     jetstream.SequencePair // How far the consumer had come; the zero value before the first verdict.
	high   uint64                 // The newest verdict that was ever delivered, whatever was put back since.
	epoch  uint64                 // 0 before the first.
	raised bool                   // There is a new one, which was not told yet.
}

// replays tells whether a verdict was put back: it is delivered for the first time though newer ones were before.
func (p *past) replays(meta *jetstream.MsgMetadata) bool {
	return meta.NumDelivered == 1 && meta.Sequence.Stream <= p.high
}

// back notes how far the consumer has come, and tells whether it was put back: it counts its deliveries anew then, and delivers for
// the first time what it has delivered.
func (p *past) back(messages []jetstream.Msg) bool {
	back := false
	for _, message := range messages {
		meta, err := message.Metadata()
		if err != nil {
			continue
		}
		now := meta.Sequence
		if meta.NumDelivered == 1 && now.Consumer <= p.at.Consumer && now.Stream <= p.at.Stream {
			back, p.at = true, now
		}
		p.high = max(p.high, now.Stream)
		p.at.Consumer, p.at.Stream = max(p.at.Consumer, now.Consumer), max(p.at.Stream, now.Stream)
	}
	return back
}

// reads notes the epoch that was read.
func (p *past) reads(epoch uint64) {
	p.raised = p.raised || p.epoch > 0 && epoch > p.epoch
	p.epoch = epoch
}

// tellReplay says that verdicts come again, or that rows are not known any more.
func (b *batcher) tellReplay(ctx context.Context, back bool) {
	if !back && !b.past.raised {
		return
	}
	event, text := b.log.Info(), "verdicts come again from an earlier one on"
	if b.past.raised {
		event, b.past.raised = event.Uint64("epoch", b.past.epoch), false
		if text += ", and what stands in ThreatQ is looked at anew"; !back {
			text = "a new epoch of the ledger: what stands in ThreatQ is looked at anew"
		}
	}
	if number := b.replay(ctx); number > 0 {
		event = event.Uint64("replay", number)
	}
	event.Msg(text)
}

// replay is the number of the newest replay that was noted; 0 when nobody tells.
func (b *batcher) replay(ctx context.Context) uint64 {
	ctx, cancel := context.WithTimeout(ctx, noteTimeout)
	defer cancel()
	state, err := b.js.KeyValue(ctx, stream.State)
	if err != nil {
		return 0
	}
	note, err := state.Get(ctx, replayKey)
	if err != nil {
		return 0
	}
	var all struct {
		Last uint64 `json:"last"`
	}
	if json.Unmarshal(note.Value(), &all) != nil {
		return 0
	}
	return all.Last
}
