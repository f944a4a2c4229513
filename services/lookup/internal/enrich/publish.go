package enrich

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/lifecycle"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/telemetry"
	"vtq.internal/shared/wire"
)

const (
	// minStoreWait and maxStoreWait bound the wait between two tries to publish: an election takes up to 7 s.
	minStoreWait, maxStoreWait = time.Second, 15 * time.Second
)

// errUnstored marks an answer that could not be stored. It says nothing about the provider.
var errUnstored = errors.New("storing an answer")

// remember stores what was paid for, so that everybody finds it: aliases first. Its error is an errUnstored, and the answer comes with
// it.
func (e *Enricher) remember(ctx context.Context, t Ticket, a answer) (answer, error) {
	err := e.publishAliases(ctx, a)
	if err == nil {
		a, err = e.file(ctx, t, a)
	}
	if err != nil {
		return a, fmt.Errorf("%w: %w", errUnstored, err)
	}
	return a, nil
}

// file stores an answer under the job's own indicator already, unless the same URL under its other scheme may turn out to be the
// answer.
func (e *Enricher) file(ctx context.Context, t Ticket, a answer) (answer, error) {
	if a.object != t.Job.Object || !a.verdict.Found && e.hasOther(t.Job) {
		return a, e.keep(ctx, t, a)
	}
	a.stored = true
	return a, e.publish(ctx, t, t.Job.Indicator.ID, t.Job.Object.Key(), a)
}

// keep stores an answer under its own key, for whoever asks about that object: under the job's indicator an answer about another
// object is going to stand. Nobody in ThreatQ asked for it.
func (e *Enricher) keep(ctx context.Context, t Ticket, a answer) error {
	t.ID, t.Job.Indicator = t.ID+"-"+string(a.object.Key()), indicator.Indicator{}
	return e.publish(ctx, t, 0, a.object.Key(), a)
}

// publishAliases lets the other names of an object lead to the answer that is about to be published. An answer from memory has its
// aliases already: to turn them to this job would make them lead nowhere for a moment, and cost somebody a request.
func (e *Enricher) publishAliases(ctx context.Context, a answer) error {
	alias, err := wire.EncodeAlias(wire.Alias{Key: a.object.Key()})
	if err != nil {
		return err
	}
	for _, other := range a.verdict.Aliases(a.object) {
		if err := e.store(ctx, &nats.Msg{Subject: wire.AliasSubject(e.Name, other.Key()), Data: alias}); err != nil {
			return fmt.Errorf("publishing an alias: %w", err)
		}
	}
	return nil
}

// publish stores an answer under a key, for an indicator, with what the writer has to know of the job that led to it. A job of a producer
// whose clock is ahead counts as made now, here and for good: later, when its verdict is sent or asked for again, nobody knows any more.
func (e *Enricher) publish(ctx context.Context, t Ticket, id int64, key indicator.Key, a answer) error {
	body, err := wire.EncodeVerdict(wire.Verdict{
		Indicator: t.Job.Indicator, Object: a.object, Verdict: a.verdict,
		JobCreated: wire.Asking{Created: t.Job.Created}.NotAfter(time.Now()).Created,
	})
	if err != nil {
		return err
	}
	message := nats.NewMsg(wire.VerdictAddress{Provider: e.Name, Key: key, ID: id}.Subject())
	message.Data = body
	wire.PutReplay(message.Header, t.Replay)
	span := telemetry.Publish(ctx, stream.Verdicts, message.Header)
	span.Tell(telemetry.Facts{IndicatorID: id, Lane: string(t.Lane), Provider: e.Name})
	err = e.store(ctx, message, jetstream.WithMsgID(t.ID))
	span.End(err)
	if err != nil {
		return fmt.Errorf("publishing a verdict: %w", err)
	}
	return nil
}

// store publishes to the verdict stream, and goes on trying for as long as ctx lasts: an answer that was paid for must not be asked for
// again because NATS elects a leader, or has no room until somebody makes some. To give the job back would bring it to a worker that
// does not have the answer.
func (e *Enricher) store(ctx context.Context, message *nats.Msg, options ...jetstream.PublishOpt) error {
	options = append(options, jetstream.WithExpectStream(stream.Verdicts))
	for wait := minStoreWait; ; wait = min(2*wait, maxStoreWait) {
		_, err := e.JS.PublishMsg(ctx, message, options...)
		switch {
		case err == nil:
			return nil
		case tooLarge(err):
			return fault.New(fault.Permanent, err)
		case errors.Is(err, nats.ErrConnectionClosed):
			return fault.New(fault.Transient, err) // By us: there will never be another.
		}
		e.trouble(ctx, err)
		if !lifecycle.Sleep(ctx, wait) {
			return fault.New(fault.Transient, err)
		}
	}
}

// tooLarge tells that the message itself is refused, by the client or the server, and will be each time.
func tooLarge(err error) bool {
	refused, ok := errors.AsType[*jetstream.APIError](err)
	return ok && refused.ErrorCode == jetstream.JSErrCodeStreamMessageExceedsMaximum || errors.Is(err, nats.ErrMaxPayload)
}
