package deadletter

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// A Fate is what became of a letter.
type Fate string

// The fates; the package tells what they mean.
const (
	Redriven   Fate = "redriven"
	Pending    Fate = "pending"
	Superseded Fate = "superseded"
	Gone       Fate = "gone"
	Dying      Fate = "dying"
	Kept       Fate = "kept"
	Dropped    Fate = "dropped"
)

// Fates lists them in the order in which they are told.
func Fates() []Fate { return []Fate{Redriven, Pending, Superseded, Gone, Dropped, Dying, Kept} }

// Done tells that a letter has been dealt with, and is not there any more.
func (f Fate) Done() bool { return f != Dying && f != Kept }

// Redrive sends the messages of the letters that a filter takes on their way again, and tells what became of each. It goes on after
// an ErrNotFound, and returns it in the end; any other error ends it, with all that was told done and nothing lost. The error is
// stream.ErrFull when the pipeline takes no more for the time being.
func (b *Box) Redrive(ctx context.Context, f Filter, tell func(Letter, Fate)) error {
	return b.forEach(ctx, f, tell, b.redrive)
}

// Drop deletes the letters that a filter takes, and what they were about with them. Errors are as those of Redrive.
func (b *Box) Drop(ctx context.Context, f Filter, tell func(Letter, Fate)) error {
	return b.forEach(ctx, f, tell, b.drop)
}

func (b *Box) forEach(ctx context.Context, f Filter, tell func(Letter, Fate), act func(context.Context, Letter) (Fate, error)) error {
	var missing []error
	for letter, err := range b.List(ctx, f) {
		if errors.Is(err, ErrNotFound) {
			missing = append(missing, err)
			continue
		}
		if err != nil {
			return errors.Join(append(missing, err)...)
		}
		fate, err := act(ctx, letter)
		if err != nil {
			return errors.Join(append(missing, fmt.Errorf("dead letter %d: %w", letter.ID, err))...)
		}
		tell(letter, fate)
	}
	return errors.Join(missing...)
}

func (b *Box) redrive(ctx context.Context, l Letter) (Fate, error) {
	if l.gone {
		return Gone, remove(ctx, b.letters, l.ID)
	}
	if l.silence != nil {
		if _, _, ok := l.Address(); !ok {
			return Kept, nil
		}
		var err error
		if l, err = b.exhume(ctx, l); err != nil {
			return "", err
		}
	}
	fate, err := b.send(ctx, l)
	if err != nil || !fate.Done() {
		return fate, err
	}
	return fate, remove(ctx, b.letters, l.ID)
}

// send publishes the message of a letter to its own subject.
func (b *Box) send(ctx context.Context, l Letter) (Fate, error) {
	if at, err := wire.ParseJobSubject(l.Death.Subject); err == nil {
		return b.sendJob(ctx, at, l)
	}
	if at, err := wire.ParseVerdictSubject(l.Death.Subject); err == nil && l.Origin.Stream == stream.Verdicts {
		return b.sendVerdict(ctx, at, l)
	}
	return Kept, nil
}

// sendJob publishes a job, unless one is pending. That may be the one that died: a stage buries first and then ends the message, and
// one that was killed in between buries it once more, which the server takes for a repetition. Without the letter there would then be
// neither.
func (b *Box) sendJob(ctx context.Context, at wire.JobAddress, l Letter) (Fate, error) {
	stored, err := stream.Resubmit(ctx, b.js, at, l.again(), l.Body)
	if err != nil || stored {
		return Redriven, err
	}
	jobs, err := b.js.Stream(ctx, stream.LaneStream(at.Lane))
	if err != nil {
		return "", fmt.Errorf("opening the jobs: %w", err)
	}
	pending, err := jobs.GetLastMsgForSubject(ctx, l.Death.Subject)
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return Dying, nil // It went just now, perhaps by being ended.
	case err != nil:
		return "", fmt.Errorf("reading the job that is pending: %w", err)
	case jobs.CachedInfo().Created.Equal(l.Origin.Created) && pending.Sequence == l.Origin.Sequence:
		return Dying, nil
	}
	return Pending, nil
}

// again is the headers of a message that is sent again.
func (l Letter) again() nats.Header {
	header := nats.Header{}
	l.History.Redrive(l.Death).Put(header)
	wire.PutReplay(header, wire.ReplayOf(l.Header))
	wire.TraceOf(l.Header).Put(header)
	return header
}

func (b *Box) drop(ctx context.Context, l Letter) (Fate, error) {
	if l.Waits() && l.silence.Stream != stream.Verdicts {
		if err := b.removeSilent(ctx, l); err != nil {
			return "", err
		}
	}
	return Dropped, remove(ctx, b.letters, l.ID)
}
