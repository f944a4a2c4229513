package replay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/lifecycle"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

const (
	// maxRaises bounds the tries to open an epoch: each one that fails is another's success, or a read that was behind.
	maxRaises = 5
	// spreadTimeout bounds the wait for replicas to hear of an epoch, and spreadWait is from one look at them to the next.
	spreadTimeout = 10 * time.Second
	spreadWait    = 100 * time.Millisecond
)

// Options say how to replay.
type Options struct {
	// Verify has each indicator's rows in ThreatQ read once and put right, for a ThreatQ that was put back to an earlier state.
	Verify bool
	// Reason is for whoever reads the notes, at most MaxReason runes, and By tells who asked for it, at most MaxBy.
	Reason, By string
}

// Begin puts the writer back to a start. Another replay that is under way is continued by this one, and its Verify is this one's too.
// Errors are those of Survey, and ErrBusy. After any other error the replay may have begun; to repeat it is harmless.
func (r *Replayer) Begin(ctx context.Context, start Start, o Options) (record Record, err error) {
	err = r.change(ctx, func(ctx context.Context, all *notes, save func() error) error {
		if record, err = r.note(ctx, start, o, all); err != nil {
			return err
		}
		last := &all.Replays[len(all.Replays)-1]
		if err := save(); err != nil {
			return err
		}
		empty, err := r.emptyLedger(ctx)
		if err != nil {
			return err
		}
		if o.Verify || empty {
			if last.Epoch, err = r.raise(ctx); err != nil {
				return err
			}
		}
		if err := r.reset(ctx, record.From); err != nil {
			return err
		}
		last.Outcome = UnderWay
		record = *last
		return nil
	})
	return record, err
}

// note adds a replay to the notes.
func (r *Replayer) note(ctx context.Context, start Start, o Options, all *notes) (Record, error) {
	s, err := r.survey(ctx, start, *all)
	if err != nil {
		return Record{}, err
	}
	info, err := r.writer(ctx)
	if err != nil {
		return Record{}, err
	}
	under, ok := all.current(r.created, info)
	if ok {
		all.end(Continued)
	} else {
		all.end(Done)
	}
	return all.add(Record{
		Stream: r.created, Started: now(), Outcome: Beginning, From: s.From, To: s.To, Floor: s.Floor, Verdicts: s.Verdicts,
		Verify: o.Verify || ok && under.Verify, Reason: verdict.Clean(o.Reason, MaxReason),
		By: verdict.Clean(o.By, MaxBy), Asked: start.String(),
	}), nil
}

func (r *Replayer) reset(ctx context.Context, sequence uint64) error {
	if _, err := r.js.ResetConsumerToSequence(ctx, stream.Verdicts, stream.Writer, sequence); err != nil {
		return fmt.Errorf("moving consumer %s: %w", stream.Writer, err)
	}
	return nil
}

// emptyLedger tells that the ledger has no entry and never had one.
func (r *Replayer) emptyLedger(ctx context.Context) (bool, error) {
	written, err := r.js.Stream(ctx, stream.Written)
	if err != nil {
		return false, fmt.Errorf("opening the ledger: %w", err)
	}
	return written.CachedInfo().State.LastSeq == 0, nil
}

// raise opens the next epoch of the ledger, and returns when every writer sees it.
func (r *Replayer) raise(ctx context.Context) (uint64, error) {
	for range maxRaises {
		epoch, revision, err := r.epoch(ctx)
		if err != nil {
			return 0, err
		}
		body, err := wire.EncodeEpoch(epoch + 1)
		if err != nil {
			return 0, err
		}
		_, err = r.put(ctx, wire.EpochKey, body, revision)
		if stream.Conflict(err) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("opening an epoch of the ledger: %w", err)
		}
		return epoch + 1, r.spread(ctx)
	}
	return 0, errors.New("opening an epoch of the ledger: others do all the time")
}

// epoch is the present one, and the revision of the key.
func (r *Replayer) epoch(ctx context.Context) (number, revision uint64, err error) {
	entry, err := r.state.Get(ctx, wire.EpochKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return wire.FirstEpoch, 0, nil
	}
	if err != nil {
		return 0, 0, fmt.Errorf("reading the ledger's epoch: %w", err)
	}
	number, err = wire.DecodeEpoch(entry.Value())
	return number, entry.Revision(), err
}

// spread waits until no replica of the state bucket is behind: it could tell a writer the epoch before, and a verdict that the writer
// took for written would not be verified.
func (r *Replayer) spread(ctx context.Context) error {
	bucket, err := r.js.Stream(ctx, stream.StateStream)
	if err != nil {
		return fmt.Errorf("opening bucket %s: %w", stream.State, err)
	}
	for range spreadTimeout / spreadWait {
		info, err := bucket.Info(ctx)
		if err != nil {
			return fmt.Errorf("opening bucket %s: %w", stream.State, err)
		}
		if !behind(info.Cluster) {
			return nil
		}
		if !lifecycle.Sleep(ctx, spreadWait) {
			return fmt.Errorf("opening an epoch of the ledger: %w", context.Cause(ctx))
		}
	}
	return errors.New("opening an epoch of the ledger: a server of the cluster is behind; try again when it has caught up")
}

// behind tells that a replica which answers lacks something.
func behind(cluster *jetstream.ClusterInfo) bool {
	if cluster == nil {
		return false
	}
	for _, peer := range cluster.Replicas {
		if !peer.Offline && (!peer.Current || peer.Lag > 0) {
			return true
		}
	}
	return false
}
