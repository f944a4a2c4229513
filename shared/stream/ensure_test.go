package stream_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
)

func TestEnsure(t *testing.T) {
	inLab(t, func(l *lab) {
		l.publish(to(3), jobSubject)
		for range 2 {
			l.ensure(topology(l.T))
			if err := stream.Diff(l.Context(), l.js, topology(l.T)); err != nil {
				l.Errorf("after Ensure Diff = %v, want nil", err)
			}
		}
		if n := l.stored(stream.Jobs); n != 3 {
			l.Errorf("after Ensure there are %d jobs, want the 3 that were there", n)
		}
	})
}

func TestEnsureUpdates(t *testing.T) {
	inLab(t, func(l *lab) {
		want := topology(l.T)
		want.Streams[1].MaxAge = 60 * 24 * time.Hour
		want.Consumers[1].Config.MaxAckPending = 7
		want.Streams[7].MaxBytes = 1 << 20
		l.ensure(want)
		if err := stream.Diff(l.Context(), l.js, want); err != nil {
			l.Errorf("after an update Diff = %v, want nil", err)
		}
	})
}

// TestEnsureBesideItself starts as many processes do when a cluster is new.
func TestEnsureBesideItself(t *testing.T) {
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		nc := s.Connect()
		defer nc.Close()
		js, err := jetstream.New(nc)
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if err := stream.Ensure(t.Context(), js, topology(t)); err != nil {
					t.Errorf("Ensure beside others = %v, want nil", err)
				}
			})
		}
		all.Wait()
	})
}

func TestEnsureNamesWhatCannotBe(t *testing.T) {
	inLab(t, func(l *lab) {
		cases := map[string]struct {
			t    stream.Topology
			want string
		}{
			"stream":   {stream.Topology{Streams: []jetstream.StreamConfig{{Name: "S", Replicas: 3}}}, "creating stream S: "},
			"consumer": {stream.Topology{Consumers: []stream.Consumer{{Stream: "S", Config: jetstream.ConsumerConfig{Durable: "c"}}}}, "creating consumer c of S: "},
		}
		for name, c := range cases {
			if err := stream.Ensure(l.Context(), l.js, c.t); err == nil || !strings.HasPrefix(err.Error(), c.want) {
				l.Errorf("%s: Ensure = %v, want %q and the reason", name, err, c.want)
			}
		}
	})
}
