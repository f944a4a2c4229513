package deadletter

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// Silent is the kind of fault of a message that the server delivers no more. Those of package fault are what stages find.
const Silent = "silent"

// A Letter is one message that needs a person.
type Letter struct {
	ID      uint64    // Its place in the stream of dead letters.
	Died    time.Time // When it was buried, by the server's clock.
	Death   wire.Death
	History wire.History
	Origin  wire.Origin // Where the message stood; the zero value when nobody can tell.
	Header  nats.Header // As stored, without what the server adds.
	Body    []byte      // Of the message. Not to be trusted.

	silence *stream.Silence // Of a message that is still in its stream.
	gone    bool            // It is not there any more.
}

// Waits tells that the message is still in its stream, where it is delivered no more.
func (l Letter) Waits() bool { return l.silence != nil && !l.gone }

// Address tells the object that the message is about and the indicator that asked; ok is false when its subject does not say so.
func (l Letter) Address() (key indicator.Key, id int64, ok bool) {
	if job, err := wire.ParseJobSubject(l.Death.Subject); err == nil {
		return job.Key, job.ID, true
	}
	if verdict, err := wire.ParseVerdictSubject(l.Death.Subject); err == nil {
		return verdict.Key, verdict.ID, true
	}
	return "", 0, false
}

// read makes a letter of a message of the stream.
func (b *Box) read(ctx context.Context, raw *jetstream.RawStreamMsg) (Letter, error) {
	l := Letter{ID: raw.Sequence, Died: raw.Time}
	silence, err := stream.ParseSilence(raw.Subject, raw.Data)
	if err == nil {
		return b.readSilent(ctx, l, silence)
	}
	l.Death, l.History = wire.ParseDeath(raw.Header), wire.HistoryOf(raw.Header)
	l.Origin, _ = wire.ParseDeadID(raw.Header.Get(jetstream.MsgIDHeader))
	l.Header, l.Body = stored(raw.Header), raw.Data
	return l, nil
}

// readSilent fetches the message that an advisory is about.
func (b *Box) readSilent(ctx context.Context, l Letter, silence stream.Silence) (Letter, error) {
	l.silence = &silence
	l.Death = wire.Death{
		Stage: stageOf(silence.Stream), Kind: Silent, Attempts: silence.Deliveries, Last: silence.Since,
		Reason: fmt.Sprintf("consumer %s delivers it no more, after %d times; it stays in %s at %d",
			silence.Consumer, silence.Deliveries, silence.Stream, silence.Sequence),
	}
	from, err := b.js.Stream(ctx, silence.Stream)
	if err != nil {
		return Letter{}, fmt.Errorf("reading dead letter %d: %w", l.ID, err)
	}
	l.Origin = wire.Origin{Stream: silence.Stream, Created: from.CachedInfo().Created, Sequence: silence.Sequence}
	raw, err := from.GetMsg(ctx, silence.Sequence)
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		l.gone = true
		l.Death.Reason = fmt.Sprintf("consumer %s delivered it %d times; it is not in %s any more", silence.Consumer, silence.Deliveries, silence.Stream)
		return l, nil
	case err != nil:
		return Letter{}, fmt.Errorf("reading message %d of %s: %w", silence.Sequence, silence.Stream, err)
	}
	l.Death.Subject, l.Death.First = raw.Subject, raw.Time
	l.History, l.Header, l.Body = wire.HistoryOf(raw.Header), stored(raw.Header), raw.Data
	return l, nil
}

// stageOf names the stage that reads a stream.
func stageOf(name string) string {
	if name == stream.Verdicts {
		return "writer"
	}
	return "lookup"
}

// stored leaves out of headers what the server tells of a message when it is read, and what was said to the server when it was
// published.
func stored(header nats.Header) nats.Header {
	kept := nats.Header{}
	for name, values := range header {
		if !strings.HasPrefix(textproto.CanonicalMIMEHeaderKey(name), "Nats-") {
			kept[name] = values
		}
	}
	return kept
}
