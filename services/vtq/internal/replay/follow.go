package replay

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/lifecycle"
)

const (
	// followWait is from one look at the writer to the next: a bar should move.
	followWait = time.Second
	// unattended is for how long no writer asks for verdicts, and none has any in hand, before there is none: from one batch to the next
	// lie milliseconds, and a pull that went wrong is repeated after a second.
	unattended = 10 * time.Second
)

// A Progress is how far a replay has come.
type Progress struct {
	Done, Total int           // Verdicts. New ones that come meanwhile make it look slower.
	InHand      int           // Taken by a writer, and not settled.
	Paused      time.Duration // For how long the writer is kept from taking any; 0 for not.
	Still       time.Duration // Since when nothing has moved.
	Unattended  bool          // No writer asks for any, and none has any in hand: it does not run, or does not reach the server.
}

// Current tells which replay is under way and how far it has come; ok is false for none. What it finds to be over it notes as such.
func (r *Replayer) Current(ctx context.Context) (record Record, p Progress, ok bool, err error) {
	all, revision, err := r.load(ctx)
	if err != nil {
		return Record{}, Progress{}, false, err
	}
	info, err := r.writer(ctx)
	if err != nil {
		return Record{}, Progress{}, false, err
	}
	if record, ok = all.current(r.created, info); ok {
		return record, progressOf(record, info), true, nil
	}
	if !all.held() {
		r.settle(ctx, all, revision)
	}
	return Record{}, Progress{}, false, nil
}

// settle notes that the newest replay is over. If it cannot, the next one who looks will.
func (r *Replayer) settle(ctx context.Context, all notes, revision uint64) {
	if len(all.Replays) == 0 || !all.Replays[len(all.Replays)-1].Ended.IsZero() {
		return
	}
	all.end(Done)
	_, _ = r.save(ctx, all, revision)
}

// History lists the last replays, up to Kept, oldest first. What is over is noted as such before.
func (r *Replayer) History(ctx context.Context) ([]Record, error) {
	if _, _, _, err := r.Current(ctx); err != nil {
		return nil, err
	}
	all, _, err := r.load(ctx)
	return all.Replays, err
}

// Follow tells how far a replay has come, about once a second, until it is over, and returns how it ended. A server that does not answer
// is waited for. When ctx ends the error is its cause; the replay goes on.
func (r *Replayer) Follow(ctx context.Context, record Record, tell func(Progress)) (Record, error) {
	var last Progress
	moved := time.Now()
	for {
		p, ended, err := r.look(ctx, record)
		switch {
		case ctx.Err() != nil:
			return record, context.Cause(ctx)
		case errors.Is(err, jetstream.ErrConsumerNotFound), errors.Is(err, jetstream.ErrStreamNotFound):
			return record, err
		case err == nil:
			p.Done = max(p.Done, last.Done)
			if p.Done != last.Done || p.InHand != last.InHand {
				moved = time.Now()
			}
			last = p
		}
		last.Still = time.Since(moved).Truncate(time.Second)
		tell(last)
		if ended != nil {
			return *ended, nil
		}
		if !lifecycle.Sleep(ctx, followWait) {
			return record, context.Cause(ctx)
		}
	}
}

// look sees how far a replay has come, and how it ended if it did.
func (r *Replayer) look(ctx context.Context, record Record) (Progress, *Record, error) {
	info, err := r.writer(ctx)
	if err != nil {
		return Progress{}, nil, err
	}
	if _, _, _, err := r.Current(ctx); err != nil {
		return Progress{}, nil, err
	}
	all, _, err := r.load(ctx)
	if err != nil {
		return Progress{}, nil, err
	}
	p := progressOf(record, info)
	for _, noted := range all.Replays {
		if noted.Number == record.Number && !noted.Ended.IsZero() {
			if noted.Outcome == Done {
				p.Done = p.Total
			}
			return p, &noted, nil
		}
	}
	return p, nil, nil
}

func progressOf(record Record, info *jetstream.ConsumerInfo) Progress {
	total, last := record.Verdicts, moved(info)
	p := Progress{
		Done: fit(total - min(waiting(info), total)), Total: fit(total),
		InHand: max(info.NumAckPending, 0), Paused: info.PauseRemaining,
	}
	p.Unattended = p.Paused == 0 && info.NumWaiting == 0 && p.InHand == 0 && info.TimeStamp.Sub(last) >= unattended
	if last.Before(record.Started) {
		last = record.Started
	}
	p.Still = max(info.TimeStamp.Sub(last), 0).Truncate(time.Second)
	return p
}

// moved is when a message was last taken or settled, by the server's clock; the zero time for never.
func moved(info *jetstream.ConsumerInfo) (last time.Time) {
	for _, at := range []*time.Time{info.Delivered.Last, info.AckFloor.Last} {
		if at != nil && at.After(last) {
			last = *at
		}
	}
	return last
}

// fit is a number of messages that fits.
func fit(n uint64) int { return int(min(n, math.MaxInt32)) }

// Cancel puts the writer forward to where it stood before the replay, and tells how many verdicts it leaves out. Whatever else has come
// is written as ever. The error is ErrIdle when there is nothing to leave out any more, or ErrBusy.
func (r *Replayer) Cancel(ctx context.Context) (record Record, left uint64, err error) {
	err = r.change(ctx, func(ctx context.Context, all *notes, _ func() error) error {
		info, err := r.writer(ctx)
		if err != nil {
			return err
		}
		under, ok := all.current(r.created, info)
		if !ok {
			all.end(Done)
			return ErrIdle
		}
		if info.AckFloor.Stream >= under.Floor {
			return ErrIdle
		}
		if err := r.reset(ctx, under.Floor+1); err != nil {
			return fmt.Errorf("cancelling replay %d: %w", under.Number, err)
		}
		all.end(Cancelled)
		record = all.Replays[len(all.Replays)-1]
		before := waiting(info)
		if info, err = r.writer(ctx); err == nil { // Else nobody knows how many.
			left = before - min(before, waiting(info))
		}
		return nil
	})
	return record, left, err
}
