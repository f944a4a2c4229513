package deadletter

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// exhume makes an ordinary letter of a message that waits in its stream: buries it whole, frees its subject, and takes away the note
// about it. A crash after the first leaves a letter more, one after the second a note about nothing.
//
// A verdict stays where it is: what is published under its subject takes its place.
func (b *Box) exhume(ctx context.Context, l Letter) (Letter, error) {
	buried := nats.NewMsg(wire.DeadSubject(l.Death.Stage, l.Death.Subject))
	buried.Data = l.Body
	l.Death.Put(buried.Header)
	l.History.Put(buried.Header)
	wire.PutReplay(buried.Header, wire.ReplayOf(l.Header))
	wire.TraceOf(l.Header).Put(buried.Header)
	// The note is part of the id: a letter that the stage itself wrote about this message, and that may have been dealt with, must
	// not make the server drop this one.
	id := wire.DeadID(fmt.Sprintf("%s-%d", Silent, l.ID), l.Origin.Stream, l.Origin.Created, l.Origin.Sequence)
	ack, err := b.js.PublishMsg(ctx, buried, jetstream.WithMsgID(id), jetstream.WithExpectStream(stream.DeadLetters))
	if err != nil {
		return Letter{}, fmt.Errorf("burying the message: %w", err)
	}
	if l.silence.Stream != stream.Verdicts {
		if err := b.removeSilent(ctx, l); err != nil {
			return Letter{}, err
		}
	}
	if err := remove(ctx, b.letters, l.ID); err != nil {
		return Letter{}, err
	}
	l.ID, l.silence = ack.Sequence, nil
	return l, nil
}

// removeSilent deletes a message that is delivered no more from its stream.
func (b *Box) removeSilent(ctx context.Context, l Letter) error {
	from, err := b.js.Stream(ctx, l.silence.Stream)
	if err != nil {
		return fmt.Errorf("opening %s: %w", l.silence.Stream, err)
	}
	return remove(ctx, from, l.silence.Sequence)
}
