package ledger

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/lifecycle"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/threatq"
	"vtq.internal/shared/wire"
)

const (
	// claimLife is how long a claim keeps others away, unless it is renewed. A message in hand, of which the server hears at a third of
	// AckWait, comes again at the earliest two thirds after its writer was killed: when the claim has ended, so that nobody waits twice.
	claimLife = stream.WriterAckWait * 2 / 3
	// renewal is how often a claim is renewed.
	renewal = claimLife / 4
	// minHeld is what has to be left of a claim that could not be renewed, else the work ends: not after the first failure, and not less
	// than publishTimeout before others may begin. That is room for a request under way, and for clocks that differ.
	minHeld = publishTimeout * 3 / 2
	// publishTimeout bounds one change of an entry, which is made even when the writer was told to stop: a leader election takes up
	// to 7 s.
	publishTimeout = 10 * time.Second
)

// ErrElsewhere tells that another writer works on the indicator: give the message back. Nobody is at fault; its kind is Quota, with
// the time after which the other one has lost its claim.
var ErrElsewhere = errors.New("another writer works on the indicator")

// Claim keeps other writers from an indicator. From then on its rows are unknown, to everybody, until they are kept: Rows has to be
// asked before. Errors are ErrElsewhere and ErrStore.
func (l *Ledger) Claim(ctx context.Context, e *Entry) error {
	if err := l.Elsewhere(e); err != nil {
		return err
	}
	return l.claim(ctx, e)
}

func (l *Ledger) claim(ctx context.Context, e *Entry) error {
	next := e.doubtful()
	next.Claim = &wire.Claim{By: l.by, Until: time.Now().Add(claimLife).UTC().Truncate(time.Millisecond)}
	return l.put(ctx, e, next)
}

// Hold renews a claim while work goes on, until release is called. The context ends when the claim is lost, with a cause that is
// ErrElsewhere or ErrStore. The entry must not be used in between.
func (l *Ledger) Hold(ctx context.Context, e *Entry) (held context.Context, release func()) {
	held, lose := context.WithCancelCause(ctx)
	done := make(chan struct{})
	var renewing sync.WaitGroup
	renewing.Go(func() {
		tick := time.NewTicker(renewal)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				until := e.told().Claim.Until
				err := l.claim(ctx, e)
				if errors.Is(err, ErrElsewhere) || err != nil && time.Until(until) < minHeld {
					lose(err)
					return
				}
			}
		}
	})
	return held, sync.OnceFunc(func() { close(done); renewing.Wait(); lose(nil) })
}

// Elsewhere is ErrElsewhere when another writer has claimed the indicator.
func (l *Ledger) Elsewhere(e *Entry) error {
	now := time.Now()
	if until := e.elsewhere(l.by, now); !until.IsZero() {
		return fault.After(fault.Quota, until.Sub(now), ErrElsewhere)
	}
	return nil
}

// Keep ends a claim, if there is one: the verdict of a provider was written, and these rows stand there now. Rows that are too many for
// an entry are forgotten. Errors are as of Claim; after ErrElsewhere another writer may have worked on what it did not know of.
func (l *Ledger) Keep(ctx context.Context, e *Entry, provider string, verdict wire.WrittenVerdict, rows []threatq.Row) error {
	next := e.and(provider, verdict)
	next.Epoch, next.Settings, next.Rows = e.present, l.settings, make([]wire.WrittenRow, len(rows))
	for i, r := range rows {
		next.Rows[i] = wire.WrittenRow{ID: r.ID, Name: r.Name, Value: r.Value}
		l.own(&next.Rows[i], r.Sources)
	}
	err := l.put(ctx, e, next)
	if errors.Is(err, wire.ErrTooLarge) {
		return l.KeepUnknown(ctx, e, provider, verdict)
	}
	return err
}

// KeepUnknown is Keep when it is not known which rows stand there.
func (l *Ledger) KeepUnknown(ctx context.Context, e *Entry, provider string, verdict wire.WrittenVerdict) error {
	return l.put(ctx, e, e.and(provider, verdict))
}

// Release ends a claim without having written the verdict, or not all of it: whoever comes next looks what stands there. When that is
// lost the claim ends by itself.
func (l *Ledger) Release(ctx context.Context, e *Entry) error { return l.put(ctx, e, e.doubtful()) }

const (
	// maxDoubts bounds how often Doubt is outrun: by whoever it runs against, once or twice.
	maxDoubts = 5
	// minDoubtWait is before the second try, and doubles: whoever outran the first changes an entry within milliseconds, and not twice.
	// With the spread by a half each way all waits come to 2.25 s at most.
	minDoubtWait = 100 * time.Millisecond
)

// Doubt makes the rows of an indicator unknown, whoever has written them down, and the score, if that was sent: this writer has lost its
// claim while it wrote, and what both wrote nobody knows. It ends the other's claim, too, which gives its message back then. It is cast
// even when ctx has ended. Errors are as of Claim.
func (l *Ledger) Doubt(ctx context.Context, e *Entry, scored bool) error {
	ctx = context.WithoutCancel(ctx)
	for try := 0; ; try++ {
		now, err := l.Again(ctx, e)
		if err != nil || now.Absent() {
			return err
		}
		next := now.doubtful()
		if scored {
			next.Verdicts = unscored(next.Verdicts)
		}
		if err = l.put(ctx, now, next); !errors.Is(err, ErrElsewhere) || try+1 == maxDoubts {
			return err
		}
		wait := minDoubtWait << try
		lifecycle.Sleep(ctx, wait/2+rand.N(wait)) //nolint:gosec // Jitter, not a secret.
	}
}

// unscored are verdicts of whose scores none is known to have been seen to.
func unscored(verdicts map[string]wire.WrittenVerdict) map[string]wire.WrittenVerdict {
	all := make(map[string]wire.WrittenVerdict, len(verdicts))
	for provider, v := range verdicts {
		v.Score = nil
		all[provider] = v
	}
	return all
}

// Claimed tells that an entry had a claim of this writer when it was last read or changed. After Keep, KeepUnknown or Release it does so
// only where that has failed.
func (l *Ledger) Claimed(e *Entry) bool {
	c := e.told().Claim
	return c != nil && c.By == l.by
}

// Expired tells that it was Claimed, for a time that is over. Others may have worked on the indicator since.
func (l *Ledger) Expired(e *Entry) bool {
	return l.Claimed(e) && !time.Now().Before(e.told().Claim.Until)
}

// doubtful is the entry without what is only known until somebody writes.
func (e *Entry) doubtful() wire.Written {
	return wire.Written{WrittenHead: wire.WrittenHead{Verdicts: e.told().Verdicts}}
}

// and is the entry with another verdict of one provider.
func (e *Entry) and(provider string, verdict wire.WrittenVerdict) wire.Written {
	next := e.doubtful()
	next.Verdicts = maps.Clone(next.Verdicts)
	if next.Verdicts == nil {
		next.Verdicts = map[string]wire.WrittenVerdict{}
	}
	next.Verdicts[provider] = verdict
	return next
}

// put replaces an entry, unless somebody else did so since it was read.
func (l *Ledger) put(ctx context.Context, e *Entry, next wire.Written) error {
	body, err := wire.EncodeWritten(next)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishTimeout)
	defer cancel()
	ack, err := l.js.Publish(ctx, wire.WrittenSubject(e.id), body,
		jetstream.WithExpectStream(stream.Written), jetstream.WithExpectLastSequencePerSubject(e.sequence))
	switch {
	case outrun(err):
		return fault.New(fault.Quota, ErrElsewhere)
	case err != nil:
		return lost("publishing", err)
	}
	l.saw(ack.Sequence)
	e.head, e.read, e.body, e.sequence = next.WrittenHead, true, body, ack.Sequence
	return nil
}

// outrun tells that the entry is not the one that was read.
func outrun(err error) bool { return stream.Conflict(err) }
