package lookup

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"vtq.internal/services/lookup/internal/budget"
	"vtq.internal/services/lookup/internal/enrich"
	"vtq.internal/shared/admin"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/lifecycle"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// A worker turns deliveries into answers.
type worker struct {
	desks    []*desk
	js       jetstream.JetStream
	topology stream.Topology // As the settings ask for it.
	trouble  func(error)     // Tells of what heals by itself.
	log      zerolog.Logger
	metrics  *metrics
}

// A lane is where its jobs come from: one of a route.
type lane struct {
	name     wire.Lane
	route    *route
	hands    int // Jobs that are in hand at most.
	consumer jetstream.Consumer
	created  time.Time // When its stream was: part of every message id.
	settler  *stream.Settler
	pulse    *admin.Pulse
}

func (l lane) origin(meta *jetstream.MsgMetadata) wire.Origin {
	return wire.Origin{Stream: meta.Stream, Created: l.created, Sequence: meta.Sequence.Stream}
}

// serve takes jobs of a lane, one at a time and never more than there are hands for, until ctx ends. Then a job that waits is given
// back, and a request that is under way goes on for as long as working lasts.
func (w *worker) serve(ctx, working context.Context, from lane) error {
	ctx, cancel := context.WithCancel(ctx)
	var busy sync.WaitGroup
	defer busy.Wait()
	defer cancel() // Before: who waits must not be waited for.
	hands := make(chan struct{}, from.hands)
	for w.ready(ctx, from, hands) {
		taken := false
		from.pulse.Beat(stream.TakeTime)
		err := stream.One(ctx, from.consumer, func(message jetstream.Msg) {
			taken = true
			busy.Go(func() {
				defer func() { <-hands }()
				w.handle(ctx, working, from, message)
			})
		})
		if !taken {
			<-hands
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// spentLook is how often a lane without budget looks whether it has some after all: a unit may have come back.
const spentLook = 10 * time.Minute

// ready waits for a free hand, while there is nothing left for the lane, and behind lanes that go first: a job that could not be asked
// about is better off in its stream. When it tells that ctx has ended the hand does not matter any more.
func (w *worker) ready(ctx context.Context, from lane, hands chan<- struct{}) bool {
	from.pulse.Rest()
	select {
	case hands <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	for {
		left := from.route.spent(from.name)
		if left <= 0 {
			from.pulse.Rest()
			return from.route.yield(ctx, from.name) == nil
		}
		from.pulse.Beat(min(left, spentLook))
		if !lifecycle.Sleep(ctx, min(left, spentLook)) {
			return false
		}
	}
}

// handle answers one delivery, settles it and writes its line.
func (w *worker) handle(ctx, working context.Context, from lane, message jetstream.Msg) {
	began := time.Now()
	ctx, span := stream.Process(ctx, message)
	working = span.In(working)
	release := stream.Hold(stream.LookupAckWait, message)
	job, report, by, err := w.answerSafely(ctx, working, from, message)
	if errors.Is(err, budget.ErrSpent) {
		err = w.spent(working, from, by, err)
	}
	release()
	if errors.Is(context.Cause(working), lifecycle.ErrShutdown) && fault.KindOf(err) == fault.Transient {
		err = fault.New(fault.Interrupted, err) // Cut short by us, whatever it looks like.
	}
	outcome := from.settler.Settle(working, message, err)
	w.metrics.answered(report, outcome)
	w.metrics.meter.Settled(message, outcome, began, false)
	event := stream.Event(message, outcome, began)
	event.IndicatorID, event.IndicatorType = job.Indicator.ID, job.Indicator.Type
	event.Lane, event.Provider, event.Cache = string(from.name), by.name, report.Cache
	event.PermitWait, event.ProviderTook = report.PermitWait, report.Asked
	stream.Write(event, outcome, span, w.log)
}

// answerSafely turns a panic into a fault, so that its message is settled and counted, and the other loops go on: one that panics
// each time ends as a dead letter.
func (w *worker) answerSafely(ctx, working context.Context, from lane, message jetstream.Msg) (job wire.Job, report enrich.Report, by *desk, err error) {
	by = from.route.desks[0] // Whose it is as long as nobody else has it.
	defer func() {
		if value := recover(); value != nil {
			w.log.Error().Bytes("stack", debug.Stack()).Msg("panic")
			err = fault.New(fault.Unknown, fmt.Errorf("panic: %v", value))
		}
	}()
	if err = stream.Exhausted(message); err != nil {
		return job, report, by, err
	}
	meta, err := message.Metadata()
	if err != nil {
		return job, report, by, fault.New(fault.Permanent, err)
	}
	if job, err = wire.DecodeJob(message.Data()); err != nil {
		return job, report, by, err
	}
	report, by, err = from.route.answer(ctx, working, enrich.Ticket{
		Job: job, Lane: from.name, Replay: wire.ReplayOf(message.Headers()),
	}, from.origin(meta))
	return job, report, by, err
}
