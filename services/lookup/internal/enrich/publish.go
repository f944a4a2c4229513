package enrich

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/lifecycle"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

const (
	// minStoreWait and maxStoreWait bound the wait between two tries to publish: an election takes up to 7 s.
	minStoreWait, maxStoreWait = time.Second, 15 * time.Second
	// storePatience is for how long it is tried: as long as a rolling restart of a cluster takes. Where NATS is gone for longer the
	// job could not be settled either.
	storePatience = 3 * time.Minute
)

// publishAliases lets the other names of an object lead to the answer that is about to be published. An answer from memory has its
// aliases already: to turn them to this job would make them lead nowhere for a moment, and cost somebody a request.
func (e *Enricher) publishAliases(ctx context.Context, a answer) error {
	alias, err := wire.EncodeAlias(wire.Alias{Key: a.object.Key()})
	if err != nil {
		return err
	}
	for _, other := range a.verdict.Aliases(a.object) {
		if err := e.store(ctx, wire.AliasSubject(e.Name, other.Key()), alias); err != nil {
			return fmt.Errorf("publishing an alias: %w", err)
		}
	}
	return nil
}

// publish stores an answer under a key, for an indicator.
func (e *Enricher) publish(ctx context.Context, t Ticket, id int64, key indicator.Key, a answer) error {
	body, err := wire.EncodeVerdict(wire.Verdict{Indicator: t.Job.Indicator, Object: a.object, Verdict: a.verdict})
	if err != nil {
		return err
	}
	at := wire.VerdictAddress{Provider: e.Name, Key: key, ID: id}
	if err := e.store(ctx, at.Subject(), body, jetstream.WithMsgID(t.ID)); err != nil {
		return fmt.Errorf("publishing a verdict: %w", err)
	}
	return nil
}

// store publishes to the verdict stream, and goes on trying for as long as ctx lasts while the server cannot take it: an answer that
// was paid for must not be asked for again because NATS elects a leader.
func (e *Enricher) store(ctx context.Context, subject string, body []byte, options ...jetstream.PublishOpt) error {
	options = append(options, jetstream.WithExpectStream(stream.Verdicts))
	ctx, cancel := context.WithTimeout(ctx, storePatience)
	defer cancel()
	for wait := minStoreWait; ; wait = min(2*wait, maxStoreWait) {
		_, err := e.JS.Publish(ctx, subject, body, options...)
		if err == nil {
			return nil
		}
		if final(err) || !lifecycle.Sleep(ctx, wait) {
			return fault.New(fault.Transient, err)
		}
	}
}

// final tells that the server has answered, and will not answer otherwise, or that there will never be one.
func final(err error) bool {
	refused, ok := errors.AsType[*jetstream.APIError](err)
	return ok && refused.Code != http.StatusServiceUnavailable || errors.Is(err, nats.ErrConnectionClosed)
}
