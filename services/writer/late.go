package writer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/writer/internal/ledger"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/lifecycle"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

const (
	// maxMends bounds the tries to put a late write right. With their waits they outlast a rolling restart of NATS, some minutes, and a
	// few writers that work on the indicator before; a writer that holds its claim for longer is writing the indicator itself.
	maxMends = 10
	// minMend and maxMend bound the wait between two tries, which doubles. Two writers that have disturbed each other would do so again
	// at once: the spread by a half each way, and the growth, let one of them be done before the other begins.
	minMend = time.Second
	maxMend = time.Minute
	// fetchTimeout bounds the fetching of a verdict: a leader election takes up to 7 s.
	fetchTimeout = 15 * time.Second
)

// errForgotten tells that the ledger has no entry any more, or the stream not the verdict that it speaks of.
var errForgotten = fault.New(fault.Permanent, errors.New("the newest verdict is not known any more"))

// A late is a verdict that was written, or may have been, after its claim was lost.
type late struct {
	*item

	scored  bool // A score was sent with it.
	doubted bool // What stands on the indicator is unknown to everybody.
}

// mend puts right what was written late: it makes what stands on the indicator unknown, and then brings the indicator to its newest
// verdict. What it cannot put right stands until the next verdict on the indicator, which is told.
func (b *batcher) mend(ctx context.Context, it *item, scored bool) {
	l, wait := &late{item: it, scored: scored}, minMend
	err := b.heal(ctx, l)
	for try := 1; err != nil && try < maxMends && b.rest(ctx, err, wait); try++ {
		err, wait = b.heal(ctx, l), min(2*wait, maxMend)
	}
	log := b.log.With().Int64("indicator_id", it.id).Uint64("seq", it.revision.Sequence).Logger()
	if err == nil {
		b.metrics.ledger.WithLabelValues(eventMended).Inc()
		log.Warn().Msg("a verdict was written too late, and the indicator brought back to the newest")
		return
	}
	b.metrics.ledger.WithLabelValues(eventUnmended).Inc()
	log.Warn().Err(err).Msg("a verdict was written too late, and what it wrote may stand until the next verdict on the indicator")
}

// rest waits before another try, and tells whether there may be one.
func (b *batcher) rest(ctx context.Context, err error, wait time.Duration) bool {
	if !waits(fault.KindOf(err)) {
		return false
	}
	if !aboutLedger(err) && b.gate.pass(ctx, err) {
		return true
	}
	spread := wait/2 + rand.N(wait) //nolint:gosec // Jitter, not a secret.
	return lifecycle.Sleep(ctx, max(spread, min(fault.RetryAfter(err), maxMend)))
}

// heal tries once. Doubt is cast before anything else, so that nobody goes by rows that are wrong, and ends the claim of whoever works
// on the indicator, once. From then on others are waited for: two writers that went on to end each other's claims would never be done.
func (b *batcher) heal(ctx context.Context, l *late) error {
	if !l.doubted {
		if err := b.ledger.Doubt(ctx, l.entry, l.scored); err != nil {
			return err
		}
		l.doubted = true
	}
	now, err := b.ledger.Again(ctx, l.entry)
	if err != nil {
		return err
	}
	if _, told := b.ledger.Rows(now); told {
		return nil // Somebody has read them since, and written what is newest.
	}
	if err := cmp.Or(now.Unreadable(), b.ledger.Elsewhere(now)); err != nil {
		return err
	}
	newest, err := b.standing(ctx, l.item, now)
	if err != nil {
		return err
	}
	b.apply(ctx, newest)
	l.tally = newest.tally.After(l.tally)
	if b.ledger.Claimed(newest.entry) { // Lost again, and written late again.
		l.doubted, l.scored = false, true
	}
	if fault.KindOf(newest.err) == fault.Gone {
		return nil // Nothing stands on an indicator that was deleted.
	}
	return newest.err
}

// standing is the newest verdict on an indicator: the one that was late itself, or else the last that was written.
func (b *batcher) standing(ctx context.Context, it *item, now *ledger.Entry) (*item, error) {
	if now.Absent() {
		return nil, errForgotten // By the ledger: nobody knows what is newest, and whoever comes next looks what stands there.
	}
	mine := &item{
		id: it.id, provider: it.provider, revision: it.revision, verdict: it.verdict, asking: it.asking, entry: now, mends: true,
	}
	if !mine.outdone() {
		return mine, nil
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	message, err := b.fetch(ctx, it, now.Newest(it.provider))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, errForgotten
	}
	if err != nil {
		return nil, fault.New(fault.Transient, fmt.Errorf("fetching the newest verdict: %w", err))
	}
	newest := &item{
		id: it.id, revision: wire.RevisionOf(b.created, message.Sequence), stored: message.Time, entry: now, mends: true,
	}
	newest.at, _ = wire.ParseVerdictSubject(message.Subject) // It says nothing when it cannot be read, as in items.
	if err := newest.decode(message.Data); err != nil {
		return nil, err
	}
	if newest.id != it.id || newest.provider != it.provider || newest.outdone() { // A follower may tell of what stood there before.
		return nil, errForgotten
	}
	return newest, nil
}

// fetch fetches the verdict that was written last or, where another has taken its place, that one.
func (b *batcher) fetch(ctx context.Context, it *item, last wire.WrittenVerdict) (*jetstream.RawStreamMsg, error) {
	verdicts, err := b.js.Stream(ctx, stream.Verdicts)
	if err != nil {
		return nil, err
	}
	if last.Revision == wire.RevisionOf(b.created, last.Revision.Sequence) {
		message, err := verdicts.GetMsg(ctx, last.Revision.Sequence)
		if !errors.Is(err, jetstream.ErrMsgNotFound) {
			return message, err
		}
	}
	if last.Asking.Key == "" {
		return nil, jetstream.ErrMsgNotFound
	}
	return verdicts.GetLastMsgForSubject(ctx, wire.VerdictAddress{Provider: it.provider, Key: last.Asking.Key, ID: it.id}.Subject())
}
