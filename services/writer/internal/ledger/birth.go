package ledger

import (
	"context"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// birth is the indicator under which the ledger's own entry stands. ThreatQ has none of that id.
const birth = 0

// probation is how far a ledger has to have come before it is believed about what it does not know: a hundred indicators at a claim
// and an entry each, on which somebody has looked first.
const probation = 200

// Precedes tells whether the ledger was there before the first verdict, so that none was written without it: the stream of verdicts still
// has its first message, and that is the younger of the two, or it never had one. Where nobody can tell it is false.
func (l *Ledger) Precedes(verdicts jetstream.StreamState) bool {
	if verdicts.LastSeq == 0 {
		return true
	}
	return verdicts.FirstSeq == 1 && !verdicts.FirstTime.Before(l.stream.CachedInfo().Created)
}

// Begin certifies that this ledger is the first: nothing of ours stands in ThreatQ that it does not know of. The caller knows that no
// verdict was written yet (see Precedes). The certificate is the first message of the stream, or it is not given: what the stream forgets it forgets
// from its beginning, so that as long as the certificate stands there nothing was forgotten. Errors are ErrStore.
func (l *Ledger) Begin(ctx context.Context) error {
	body, err := wire.EncodeWritten(wire.Written{WrittenHead: wire.WrittenHead{Epoch: wire.FirstEpoch}})
	if err != nil {
		return err
	}
	_, err = l.js.Publish(ctx, wire.WrittenSubject(birth), body,
		jetstream.WithExpectStream(stream.Written), jetstream.WithExpectLastSequence(0))
	if err != nil && !outrun(err) {
		return lost("beginning", err)
	}
	return nil
}

// Found tells the ledger that rows of ours stood on an indicator before this try. Where the ledger never heard of it, it is not the
// first, and its certificate ends, for every writer. When that is lost, the next such indicator ends it.
func (l *Ledger) Found(ctx context.Context, e *Entry) {
	body, err := wire.EncodeWritten(wire.Written{})
	if err != nil || !e.unheard {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishTimeout)
	defer cancel()
	_, _ = l.js.Publish(ctx, wire.WrittenSubject(birth), body, jetstream.WithExpectStream(stream.Written))
}

// certified tells whether the certificate stands, for the present epoch.
func (l *Ledger) certified(certificate *Entry) bool {
	return certificate != nil && certificate.sequence == 1 && certificate.told().Epoch == l.epoch
}
