package stream

import (
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/logging"
	"vtq.internal/shared/wire"
)

// Event makes the canonical line of a delivery that a stage began to work on at some time, with what the message and its outcome
// tell. The stage adds its own facts and writes it.
func Event(message jetstream.Msg, outcome Outcome, began time.Time) logging.Event {
	event := logging.Event{Outcome: outcome.name(), Settle: outcome.Settle, RetryIn: outcome.Delay, Took: time.Since(began)}
	event.Replay = wire.ReplayOf(message.Headers())
	if outcome.Err != nil {
		event.Err = outcome.Err.Error()
	}
	if meta, err := message.Metadata(); err == nil {
		event.Stream, event.Seq, event.Delivery = meta.Stream, meta.Sequence.Stream, meta.NumDelivered
		event.QueueAge = began.Sub(meta.Timestamp)
	}
	return event
}

// name is the outcome as logs and metrics spell it.
func (o Outcome) name() string {
	switch {
	case o.Err == nil:
		return logging.OutcomeOK
	case o.Kind == fault.Permanent:
		return logging.OutcomeDead
	}
	return o.Kind.String()
}
