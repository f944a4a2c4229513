package replay

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/lifecycle"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

const (
	// page is how many verdicts are read at a time: half a megabyte of them, 125 at their bound.
	page = 250
	// pageTimeout bounds the reading of a page. Only when some of it went meanwhile does it take so long.
	pageTimeout = 2 * time.Second
	// maxBlank bounds the pages in a row that bring nothing although there is something: at twice pageTimeout each they last five times
	// as long as an election, which takes up to 7 s.
	maxBlank = 10
)

// errBlank means that the server counts verdicts that it does not hand out.
var errBlank = errors.New("reading verdicts: the server hands out none of those that it counts; try again")

// A known is a verdict that stands, or what somebody else has put in its place.
type known struct {
	sequence uint64
	stored   time.Time // By the server's clock.
	at       wire.VerdictAddress
	verdict  wire.Verdict
	err      error // Why it cannot be read.
	outdated bool  // One about what the indicator became later was written.
}

// each reads the verdicts that stand at or behind a time, page by page, up to the last one that stands there when it begins. The number is
// how many there are.
func (r *Replayer) each(ctx context.Context, since time.Time) (int, iter.Seq2[[]known, error], error) {
	_, total, err := r.count(ctx, Start{Since: since})
	if err != nil {
		return 0, nil, err
	}
	end, err := r.verdicts.Info(ctx)
	if err != nil {
		return 0, nil, fmt.Errorf("opening the verdicts: %w", err)
	}
	return fit(total), func(yield func([]known, error) bool) {
		blank := 0
		for start := (Start{Since: since}); ; {
			all, more, err := r.page(ctx, start, end.State.LastSeq)
			if n := len(all); n > 0 {
				blank, start = 0, Start{Sequence: all[n-1].sequence + 1}
			} else if err == nil && more {
				blank++
				err = wait(ctx, blank)
			}
			if !yield(all, err) || err != nil || !more {
				return
			}
		}
	}, nil
}

// wait waits before the next try, after so many pages that brought nothing.
func wait(ctx context.Context, blank int) error {
	switch {
	case blank == maxBlank:
		return errBlank
	case !lifecycle.Sleep(ctx, pageTimeout):
		return context.Cause(ctx)
	}
	return nil
}

// page reads the first verdicts at or behind a start and up to an end, by a consumer of their own: between one page and the next may lie
// hours, when the queue is full. There are more until the server says that none is left, which a page that is short, or blank, does not.
func (r *Replayer) page(ctx context.Context, start Start, end uint64) (all []known, more bool, err error) {
	consumer, info, done, err := r.glance(ctx, start)
	if err != nil {
		return nil, false, err
	}
	defer done()
	if info.NumPending == 0 {
		return nil, false, nil
	}
	batch, err := consumer.Fetch(int(min(info.NumPending, page)), jetstream.FetchMaxWait(pageTimeout))
	if err != nil {
		return nil, false, fmt.Errorf("reading verdicts: %w", err)
	}
	more = true
	for message := range batch.Messages() {
		k, err := read(message)
		if err != nil {
			return nil, false, err
		}
		if more = more && k.sequence <= end; more {
			all = append(all, k)
		}
	}
	if err := batch.Error(); err != nil {
		return nil, false, fmt.Errorf("reading verdicts: %w", err)
	}
	return all, more, r.compare(ctx, all)
}

func read(message jetstream.Msg) (k known, err error) {
	meta, err := message.Metadata()
	if err != nil {
		return known{}, fmt.Errorf("reading verdicts: %w", err)
	}
	k.sequence, k.stored = meta.Sequence.Stream, meta.Timestamp
	if k.at, k.err = wire.ParseVerdictSubject(message.Subject()); k.err == nil && k.at.ID != 0 {
		k.verdict, k.err = wire.DecodeVerdict(message.Data())
	}
	return k, nil
}

// compare asks the writer's ledger which verdicts are about what an indicator was before its value changed. The ledger may be behind, or
// have lost an entry: then a request is spent in vain, and the writer knows better than to write what comes of it.
func (r *Replayer) compare(ctx context.Context, all []known) error {
	subjects := map[string][]int{}
	var names []string
	for i, k := range all {
		if k.err != nil || k.at.ID == 0 {
			continue
		}
		subject := wire.WrittenSubject(k.at.ID)
		if len(subjects[subject]) == 0 {
			names = append(names, subject)
		}
		subjects[subject] = append(subjects[subject], i)
	}
	for message, err := range stream.Latest(ctx, r.js, stream.Written, names) {
		if err != nil {
			return fmt.Errorf("asking the ledger: %w", err)
		}
		head, err := wire.DecodeWrittenHead(message.Data)
		if err != nil {
			continue
		}
		for _, i := range subjects[message.Subject] {
			k := &all[i]
			k.outdated = head.Verdicts[k.at.Provider].Outdoes(k.verdict.Asking(k.at).NotAfter(k.stored), wire.RevisionOf(r.created, k.sequence))
		}
	}
	return nil
}
