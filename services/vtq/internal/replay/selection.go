package replay

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

const (
	// page is how many verdicts are read at a time: half a megabyte of them, 125 at their bound.
	page = 250
	// pageTimeout bounds the reading of a page. Only when some of it went meanwhile does it take so long.
	pageTimeout = 2 * time.Second
)

// A Selection says which verdicts are asked about again. The zero value takes all that are past their age.
type Selection struct {
	Kinds   []indicator.Kind // Of the object. Defaults to all.
	Classes []verdict.Class  // Of the verdict. Defaults to all.
	Since   time.Time        // Published at that time or after.
	Before  time.Time        // Given by the provider before.
	// IgnoreFresh takes verdicts as well that are still good.
	IgnoreFresh bool
}

func (s Selection) takes(v verdict.Verdict, kind indicator.Kind, class verdict.Class) bool {
	switch {
	case len(s.Kinds) > 0 && !slices.Contains(s.Kinds, kind),
		len(s.Classes) > 0 && !slices.Contains(s.Classes, class),
		!s.Before.IsZero() && !v.Asked.Before(s.Before):
		return false
	}
	return true
}

// again makes the job of a verdict. The job's object stands in the verdict's subject. The answer is about another where the scheme of a
// URL was a guess and the provider knew only the other one: then the guess is made again. Not ok is a verdict that does not say what was
// asked about.
func again(at wire.VerdictAddress, message wire.Verdict, created time.Time) (job wire.Job, ok bool) {
	job = wire.Job{Created: created, Indicator: message.Indicator, Object: message.Object, After: message.Verdict.Asked}
	if job.Object.Key() != at.Key {
		parsed, err := indicator.Parse(message.Indicator.Type, message.Indicator.Value, "")
		if err != nil {
			return wire.Job{}, false
		}
		job.Object, job.Other = parsed.Object, parsed.Other
	}
	return job, job.Object.Key() == at.Key && job.Indicator.ID == at.ID
}

// each reads the verdicts that stand at or behind a time, up to the last one that stands there when it begins. The number is how many there are.
func (r *Replayer) each(ctx context.Context, since time.Time) (int, iter.Seq2[jetstream.Msg, error], error) {
	_, total, err := r.count(ctx, Start{Since: since})
	if err != nil {
		return 0, nil, err
	}
	end, err := r.verdicts.Info(ctx)
	if err != nil {
		return 0, nil, fmt.Errorf("opening the verdicts: %w", err)
	}
	return fit(total), func(yield func(jetstream.Msg, error) bool) {
		for start, more := (Start{Since: since}), true; more; {
			messages, err := r.page(ctx, start)
			if err != nil {
				yield(nil, err)
				return
			}
			more = len(messages) > 0
			for _, message := range messages {
				meta, err := message.Metadata()
				if err == nil && meta.Sequence.Stream > end.State.LastSeq {
					return
				}
				if !yield(message, err) || err != nil {
					return
				}
				start = Start{Sequence: meta.Sequence.Stream + 1}
			}
		}
	}, nil
}

// page reads the first verdicts at or behind a start, by a consumer of their own: between one page and the next may lie hours, when the
// queue is full.
func (r *Replayer) page(ctx context.Context, start Start) ([]jetstream.Msg, error) {
	consumer, info, done, err := r.glance(ctx, start)
	if err != nil {
		return nil, err
	}
	defer done()
	if info.NumPending == 0 {
		return nil, nil
	}
	batch, err := consumer.Fetch(int(min(info.NumPending, page)), jetstream.FetchMaxWait(pageTimeout))
	if err != nil {
		return nil, fmt.Errorf("reading verdicts: %w", err)
	}
	var messages []jetstream.Msg
	for message := range batch.Messages() {
		messages = append(messages, message)
	}
	if err := batch.Error(); err != nil {
		return nil, fmt.Errorf("reading verdicts: %w", err)
	}
	return messages, nil
}
