package deadletter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/lifecycle"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/telemetry"
	"vtq.internal/shared/wire"
)

const (
	// maxLooks bounds how often a verdict's place is looked at again because it changed meanwhile. Verdicts for one indicator are
	// hours apart; what is seen more than once is a replica that lags behind.
	maxLooks = 10
	// lookWait is how long a lagging replica is given.
	lookWait = 200 * time.Millisecond
)

// errUnsteady means that a verdict's place changed whenever it was looked at.
var errUnsteady = errors.New("the verdict under its subject changes all the time; try again")

// sendVerdict publishes a verdict, unless a newer one stands under its subject, where the stream keeps one and the last one counts, or was
// written on the indicator: that may be about another object, under another subject.
func (b *Box) sendVerdict(ctx context.Context, at wire.VerdictAddress, l Letter) (Fate, error) {
	if over, err := b.overtaken(ctx, at, l); err != nil || over {
		return Superseded, err
	}
	verdicts, err := b.js.Stream(ctx, stream.Verdicts)
	if err != nil {
		return "", fmt.Errorf("opening %s: %w", stream.Verdicts, err)
	}
	for range maxLooks {
		standing, err := standing(ctx, verdicts, l.Death.Subject)
		switch {
		case err != nil:
			return "", err
		case standing > 0 && newer(verdicts.CachedInfo().Created, standing, l.Origin):
			return Superseded, nil
		}
		message := &nats.Msg{Subject: l.Death.Subject, Header: l.again(), Data: l.Body}
		span := telemetry.Publish(ctx, stream.Verdicts, message.Header)
		span.Tell(telemetry.Facts{IndicatorID: at.ID, Provider: at.Provider})
		_, err = b.js.PublishMsg(ctx, message, jetstream.WithExpectStream(stream.Verdicts),
			jetstream.WithExpectLastSequencePerSubject(standing), jetstream.WithMsgID(wire.RedriveID(b.created, l.ID)))
		span.End(err)
		if !stream.Conflict(err) {
			if err != nil {
				err = fmt.Errorf("publishing a verdict: %w", err)
			}
			return Redriven, err
		}
		if !lifecycle.Sleep(ctx, lookWait) {
			return "", context.Cause(ctx)
		}
	}
	return "", errUnsteady
}

// overtaken tells whether the writer's ledger knows of a newer verdict of that provider on the indicator. What it does not know, or what
// nobody can read, is no reason to keep a verdict back: the writer looks again.
func (b *Box) overtaken(ctx context.Context, at wire.VerdictAddress, l Letter) (bool, error) {
	ledger, err := b.js.Stream(ctx, stream.Written)
	if err != nil {
		return false, fmt.Errorf("opening the ledger: %w", err)
	}
	entry, err := ledger.GetLastMsgForSubject(ctx, wire.WrittenSubject(at.ID))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("asking the ledger: %w", err)
	}
	head, err := wire.DecodeWrittenHead(entry.Data)
	if err != nil {
		return false, nil //nolint:nilerr // See above.
	}
	var asking wire.Asking
	if message, err := wire.DecodeVerdict(l.Body); err == nil {
		asking = message.Asking(at).NotAfter(l.Death.First)
	}
	return head.Verdicts[at.Provider].Outdoes(asking, wire.RevisionOf(l.Origin.Created, l.Origin.Sequence)), nil
}

// standing is the place of the verdict that stands under a subject, 0 for none.
func standing(ctx context.Context, verdicts jetstream.Stream, subject string) (uint64, error) {
	message, err := verdicts.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("reading the verdict that stands there: %w", err)
	}
	return message.Sequence, nil
}

// newer tells that a verdict was stored after the one that died. What stands in a stream that was made anew since is newer than all
// that stood in the old one.
func newer(created time.Time, sequence uint64, origin wire.Origin) bool {
	return !created.Equal(origin.Created) || sequence > origin.Sequence
}
