package writer

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/stream"
)

const (
	// replayKey is where the command that puts the consumer back notes what it does, before it does it, in the state bucket.
	replayKey = "replay"
	// noteTimeout bounds the reading of that note, which is for the log and a metric alone: a batch waits for it, though not for as
	// long as the bucket may need to elect a leader.
	noteTimeout = 2 * time.Second
	// noteRest is how long the note is let be after a try that failed, so that a bucket which does not answer holds up one batch in many,
	// and how long what was read is good enough for old verdicts, which all come in one backlog.
	noteRest = 15 * time.Second
	// noteAge is how old a verdict is that asks for the note: it waited for a writer that long, or was put back. One that is put back
	// earlier reports less than that, which no alert takes for an outage.
	noteAge = time.Minute
)

// A past is what a writer has seen of its consumer and of the ledger's epoch. It belongs to the goroutine that writes batches.
type past struct {
	at     jetstream.SequencePair // How far the consumer had come; the zero value before the first verdict.
	high   uint64                 // The newest verdict that was ever delivered, whatever was put back since.
	put    uint64                 // Up to there verdicts were put back, by the notes or by what was seen.
	known  bool                   // The notes were read once.
	asked  time.Time              // When they were last asked for.
	failed bool                   // They could not be had then.
	last   uint64                 // The number of the newest replay, if the notes were read for this batch.
	epoch  uint64                 // 0 before the first.
	raised bool                   // There is a new one, which was not told yet.
}

// back notes how far the consumer has come, and tells whether it was put back: it counts its deliveries anew then, and delivers for
// the first time what it has delivered. A verdict that comes again, for whatever reason, may tell of a replay whose beginning another
// writer was given: then it is suspected. So is, once in a while, one that is old: what this writer gets of a replay may be newer than
// all it was given before.
func (p *past) back(messages []jetstream.Msg) (back, suspected bool) {
	high, rested := p.high, time.Since(p.asked) >= noteRest
	for _, message := range messages {
		meta, err := message.Metadata()
		if err != nil {
			continue
		}
		now, first := meta.Sequence, meta.NumDelivered == 1
		if first && now.Consumer <= p.at.Consumer && now.Stream <= p.at.Stream {
			back, p.at = true, now
		}
		if rested && now.Stream > p.put && time.Since(meta.Timestamp) >= noteAge {
			suspected = true
		}
		if now.Stream <= high {
			suspected = suspected || now.Stream > p.put
			if first {
				p.put = max(p.put, high)
			}
		}
		p.high = max(p.high, now.Stream)
		p.at.Consumer, p.at.Stream = max(p.at.Consumer, now.Consumer), max(p.at.Stream, now.Stream)
	}
	return back, suspected
}

// lookBack finds out which verdicts of a batch were put back, and tells whether the consumer was just now. The notes are read where
// they may say more than was seen, which is nothing at a start: whoever waits for a verdict that was written has not waited since it was
// stored, and its age would tell of an outage that there never was.
func (b *batcher) lookBack(ctx context.Context, messages []jetstream.Msg) bool {
	p := &b.past
	back, suspected := p.back(messages)
	p.last = 0
	if p.known && !back && !suspected || p.failed && time.Since(p.asked) < noteRest {
		return back
	}
	all, ok := b.replays(ctx)
	p.known, p.failed, p.asked, p.last = p.known || ok, !ok, time.Now(), all.Last
	for _, one := range all.Replays {
		if one.Stream.Equal(b.created) {
			p.put = max(p.put, one.Floor)
		}
	}
	return back
}

// reads notes the epoch that was read.
func (p *past) reads(epoch uint64) {
	p.raised = p.raised || p.epoch > 0 && epoch > p.epoch
	p.epoch = epoch
}

// tellReplay says that verdicts come again, or that rows are not known any more. The number of a replay is told where the notes were read
// for this batch: an earlier one may be of another.
func (b *batcher) tellReplay(back bool) {
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
	if b.past.last > 0 {
		event = event.Uint64("replay", b.past.last)
	}
	event.Msg(text)
}

// notes are what the command notes of replays, as far as a writer asks.
type notes struct {
	Last    uint64 `json:"last"` // The number of the newest.
	Replays []struct {
		Stream time.Time `json:"stream"` // When the stream was created whose verdicts came again.
		Floor  uint64    `json:"floor"`  // Up to there everything had been written before.
	} `json:"replays"`
}

// replays reads the notes, and tells whether that can be had. What nobody can read says nothing, however often it is read.
func (b *batcher) replays(ctx context.Context) (all notes, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, noteTimeout)
	defer cancel()
	state, err := b.js.KeyValue(ctx, stream.State)
	if err != nil {
		return notes{}, false
	}
	entry, err := state.Get(ctx, replayKey)
	if err != nil {
		return notes{}, errors.Is(err, jetstream.ErrKeyNotFound)
	}
	if json.Unmarshal(entry.Value(), &all) != nil {
		return notes{}, true
	}
	return all, true
}
