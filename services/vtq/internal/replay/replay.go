package replay

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// Errors that callers can tell apart.
var (
	// ErrNothing means that no verdict stands at the start or behind it.
	ErrNothing = errors.New("no verdict stands there")
	// ErrBusy means that another command is moving the writer's consumer at this moment, or died over it less than a minute ago.
	ErrBusy = errors.New("another command is beginning or cancelling a replay; try again in a minute")
	// ErrIdle means that no replay is under way, or that it has come to what nobody had written before.
	ErrIdle = errors.New("there is nothing to cancel")
	// errCrowded means that as many commands count verdicts as can at once, or died over it less than a minute ago.
	errCrowded = errors.New("other commands are counting verdicts; try again in a minute")
)

// A Start is where a replay begins. The zero value is the oldest verdict; at most one field is set.
type Start struct {
	Sequence uint64    // In VTQ_VERDICTS. What is not there any more begins with the next one.
	Since    time.Time // By the server's clock.
}

// String says what is asked for.
func (s Start) String() string {
	switch {
	case s.Sequence > 0:
		return fmt.Sprintf("verdicts from %d on", s.Sequence)
	case !s.Since.IsZero():
		return "verdicts since " + s.Since.UTC().Format(time.RFC3339)
	}
	return "all verdicts"
}

// A Survey is what a replay would come to.
type Survey struct {
	From     uint64 // Where the writer would begin: a sequence of VTQ_VERDICTS.
	To       uint64 // The last message that stands there.
	Verdicts uint64 // How many would come: each indicator's newest, those that nobody has written yet included.
	// Floor is up to where everything was written: where the writer stands or, in a replay, where it stood before it.
	Floor   uint64
	Waiting uint64 // Verdicts that the writer has before it or in hand, whatever is replayed.
	Clipped bool   // The start that was asked for lies behind what was written, and From before it.
	Paused  time.Duration
}

// A Replayer replays the verdicts of one pipeline.
type Replayer struct {
	js       jetstream.JetStream
	verdicts jetstream.Stream
	state    jetstream.KeyValue
	created  time.Time // When the stream of verdicts was.
}

// Open opens the verdicts on a server. The error is jetstream.ErrStreamNotFound or ErrBucketNotFound when no pipeline was ever set up
// there.
func Open(ctx context.Context, js jetstream.JetStream) (*Replayer, error) {
	verdicts, err := js.Stream(ctx, stream.Verdicts)
	if err != nil {
		return nil, fmt.Errorf("opening the verdicts: %w", err)
	}
	state, err := js.KeyValue(ctx, stream.State)
	if err != nil {
		return nil, fmt.Errorf("opening bucket %s: %w", stream.State, err)
	}
	return &Replayer{js: js, verdicts: verdicts, state: state, created: verdicts.CachedInfo().Created}, nil
}

// Survey counts and changes nothing. The error is ErrNothing when no verdict stands at the start or behind it, and
// jetstream.ErrConsumerNotFound when there is no writer's consumer.
func (r *Replayer) Survey(ctx context.Context, start Start) (Survey, error) {
	notes, _, err := r.load(ctx)
	if err != nil {
		return Survey{}, err
	}
	return r.survey(ctx, start, notes)
}

func (r *Replayer) survey(ctx context.Context, start Start, notes notes) (Survey, error) {
	info, err := r.writer(ctx)
	if err != nil {
		return Survey{}, err
	}
	s := Survey{Floor: info.AckFloor.Stream, Waiting: waiting(info), Paused: info.PauseRemaining}
	if s.From, s.Verdicts, err = r.count(ctx, start); err != nil {
		return Survey{}, err
	}
	if s.Verdicts == 0 {
		return s, ErrNothing
	}
	if next := s.Floor + 1; s.From > next {
		s.Clipped = true
		if s.From, s.Verdicts, err = r.count(ctx, Start{Sequence: next}); err != nil {
			return Survey{}, err
		}
	}
	if under, ok := notes.current(r.created, info); ok {
		s.Floor = max(s.Floor, under.Floor)
	}
	now, err := r.verdicts.Info(ctx)
	if err != nil {
		return Survey{}, fmt.Errorf("opening the verdicts: %w", err)
	}
	s.To = now.State.LastSeq
	return s, nil
}

// writer asks where the writer's consumer stands.
func (r *Replayer) writer(ctx context.Context) (*jetstream.ConsumerInfo, error) {
	consumer, err := r.verdicts.Consumer(ctx, stream.Writer)
	if err != nil {
		return nil, fmt.Errorf("opening consumer %s: %w", stream.Writer, err)
	}
	return consumer.CachedInfo(), nil
}

// waiting is how many verdicts a writer has before it or in hand.
func waiting(info *jetstream.ConsumerInfo) uint64 {
	return info.NumPending + uint64(max(info.NumAckPending, 0))
}

// brief is how long a consumer outlives its use, when it could not be deleted.
const brief = 30 * time.Second

// count tells how many verdicts stand at or behind a start, and the sequence at which they begin or before.
func (r *Replayer) count(ctx context.Context, start Start) (from, verdicts uint64, err error) {
	_, info, done, err := r.glance(ctx, start)
	if err != nil {
		return 0, 0, err
	}
	done()
	return info.Delivered.Stream + 1, info.NumPending, nil
}

// glance makes a consumer of the verdicts at or behind a start; done ends it. Its name is one of a few, of which another command may have
// some. The same consumer would be given to both if nothing in it told them apart. The error is errCrowded when all are taken.
func (r *Replayer) glance(ctx context.Context, start Start) (_ jetstream.Consumer, _ *jetstream.ConsumerInfo, done func(), _ error) {
	config := jetstream.ConsumerConfig{
		Description: "Counts what could be replayed.", FilterSubject: wire.AllVerdicts, AckPolicy: jetstream.AckNonePolicy,
		InactiveThreshold: brief, MemoryStorage: true, Replicas: 1, Metadata: map[string]string{"command": rand.Text()},
	}
	switch {
	case start.Sequence > 0:
		config.DeliverPolicy, config.OptStartSeq = jetstream.DeliverByStartSequencePolicy, start.Sequence
	case !start.Since.IsZero():
		config.DeliverPolicy, config.OptStartTime = jetstream.DeliverByStartTimePolicy, &start.Since
	}
	for _, config.Name = range stream.ReplayConsumers() {
		consumer, err := r.verdicts.CreateConsumer(ctx, config)
		if errors.Is(err, jetstream.ErrConsumerExists) {
			continue
		}
		if err != nil {
			return nil, nil, nil, fmt.Errorf("counting the verdicts: %w", err)
		}
		info := consumer.CachedInfo()
		return consumer, info, func() { _ = r.verdicts.DeleteConsumer(ctx, info.Name) }, nil // Else it ends by itself.
	}
	return nil, nil, nil, errCrowded
}
