package lookup

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"vtq.internal/services/lookup/internal/breaker"
	"vtq.internal/services/lookup/internal/budget"
	"vtq.internal/services/lookup/internal/enrich"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/lifecycle"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// A worker turns deliveries into answers.
type worker struct {
	created  time.Time // When the job stream was: part of every message id.
	settler  *stream.Settler
	enricher *enrich.Enricher
	budget   *budget.Budget
	guard    *breaker.Breaker
	log      zerolog.Logger
	metrics  *metrics
}

// loop takes jobs of one lane, one at a time, until ctx ends. Then a job that waits is given back, and a request that is under way
// goes on for as long as working lasts.
func (w *worker) loop(ctx, working context.Context, lane wire.Lane, consumer jetstream.Consumer) error {
	for w.ready(ctx) {
		err := stream.One(ctx, consumer, func(message jetstream.Msg) { w.handle(ctx, working, lane, message) })
		if err != nil {
			return err
		}
	}
	return nil
}

// ready waits while no job could be answered anyway: while the provider is down, and for as long as nothing is left of the day.
func (w *worker) ready(ctx context.Context) bool {
	for {
		if w.guard.Wait(ctx) != nil {
			return false
		}
		left := w.budget.Spent()
		if left <= 0 {
			return true
		}
		if !lifecycle.Sleep(ctx, left) {
			return false
		}
	}
}

// handle answers one delivery, settles it and writes its line.
func (w *worker) handle(ctx, working context.Context, lane wire.Lane, message jetstream.Msg) {
	began := time.Now()
	release := stream.Hold(stream.LookupAckWait, message)
	job, report, err := w.answerSafely(ctx, working, lane, message)
	release()
	if errors.Is(context.Cause(working), lifecycle.ErrShutdown) && fault.KindOf(err) == fault.Transient {
		err = fault.New(fault.Interrupted, err) // Cut short by us, whatever it looks like.
	}
	outcome := w.settler.Settle(working, message, err)
	w.metrics.answered(report, outcome)
	event := stream.Event(message, outcome, began)
	event.IndicatorID, event.IndicatorType = job.Indicator.ID, job.Indicator.Type
	event.Lane, event.Provider, event.Cache = string(lane), w.enricher.Name, report.Cache
	event.PermitWait, event.ProviderTook = report.PermitWait, report.Asked
	event.Write(w.log)
}

// answerSafely turns a panic into a fault, so that its message is settled and counted, and the other loops go on: one that panics
// each time ends as a dead letter.
func (w *worker) answerSafely(ctx, working context.Context, lane wire.Lane, message jetstream.Msg) (job wire.Job, report enrich.Report, err error) {
	defer func() {
		if value := recover(); value != nil {
			w.log.Error().Bytes("stack", debug.Stack()).Msg("panic")
			err = fault.New(fault.Unknown, fmt.Errorf("panic: %v", value))
		}
	}()
	return w.answer(ctx, working, lane, message)
}

func (w *worker) answer(ctx, working context.Context, lane wire.Lane, message jetstream.Msg) (wire.Job, enrich.Report, error) {
	if err := stream.Exhausted(message); err != nil {
		return wire.Job{}, enrich.Report{}, err
	}
	meta, err := message.Metadata()
	if err != nil {
		return wire.Job{}, enrich.Report{}, fault.New(fault.Permanent, err)
	}
	job, err := wire.DecodeJob(message.Data())
	if err != nil {
		return job, enrich.Report{}, err
	}
	report, err := w.enricher.Answer(ctx, working, enrich.Ticket{
		Job: job, Lane: lane, ID: wire.VerdictID(w.created, meta.Sequence.Stream, w.enricher.Name),
	})
	return job, report, err
}
