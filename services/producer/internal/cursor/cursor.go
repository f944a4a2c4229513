package cursor

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/stream"
)

// ErrMoved means that another producer moved the cursor meanwhile.
var ErrMoved = errors.New("another producer moved the cursor")

// A State is how far the producer has read.
type State struct {
	Schema int       `json:"schema"`
	Since  time.Time `json:"since,omitzero"`
	// Moved is when Since was first seen, by our clock. Settled says that every row up to Since has been.
	Moved   time.Time `json:"moved,omitzero"`
	Settled bool      `json:"settled,omitempty"`
	Swept   time.Time `json:"swept,omitzero"` // When the last complete sweep began.
	Walk    *Walk     `json:"walk,omitempty"`
}

// A Walk is a walk under way.
type Walk struct {
	Sweep   bool      `json:"sweep"`           // Over everything, not only over what changed.
	From    time.Time `json:"from,omitzero"`   // The walk reads what was updated at or after it.
	Started time.Time `json:"started"`         // When it began.
	Newest  time.Time `json:"newest,omitzero"` // The newest `updated_at` so far.
	Mark    string    `json:"mark,omitempty"`  // The next page; empty for the first.
}

const schema = 1

// grain is the grain of ThreatQ's times.
const grain = time.Second

// sound tells that what is reckoned from Since stays within the years that can be stored, 0 to 9999 in JSON: else no walk could ever be.
func (s State) sound() bool {
	year := s.Since.UTC().Year()
	return year >= 1 && year < 9999
}

// From is where the next poll begins; zero for everything.
func (s State) From(overlap time.Duration) time.Time {
	switch {
	case s.Since.IsZero():
		return time.Time{}
	case s.Settled:
		return s.Since.Add(grain)
	}
	return s.Since.Add(-overlap)
}

// After is the state when the walk under way has come to its end, at some time.
func (s State) After(now time.Time, overlap time.Duration) State {
	walk := *s.Walk
	s.Walk = nil
	if walk.Sweep {
		s.Swept = walk.Started
	}
	switch {
	case walk.Newest.After(s.Since):
		s.Since, s.Moved, s.Settled = walk.Newest, now, false
	case !walk.Started.Before(s.Moved.Add(overlap)):
		s.Settled = true
	}
	return s
}

// A Store keeps the state of one selection. It is not for concurrent use.
type Store struct {
	bucket   jetstream.KeyValue
	key      string
	revision uint64
}

// Open finds the state of a selection: whatever names it, among others the address of the ThreatQ, so that a change of
// settings starts afresh. A selection that was never walked has the zero State.
func Open(ctx context.Context, bucket jetstream.KeyValue, selection ...string) (*Store, State, error) {
	body, _ := json.Marshal(selection) // Strings always encode.
	sum := sha256.Sum256(body)
	store := &Store{bucket: bucket, key: "cursor." + hex.EncodeToString(sum[:8])}
	state, err := store.Load(ctx)
	return store, state, err
}

// Load reads the stored state.
func (s *Store) Load(ctx context.Context) (State, error) {
	entry, err := s.bucket.Get(ctx, s.key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		s.revision = 0
		return State{}, nil
	}
	if err != nil {
		return State{}, fmt.Errorf("reading the cursor: %w", err)
	}
	s.revision = entry.Revision()
	var state State
	if err := json.Unmarshal(entry.Value(), &state); err != nil || state.Schema != schema || !state.sound() {
		// What cannot be read is as good as lost, and a lost cursor costs one walk: nothing is asked twice.
		return State{}, nil //nolint:nilerr // See above.
	}
	return state, nil
}

// Save stores the state, or gives ErrMoved.
func (s *Store) Save(ctx context.Context, state State) error {
	state.Schema = schema
	body, err := json.Marshal(state)
	if err != nil {
		return fmt.Errorf("encoding the cursor: %w", err)
	}
	revision, err := s.store(ctx, body)
	if stream.Conflict(err) {
		return ErrMoved
	}
	if err != nil {
		return fmt.Errorf("storing the cursor: %w", err)
	}
	s.revision = revision
	return nil
}

// store writes over the revision that was read. Where nothing was read, Create also writes over the marker that a deleted key leaves:
// an operator may delete a cursor, to have everything walked again.
func (s *Store) store(ctx context.Context, body []byte) (uint64, error) {
	if s.revision == 0 {
		return s.bucket.Create(ctx, s.key, body)
	}
	return s.bucket.Update(ctx, s.key, body, s.revision)
}
