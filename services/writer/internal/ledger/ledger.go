package ledger

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// readTimeout bounds the reading of a page: a leader election takes up to 7 s.
const readTimeout = 15 * time.Second

// ErrStore tells that NATS does not keep or tell what stands in the ledger. ThreatQ has no part in it, nor has the message. Its kind
// is Transient.
var ErrStore = errors.New("the ledger cannot be kept")

// Config is what a ledger is opened with. All fields are required.
type Config struct {
	JetStream jetstream.JetStream
	// Sources are whose rows are ours, the commonest first.
	Sources []string
	// Settings stands for everything that decides which rows are ours: what was known under other settings is not known.
	Settings string
}

// A Ledger is one writer's hold on VTQ_WRITTEN. Read belongs to one goroutine; the other methods are safe for concurrent use, by one
// goroutine for each entry.
type Ledger struct {
	js       jetstream.JetStream
	stream   jetstream.Stream
	state    jetstream.KeyValue
	sources  []string
	settings string
	by       string
	epoch    uint64        // The highest that was seen.
	highest  atomic.Uint64 // The highest sequence that was seen.
}

// Open binds to the ledger, which has to be there.
func Open(ctx context.Context, c Config) (*Ledger, error) {
	written, err := c.JetStream.Stream(ctx, stream.Written)
	if err != nil {
		return nil, fmt.Errorf("opening stream %s: %w", stream.Written, err)
	}
	state, err := c.JetStream.KeyValue(ctx, stream.State)
	if err != nil {
		return nil, fmt.Errorf("opening bucket %s: %w", stream.State, err)
	}
	l := &Ledger{
		js: c.JetStream, stream: written, state: state, sources: c.Sources, settings: c.Settings, by: rand.Text(), epoch: wire.FirstEpoch,
	}
	l.saw(written.CachedInfo().State.LastSeq)
	return l, nil
}

// NewestRow is the highest row id in the last entry; 0 when it has no rows, or cannot be read. ThreatQ counts ids up: it had come that far
// when the entry was written, so that every row made since has a higher id. The newest row of all may be another one, and higher: the last
// entry need not be of rows that were made last.
func (l *Ledger) NewestRow(ctx context.Context) int64 {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	message, err := l.stream.GetMsg(ctx, l.highest.Load())
	if err != nil {
		return 0
	}
	last, _ := wire.DecodeWritten(message.Data) // None, when it cannot be read.
	highest := int64(0)
	for _, row := range last.Rows {
		highest = max(highest, row.ID)
	}
	return highest
}

// Read reads the entries of indicators, all at once. An indicator without an entry gets an empty one. Errors are ErrStore.
func (l *Ledger) Read(ctx context.Context, ids []int64) (map[int64]*Entry, error) {
	if len(ids) == 0 {
		return nil, nil //nolint:nilnil // Reading no entries is no fault.
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	if err := l.present(ctx); err != nil {
		return nil, lost("reading the epoch", err)
	}
	subjects := make([]string, 0, len(ids)+1)
	for _, id := range append([]int64{birth}, ids...) {
		subjects = append(subjects, wire.WrittenSubject(id))
	}
	page, err := l.page(ctx, subjects)
	if err != nil {
		return nil, lost("reading", err)
	}
	certified := l.certified(page[birth])
	for _, id := range ids {
		if page[id] == nil {
			page[id] = &Entry{id: id, present: l.epoch, unheard: certified, bare: certified && l.highest.Load() > probation}
		}
	}
	return page, nil
}

// Again reads an entry once more, in the epoch in which it was read. Unlike Read it may be called from anywhere while Read is not. Errors
// are ErrStore.
func (l *Ledger) Again(ctx context.Context, e *Entry) (*Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	page, err := l.page(ctx, []string{wire.WrittenSubject(e.id)})
	if err != nil {
		return nil, lost("reading", err)
	}
	if now := page[e.id]; now != nil {
		return now, nil
	}
	return &Entry{id: e.id, present: l.epoch}, nil
}

// page reads what there is.
func (l *Ledger) page(ctx context.Context, subjects []string) (map[int64]*Entry, error) {
	page := make(map[int64]*Entry, len(subjects))
	for message, err := range stream.Latest(ctx, l.js, stream.Written, subjects) {
		if err != nil {
			return nil, err
		}
		id, err := wire.ParseWrittenSubject(message.Subject)
		if err != nil {
			return nil, err
		}
		l.saw(message.Sequence)
		page[id] = &Entry{id: id, body: message.Data, sequence: message.Sequence, present: l.epoch}
	}
	return page, nil
}

// present looks which epoch it is. A follower may answer that is slightly behind, so that it never goes back.
func (l *Ledger) present(ctx context.Context) error {
	at, err := l.state.Get(ctx, wire.EpochKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	epoch, err := wire.DecodeEpoch(at.Value())
	l.epoch = max(l.epoch, epoch)
	return err
}

// Epoch is the highest that was read, from a first Read on. It belongs to the goroutine of Read.
func (l *Ledger) Epoch() uint64 { return l.epoch }

// saw notes how far the stream has come.
func (l *Ledger) saw(sequence uint64) {
	for {
		highest := l.highest.Load()
		if sequence <= highest || l.highest.CompareAndSwap(highest, sequence) {
			return
		}
	}
}

// lost is ErrStore with its cause. What is cut short by the end of a context is told by the caller, who ended it.
func lost(what string, err error) error {
	return fault.New(fault.Transient, fmt.Errorf("%w: %s: %w", ErrStore, what, err))
}
