package replay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/stream"
	"vtq.internal/shared/verdict"
)

const (
	// Key is where the notes stand in the state bucket.
	Key = "replay"
	// Kept is how many replays are remembered: years of them, where one follows a restore.
	Kept = 20
	// MaxReason bounds the reason of a replay, in runes: a sentence.
	MaxReason = 200
	// MaxBy bounds who asked for it, in runes: a user and a machine.
	MaxBy = 64
	// MaxAsked bounds what was asked for, in runes: all that can be selected.
	MaxAsked = 200
	// maxNotes bounds the notes, in bytes: Kept of them with 464 runes, each spelt with six as JSON may do, and 400 for the numbers and
	// times.
	maxNotes = 64 << 10
	// schema is the version of the notes that this package writes.
	schema = 1
	// changeTimeout bounds the moving of the consumer: three requests, each of which an election may hold up for 7 s.
	changeTimeout = 30 * time.Second
	// holdTime is for how long who moves the consumer keeps others from it: twice as long as it may take, since clocks differ.
	holdTime = 2 * changeTimeout
)

// errSlow is why a change did not come to its end.
var errSlow = errors.New("the server took too long")

// An Outcome is what became of a replay.
type Outcome string

// The outcomes.
const (
	Beginning Outcome = "beginning" // The consumer is about to be put back.
	UnderWay  Outcome = "under way"
	Done      Outcome = "done"
	Cancelled Outcome = "cancelled"
	Continued Outcome = "continued" // The next replay began where this one stood, or before.
	// Interrupted is a replay of jobs that somebody, or an error, ended before its end.
	Interrupted Outcome = "interrupted"
	Unknown     Outcome = "unknown" // The command died while it began; if it began, it was done.
)

// A Record tells of one replay.
type Record struct {
	Number   uint64    `json:"number"` // The first is 1.
	Stream   time.Time `json:"stream"` // When the stream of the verdicts was created.
	Started  time.Time `json:"started"`
	Ended    time.Time `json:"ended,omitzero"` // When somebody saw that it was over, which may have been later.
	Outcome  Outcome   `json:"outcome"`
	From     uint64    `json:"from"`
	To       uint64    `json:"to"`       // The last message that stood there.
	Floor    uint64    `json:"floor"`    // Up to there everything had been written.
	Verdicts uint64    `json:"verdicts"` // How many were to come.
	Verify   bool      `json:"verify,omitempty"`
	Epoch    uint64    `json:"epoch,omitempty"` // Of the ledger, where one was opened for it.
	Reason   string    `json:"reason,omitempty"`
	By       string    `json:"by,omitempty"`    // Who asked for it.
	Asked    string    `json:"asked,omitempty"` // For what.
}

// notes is the body under Key.
type notes struct {
	Schema  int       `json:"schema"`
	Last    uint64    `json:"last"`              // The number of the newest replay.
	Held    time.Time `json:"held,omitzero"`     // Since when somebody moves the consumer.
	Replays []Record  `json:"replays,omitempty"` // Oldest first.
}

// current is the replay that is under way, if any. Where the consumer stands counts: behind the end that was noted there is nothing left
// to replay, before the floor there is, even when nobody came to note that it had begun.
func (n notes) current(created time.Time, info *jetstream.ConsumerInfo) (Record, bool) {
	if len(n.Replays) == 0 {
		return Record{}, false
	}
	last := n.Replays[len(n.Replays)-1]
	at := info.AckFloor.Stream
	open := last.Outcome == UnderWay && at < last.To || last.Outcome == Beginning && at < last.Floor
	return last, open && last.Stream.Equal(created) && waiting(info) > 0
}

// end notes how the newest replay ended, if that was open.
func (n notes) end(outcome Outcome) {
	if len(n.Replays) == 0 {
		return
	}
	last := &n.Replays[len(n.Replays)-1]
	switch {
	case last.Outcome == Beginning && outcome == Done:
		outcome = Unknown
	case last.Outcome != UnderWay && last.Outcome != Beginning:
		return
	}
	last.Outcome, last.Ended = outcome, now()
}

// add notes another one, and forgets the oldest.
func (n *notes) add(record Record) Record {
	n.Last++
	record.Number = n.Last
	n.Replays = append(n.Replays, record)
	n.Replays = n.Replays[max(len(n.Replays)-Kept, 0):]
	return record
}

func (n notes) held() bool { return time.Since(n.Held) < holdTime }

func now() time.Time { return time.Now().UTC().Truncate(time.Second) }

// load reads the notes and their revision, 0 where there are none.
func (r *Replayer) load(ctx context.Context) (notes, uint64, error) {
	entry, err := r.state.Get(ctx, Key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return notes{}, 0, nil
	}
	if err != nil {
		return notes{}, 0, fmt.Errorf("reading the notes about replays: %w", err)
	}
	all, err := decode(entry.Value())
	return all, entry.Revision(), err
}

// decode reads notes. They can only be illegible when somebody else wrote them.
func decode(body []byte) (notes, error) {
	var all notes
	if len(body) > maxNotes || json.Unmarshal(body, &all) != nil || all.Schema < 1 || len(all.Replays) > Kept {
		return notes{}, fmt.Errorf("the notes about replays cannot be read; delete the key %s of the state bucket", Key)
	}
	if all.Schema > schema {
		return notes{}, fmt.Errorf("the notes about replays are of version %d, and this command knows %d: use a newer one", all.Schema, schema)
	}
	for i := range all.Replays {
		record := &all.Replays[i]
		record.Outcome = Outcome(verdict.Clean(string(record.Outcome), MaxReason))
		record.Reason, record.By = verdict.Clean(record.Reason, MaxReason), verdict.Clean(record.By, MaxBy)
		record.Asked = verdict.Clean(record.Asked, MaxAsked)
	}
	return all, nil
}

// save writes notes over those of a revision. The error is ErrBusy when they were changed meanwhile.
func (r *Replayer) save(ctx context.Context, all notes, over uint64) (revision uint64, err error) {
	all.Schema = schema
	body, err := json.Marshal(all)
	if err != nil {
		return 0, fmt.Errorf("noting the replay: %w", err)
	}
	if revision, err = r.put(ctx, Key, body, over); stream.Conflict(err) {
		return 0, ErrBusy
	}
	if err != nil {
		return 0, fmt.Errorf("noting the replay: %w", err)
	}
	return revision, nil
}

// put writes a key of the state bucket over a revision, 0 for none. The error is a stream.Conflict when another stands there.
func (r *Replayer) put(ctx context.Context, key string, body []byte, over uint64) (uint64, error) {
	if over == 0 {
		return r.state.Create(ctx, key, body)
	}
	return r.state.Update(ctx, key, body, over)
}

// change lets act move the consumer, and nobody else meanwhile. What act noted is saved, when it fails as well. Between its steps act
// may save by itself.
func (r *Replayer) change(ctx context.Context, act func(ctx context.Context, all *notes, save func() error) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, changeTimeout, errSlow)
	defer cancel()
	all, revision, err := r.load(ctx)
	if err != nil {
		return err
	}
	if all.held() {
		return ErrBusy
	}
	save := func() error {
		revision, err = r.save(ctx, all, revision)
		return err
	}
	all.Held = time.Now()
	if err := save(); err != nil {
		return err
	}
	acted := act(ctx, &all, save)
	if errors.Is(acted, ErrBusy) {
		return acted // It is not ours any more.
	}
	all.Held = time.Time{}
	if ctx.Err() != nil { // Else others would have to wait until the hold ends.
		var done context.CancelFunc
		ctx, done = context.WithTimeout(context.WithoutCancel(ctx), changeTimeout/10)
		defer done()
	}
	return errors.Join(acted, save())
}
