package producer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/threatq"
	"vtq.internal/shared/wire"
)

// read reads a page, in halves of halves when it is larger than the client takes. A single row that is too large cannot be halved,
// and is the error.
func (p *Producer) read(ctx context.Context, selection threatq.Selection, mark string) (threatq.Page, error) {
	for {
		page, err := p.library.Page(ctx, selection, mark, p.page)
		if !errors.Is(err, threatq.ErrTooLarge) || p.page == 1 {
			return page, err
		}
		p.page /= 2
		p.log.Warn().Int("page_size", p.page).Msg("page too large, halving")
	}
}

// enqueue admits the records of a page and puts their jobs into lanes. It counts them when all of that is done, so that a page that
// is done again counts once.
func (p *Producer) enqueue(ctx context.Context, w *walker, records []threatq.Record, unreadable int) error {
	now, seen := time.Now(), count{}
	seen.skip(reasonUnreadable, unreadable)
	var jobs []wire.Job
	for _, record := range records {
		job, err := p.rules.Admit(record, now)
		if reason, ok := indicator.ReasonOf(err); ok {
			seen.skip(string(reason), 1)
			p.log.Debug().Int64("indicator_id", record.ID).Str("reason", string(reason)).Msg("skipped")
			continue
		}
		if err != nil {
			return fmt.Errorf("admitting indicator %d: %w", record.ID, err)
		}
		jobs = append(jobs, job)
	}
	tally, err := p.queue.Put(ctx, jobs, now)
	if err != nil {
		return err
	}
	seen.queued(tally)
	p.metrics.add(seen)
	w.seen = w.seen.plus(seen)
	return nil
}
