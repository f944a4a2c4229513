package stream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/wire"
)

// maxGraves bounds how many letters about one message may have come and gone while the server remembers their ids (dedup): whoever
// takes away more within ten minutes is a program.
const maxGraves = 20

// errGraves means that letters about one message vanish as fast as they are written.
var errGraves = errors.New("its dead letters are taken away all the time")

// bury publishes the message whole and only then terminates it. A crash between the two repeats the first under the same id, which
// the server drops for as long as it remembers ids; after that there are two letters about one message, which redriving makes one.
func (s *Settler) bury(ctx context.Context, message jetstream.Msg, cause error) Outcome {
	outcome := Outcome{Kind: fault.Permanent, Settle: "term", Err: cause}
	meta, err := message.Metadata()
	if err != nil {
		return ended(outcome, err)
	}
	letter := nats.NewMsg(wire.DeadSubject(s.stage, message.Subject()))
	letter.Data = message.Data()
	letter.Header = s.epitaph(message, meta, cause)
	id, err := s.deposit(ctx, letter, meta)
	if err != nil {
		return ended(outcome, fmt.Errorf("publishing a dead letter: %w", err))
	}
	return ended(outcome, message.TermWithReason("dead letter "+id))
}

// deposit stores a letter, unless one about the same death stands already. A letter that was dealt with meanwhile is about an earlier
// death: the same message can die again within the time for which ids are remembered, when its verdict is replayed, or when it was not
// ended before. The letter then bears an id that names the one that is gone, so that to repeat this is harmless, too.
func (s *Settler) deposit(ctx context.Context, letter *nats.Msg, meta *jetstream.MsgMetadata) (id string, err error) {
	stage := s.stage
	for range maxGraves {
		id = wire.DeadID(stage, meta.Stream, s.created, meta.Sequence.Stream)
		ack, err := s.js.PublishMsg(ctx, letter, jetstream.WithMsgID(id), jetstream.WithExpectStream(DeadLetters))
		if err != nil || !ack.Duplicate {
			return id, err
		}
		stands, err := s.stands(ctx, ack.Sequence)
		if err != nil || stands {
			return id, err
		}
		stage = fmt.Sprintf("%s-%d", s.stage, ack.Sequence)
	}
	return "", errGraves
}

// stands tells whether a letter is still there. A server that is behind by a moment may not know yet: then there are two, which is
// harmless.
func (s *Settler) stands(ctx context.Context, sequence uint64) (bool, error) {
	letters, err := s.js.Stream(ctx, DeadLetters)
	if err != nil {
		return false, err
	}
	_, err = letters.GetMsg(ctx, sequence)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return false, nil
	}
	return err == nil, err
}

// epitaph is what the headers of a letter say: how the message died, and what became of it before.
func (s *Settler) epitaph(message jetstream.Msg, meta *jetstream.MsgMetadata, cause error) nats.Header {
	header := nats.Header{}
	wire.Death{
		Stage: s.stage, Reason: cause.Error(), Kind: fault.KindOf(cause).String(), Attempts: Delivery(message),
		Subject: message.Subject(), First: meta.Timestamp, Last: time.Now(),
	}.Put(header)
	wire.HistoryOf(message.Headers()).Put(header)
	wire.PutReplay(header, wire.ReplayOf(message.Headers()))
	wire.TraceOf(message.Headers()).Put(header)
	return header
}
