package stream_test

import (
	"errors"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
)

// TestStateHasNoRollups has a bucket as the client library makes it, in which one message may purge everything, and brings it up to date.
func TestStateHasNoRollups(t *testing.T) {
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		nc := s.Connect()
		defer nc.Close()
		js, err := jetstream.New(nc)
		if err != nil {
			t.Fatal(err)
		}
		bucket, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: stream.State, History: 1, MaxBytes: 64 << 20})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := bucket.Put(t.Context(), "cursor.a", []byte("kept")); err != nil {
			t.Fatal(err)
		}
		state := stream.Topology{Streams: topology(t).Streams[7:]}
		const want = "stream KV_vtq_state: rollup is true, should be false"
		if err := stream.Diff(t.Context(), js, state); err == nil || err.Error() != want {
			t.Errorf("Diff of a bucket of the library's = %v, want %q alone", err, want)
		}
		for range 2 {
			if err := errors.Join(stream.Ensure(t.Context(), js, state), stream.Diff(t.Context(), js, state)); err != nil {
				t.Errorf("Ensure and Diff of a bucket that is there = %v, want nil", err)
			}
		}
		for _, how := range []string{jetstream.MsgRollupAll, jetstream.MsgRollupSubject} {
			message := nats.NewMsg("$KV.vtq_state.provider.b.main")
			message.Header.Set(jetstream.MsgRollup, how)
			if _, err := js.PublishMsg(t.Context(), message); err == nil {
				t.Errorf("a rollup of %s is taken", how)
			}
		}
		if entry, err := bucket.Get(t.Context(), "cursor.a"); err != nil || string(entry.Value()) != "kept" {
			t.Errorf("after that Get = %v, %v, want what was put", entry, err)
		}
	})
}

// TestStateIsABucket has the client library do on it all that the stages and the commands do.
func TestStateIsABucket(t *testing.T) {
	inLab(t, func(l *lab) {
		ctx := l.Context()
		bucket, err := l.js.KeyValue(ctx, stream.State)
		if err != nil {
			l.Fatal(err)
		}
		watcher, err := bucket.Watch(ctx, "k.*")
		if err != nil {
			l.Fatal(err)
		}
		defer func() { _ = watcher.Stop() }()
		first, err := bucket.Create(ctx, "k.a", []byte("1"))
		_, again := bucket.Create(ctx, "k.a", []byte("2"))
		if err != nil || !errors.Is(again, jetstream.ErrKeyExists) {
			l.Errorf("Create twice = %v, %v, want nil and then %v", err, again, jetstream.ErrKeyExists)
		}
		second, err := bucket.Update(ctx, "k.a", []byte("3"), first)
		_, behind := bucket.Update(ctx, "k.a", []byte("4"), first)
		if err != nil || behind == nil || second <= first {
			l.Errorf("Update, and from a revision before = %v, %v, want nil and an error", err, behind)
		}
		if err := bucket.Delete(ctx, "k.a", jetstream.LastRevision(second)); err != nil {
			l.Errorf("Delete = %v, want nil", err)
		}
		if _, err := bucket.Get(ctx, "k.a"); !errors.Is(err, jetstream.ErrKeyNotFound) {
			l.Errorf("Get behind a marker = %v, want %v", err, jetstream.ErrKeyNotFound)
		}
		if _, err := bucket.Create(ctx, "k.a", []byte("5")); err != nil {
			l.Errorf("Create over a marker = %v, want nil", err)
		}
		var seen []string
		for len(seen) < 5 {
			if entry := <-watcher.Updates(); entry == nil {
				seen = append(seen, "that was all")
			} else {
				seen = append(seen, entry.Operation().String()+" "+string(entry.Value()))
			}
		}
		for i, want := range []string{"that was all", "KeyValuePutOp 1", "KeyValuePutOp 3", "KeyValueDeleteOp ", "KeyValuePutOp 5"} {
			if seen[i] != want {
				l.Errorf("the watch saw %q, want %q at %d", seen, want, i)
			}
		}
	})
}
