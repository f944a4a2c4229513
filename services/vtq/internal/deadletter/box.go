package deadletter

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/stream"
)

// ErrNotFound means that there is no dead letter of that number: it never was one, has been dealt with, or was too old.
var ErrNotFound = errors.New("no such dead letter")

// A Box is the dead letters of a pipeline.
type Box struct {
	js      jetstream.JetStream
	letters jetstream.Stream
	created time.Time // When the stream of letters was.
}

// Open opens the dead letters on a server. The error is jetstream.ErrStreamNotFound when no pipeline was ever set up there.
func Open(ctx context.Context, js jetstream.JetStream) (*Box, error) {
	letters, err := js.Stream(ctx, stream.DeadLetters)
	if err != nil {
		return nil, fmt.Errorf("opening the dead letters: %w", err)
	}
	return &Box{js: js, letters: letters, created: letters.CachedInfo().Created}, nil
}

// Show reads one letter. The error is ErrNotFound when there is none of that number.
func (b *Box) Show(ctx context.Context, id uint64) (Letter, error) {
	raw, err := b.letters.GetMsg(ctx, id)
	if errors.Is(err, jetstream.ErrMsgNotFound) || id == 0 {
		return Letter{}, fmt.Errorf("%w: %d", ErrNotFound, id)
	}
	if err != nil {
		return Letter{}, fmt.Errorf("reading dead letter %d: %w", id, err)
	}
	return b.read(ctx, raw)
}

// List reads the letters that a filter takes, oldest first, up to the last one that there is when it begins. It holds one letter at
// a time. An ErrNotFound, of which there can be one for each number asked for, does not end it; any other error does.
func (b *Box) List(ctx context.Context, f Filter) iter.Seq2[Letter, error] {
	all := b.each(ctx)
	if len(f.IDs) > 0 {
		all = b.named(ctx, f.IDs)
	}
	return func(yield func(Letter, error) bool) {
		for letter, err := range all {
			if err == nil && !f.takes(letter) {
				continue
			}
			if !yield(letter, err) || err != nil && !errors.Is(err, ErrNotFound) {
				return
			}
		}
	}
}

func (b *Box) named(ctx context.Context, ids []uint64) iter.Seq2[Letter, error] {
	return func(yield func(Letter, error) bool) {
		for _, id := range ids {
			if !yield(b.Show(ctx, id)) {
				return
			}
		}
	}
}

// each goes from letter to letter. What is buried after it began is not for it: a message that dies again at once would keep it
// going for ever.
func (b *Box) each(ctx context.Context) iter.Seq2[Letter, error] {
	return func(yield func(Letter, error) bool) {
		info, err := b.letters.Info(ctx)
		if err != nil {
			yield(Letter{}, fmt.Errorf("opening the dead letters: %w", err))
			return
		}
		for next := max(info.State.FirstSeq, 1); next <= info.State.LastSeq; {
			raw, err := b.letters.GetMsg(ctx, next, jetstream.WithGetMsgSubject(">"))
			if errors.Is(err, jetstream.ErrMsgNotFound) || err == nil && raw.Sequence > info.State.LastSeq {
				return
			}
			if err != nil {
				yield(Letter{}, fmt.Errorf("reading the dead letter after %d: %w", next-1, err))
				return
			}
			next = raw.Sequence + 1
			if !yield(b.read(ctx, raw)) {
				return
			}
		}
	}
}

// remove deletes a message from a stream. One that is not there any more is as it should be.
func remove(ctx context.Context, from jetstream.Stream, sequence uint64) error {
	err := from.DeleteMsg(ctx, sequence)
	if err == nil {
		return nil
	}
	// The server has one code for every reason not to delete.
	if _, lookErr := from.GetMsg(ctx, sequence); errors.Is(lookErr, jetstream.ErrMsgNotFound) {
		return nil
	}
	return fmt.Errorf("deleting message %d of %s: %w", sequence, from.CachedInfo().Config.Name, err)
}
