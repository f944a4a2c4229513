package replay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/stream"
	"vtq.internal/shared/verdict"
)

// JobsKey is where the notes about replays of jobs stand in the state bucket.
const JobsKey = "replay.jobs"

// maxNoting bounds how often a note is begun anew because another replay noted something in that moment.
const maxNoting = 10

// A JobsRecord tells of one replay of jobs.
type JobsRecord struct {
	Name      string    `json:"name"` // As Name gives it, and as its jobs and their verdicts bear it. At most one of a name and By is kept.
	Started   time.Time `json:"started"`
	Ended     time.Time `json:"ended,omitzero"` // Zero while it publishes, or when it was killed over that.
	Outcome   Outcome   `json:"outcome"`        // UnderWay, Done or Interrupted.
	By        string    `json:"by"`             // Who asked for it, at most MaxBy runes.
	Asked     string    `json:"asked"`          // For what, at most MaxAsked runes.
	Jobs      int       `json:"jobs"`           // How many were to be published.
	Published int       `json:"published"`
	Pending   int       `json:"pending"` // Were waiting already.
}

// jobsNotes is the body under JobsKey.
type jobsNotes struct {
	Schema  int          `json:"schema"`
	Replays []JobsRecord `json:"replays"` // Oldest first, at most Kept.
}

// NoteJobs notes how a replay of jobs begins, and later how it ended. Notes that nobody can read are begun anew: they are no reason not
// to replay.
func (r *Replayer) NoteJobs(ctx context.Context, record JobsRecord) error {
	record.By, record.Asked = verdict.Clean(record.By, MaxBy), verdict.Clean(record.Asked, MaxAsked)
	for range maxNoting {
		all, revision, err := r.loadJobs(ctx)
		if err != nil {
			return err
		}
		same := func(other JobsRecord) bool { return other.Name == record.Name && other.By == record.By }
		all = append(slices.DeleteFunc(all, same), record)
		body, err := json.Marshal(jobsNotes{Schema: schema, Replays: all[max(len(all)-Kept, 0):]})
		if err == nil {
			_, err = r.put(ctx, JobsKey, body, revision)
		}
		if err == nil || !stream.Conflict(err) {
			return wrapNoting(err)
		}
	}
	return wrapNoting(ErrBusy)
}

func wrapNoting(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("noting the replay of jobs: %w", err)
}

// JobsHistory lists the last replays of jobs, up to Kept, oldest first.
func (r *Replayer) JobsHistory(ctx context.Context) ([]JobsRecord, error) {
	all, _, err := r.loadJobs(ctx)
	return all, err
}

func (r *Replayer) loadJobs(ctx context.Context) ([]JobsRecord, uint64, error) {
	entry, err := r.state.Get(ctx, JobsKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("reading the notes about replays of jobs: %w", err)
	}
	return decodeJobs(entry.Value()), entry.Revision(), nil
}

// decodeJobs reads notes; those that nobody can read are none.
func decodeJobs(body []byte) []JobsRecord {
	var all jobsNotes
	if len(body) > maxNotes || json.Unmarshal(body, &all) != nil || all.Schema != schema || len(all.Replays) > Kept {
		return nil
	}
	for i := range all.Replays {
		record := &all.Replays[i]
		record.Name, record.By = verdict.Clean(record.Name, MaxBy), verdict.Clean(record.By, MaxBy)
		record.Asked, record.Outcome = verdict.Clean(record.Asked, MaxAsked), Outcome(verdict.Clean(string(record.Outcome), MaxBy))
	}
	return all.Replays
}
