package testkit_test

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/testkit"
)

// open gives JetStream with a stream of what is published to "a", and a durable consumer of it.
func open(t *testing.T, nc *nats.Conn) (jetstream.JetStream, jetstream.Consumer) {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	if _, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{Name: "S", Subjects: []string{"a"}}); err != nil {
		t.Fatal(err)
	}
	consumer, err := js.CreateOrUpdateConsumer(ctx, "S", jetstream.ConsumerConfig{Durable: "c", AckWait: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return js, consumer
}

func publish(ctx context.Context, t *testing.T, js jetstream.JetStream) {
	t.Helper()
	if _, err := js.Publish(ctx, "a", []byte("body")); err != nil {
		t.Fatal(err)
	}
}

// next waits for a message for up to a day.
func next(t *testing.T, consumer jetstream.Consumer) jetstream.Msg {
	t.Helper()
	message, err := consumer.Next(jetstream.FetchMaxWait(24*time.Hour), jetstream.FetchHeartbeat(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return message
}

func TestBubbleBeginsAtMidnight(t *testing.T) {
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		nc := s.Connect()
		defer nc.Close()
		if now := time.Now().UTC(); now.Truncate(24*time.Hour) != now.Truncate(time.Second) {
			t.Errorf("the bubble begins at %v, want a midnight", now)
		}
	})
}

// TestBubbleRedelivers proves that the server keeps to the bubble's clock, to the nanosecond, and that hours cost nothing.
func TestBubbleRedelivers(t *testing.T) {
	began := time.Now()
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		nc := s.Connect()
		defer nc.Close()
		js, consumer := open(t, nc)
		publish(t.Context(), t, js)
		first := next(t, consumer)
		taken := time.Now()
		if err := first.NakWithDelay(4 * time.Hour); err != nil {
			t.Fatal(err)
		}
		next(t, consumer)
		if took := time.Since(taken); took != 4*time.Hour {
			t.Errorf("after NakWithDelay(4h) the message came again in %v", took)
		}
		taken = time.Now()
		third := next(t, consumer)
		if took := time.Since(taken); took < time.Minute || took > time.Minute+time.Second {
			t.Errorf("unanswered, the message came again in %v, want the minute of AckWait", took)
		}
		if err := third.DoubleAck(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(24 * time.Hour)
	})
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("a day of virtual time took %v", took)
	}
}

// TestBubbleExpiresNothing proves that the server does not measure the age of what is stored by another clock than the bubble's: it
// would throw the second message away together with the first.
func TestBubbleExpiresNothing(t *testing.T) {
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		nc := s.Connect()
		defer nc.Close()
		js, err := jetstream.New(nc)
		if err != nil {
			t.Fatal(err)
		}
		kept, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"a"}, MaxAge: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		publish(t.Context(), t, js)
		time.Sleep(59 * time.Minute)
		publish(t.Context(), t, js)
		time.Sleep(2 * time.Minute)
		info, err := kept.Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if info.State.Msgs != 2 {
			t.Errorf("after MaxAge the stream holds %d messages, want both", info.State.Msgs)
		}
	})
}

// TestBubbleRestarts proves that what is stored outlives a restart, and that a connection finds its way back.
func TestBubbleRestarts(t *testing.T) {
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		nc := s.Connect()
		defer nc.Close()
		js, consumer := open(t, nc)
		publish(t.Context(), t, js)
		s.Stop()
		time.Sleep(time.Hour)
		s.Start()
		for !nc.IsConnected() {
			time.Sleep(time.Second)
		}
		if message := next(t, consumer); string(message.Data()) != "body" {
			t.Errorf("after a restart the message is %q", message.Data())
		}
	})
}
