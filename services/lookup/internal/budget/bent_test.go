package budget_test

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A bent connection is one whose answers a test changes.
type bent struct {
	jetstream.JetStream
	ahead     atomic.Int64                  // What the server's clock is told to be ahead.
	readings  atomic.Int64                  // Of it.
	slotFunc  func(err error) error         // What becomes of a slot's answer; optional.
	countFunc func(message *nats.Msg) error // Whether a counter is moved at all; optional.
}

func (l *lab) bend() (js *bent, stop func()) {
	l.Helper()
	nc := l.connect()
	inner, err := jetstream.New(nc)
	if err != nil {
		l.Fatal(err)
	}
	return &bent{JetStream: inner}, nc.Close
}

func (b *bent) Publish(ctx context.Context, subject string, body []byte, options ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	ack, err := b.JetStream.Publish(ctx, subject, body, options...)
	if b.slotFunc != nil {
		err = b.slotFunc(err)
	}
	return ack, err
}

func (b *bent) PublishMsg(ctx context.Context, message *nats.Msg, options ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	if b.countFunc != nil {
		if err := b.countFunc(message); err != nil {
			return nil, err
		}
	}
	return b.JetStream.PublishMsg(ctx, message, options...)
}

func (b *bent) Stream(ctx context.Context, name string) (jetstream.Stream, error) {
	inner, err := b.JetStream.Stream(ctx, name)
	return &bentStream{inner, b}, err
}

type bentStream struct {
	jetstream.Stream
	bent *bent
}

func (s *bentStream) Info(ctx context.Context, options ...jetstream.StreamInfoOpt) (*jetstream.StreamInfo, error) {
	s.bent.readings.Add(1)
	info, err := s.Stream.Info(ctx, options...)
	if err != nil {
		return nil, err
	}
	told := *info
	told.TimeStamp = info.TimeStamp.Add(time.Duration(s.bent.ahead.Load()))
	return &told, nil
}
