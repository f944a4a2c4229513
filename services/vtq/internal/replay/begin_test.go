package replay_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/vtq/internal/replay"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

func TestVerdictsComeAgain(t *testing.T) {
	inLab(t, func(l *lab) {
		l.written(20)
		w := l.write(0) // It runs all the time.
		record := l.begin(replay.Start{Sequence: 8}, replay.Options{Reason: "a mishap\x1b", By: "alice\x1b@desk"})
		if record.Outcome != replay.UnderWay || record.Number != 1 || record.From != 8 || record.Verdicts != 13 || record.Epoch != 0 ||
			record.Reason != "a mishap" || record.By != "alice@desk" || record.Asked != "verdicts from 8 on" {
			l.Errorf("Begin = %+v", record)
		}
		ended := l.follow(record)
		if ended.Outcome != replay.Done || ended.Ended.IsZero() {
			l.Errorf("Follow = %+v, want it done", ended)
		}
		l.idle()
		l.wrote(w, sequences(8, 20))
		if got := l.epoch(); got != wire.FirstEpoch {
			l.Errorf("the ledger's epoch is %d, want it trusted", got)
		}
	})
}

// TestWhatWasNotWrittenIsNeverLeftOut has a writer that has come to the tenth of twenty.
func TestWhatWasNotWrittenIsNeverLeftOut(t *testing.T) {
	inLab(t, func(l *lab) {
		l.written(10)
		l.verdicts(20) // Of which the first ten replace those.
		l.begin(replay.Start{Sequence: 25}, replay.Options{})
		w := l.write(0)
		l.idle()
		l.wrote(w, sequences(11, 30))
	})
}

// TestWhatIsInHandComesAgain has a writer that was killed over a message, and one that was given back for later.
func TestWhatIsInHandComesAgain(t *testing.T) {
	inLab(t, func(l *lab) {
		l.written(4)
		l.verdicts(6) // 5 to 10.
		consumer := must(l.js.Consumer(l.Context(), stream.Verdicts, stream.Writer))(l.T)
		must(consumer.Next())(l.T) // 5, in the hands of the dead.
		later := must(consumer.Next())(l.T)
		if err := later.NakWithDelay(time.Hour); err != nil { // 6.
			l.Fatal(err)
		}
		l.begin(replay.Start{}, replay.Options{})
		w := l.write(0)
		l.idle()
		l.wrote(w, sequences(5, 10)) // 1 to 4 were replaced.
	})
}

func TestVerifyOpensAnEpoch(t *testing.T) {
	inLab(t, func(l *lab) {
		l.written(3)
		for want := uint64(2); want < 5; want++ {
			w := l.write(0)
			record := l.begin(replay.Start{}, replay.Options{Verify: true})
			l.follow(record)
			l.idle()
			l.wrote(w, sequences(1, 3))
			if got := l.epoch(); got != want || record.Epoch != want || !record.Verify {
				l.Errorf("the ledger's epoch is %d, by the record %d; want %d", got, record.Epoch, want)
			}
		}
	})
}

// TestAnEmptyLedgerIsNoFirstOne: after a reset the consumer looks as if nothing had ever been written.
func TestAnEmptyLedgerIsNoFirstOne(t *testing.T) {
	inLab(t, func(l *lab) {
		l.written(3)
		if err := l.js.DeleteStream(l.Context(), stream.Written); err != nil {
			l.Fatal(err)
		}
		must(l.js.CreateStream(l.Context(), jetstream.StreamConfig{Name: stream.Written, Subjects: []string{wire.AllWritten}}))(l.T)
		record := l.begin(replay.Start{}, replay.Options{})
		if got := l.epoch(); got != 2 || record.Verify {
			l.Errorf("the ledger's epoch is %d, verify %t; want 2 and false", got, record.Verify)
		}
	})
}

// TestACrashWhileItBegins cuts Begin off before its n-th request, for every n, and begins again.
func TestACrashWhileItBegins(t *testing.T) {
	inLab(t, func(l *lab) {
		l.written(5)
		for n := 1; ; n++ {
			ctx, cancel := context.WithCancel(l.Context())
			js := &fragile{JetStream: l.js, left: n, cancel: cancel}
			broken, err := replay.Open(ctx, js)
			if err == nil {
				_, err = broken.Begin(ctx, replay.Start{}, replay.Options{Verify: true})
			}
			cancel()
			before := l.epoch()
			l.pass(2 * time.Minute) // Whatever it held it holds no more.
			w := l.write(0)
			l.idle()
			w.end()
			w = l.write(0)
			l.follow(l.begin(replay.Start{}, replay.Options{Verify: true}))
			l.idle()
			l.wrote(w, sequences(1, 5))
			if got := l.epoch(); got != before+1 {
				l.Errorf("after a crash at request %d the epoch went from %d to %d", n, before, got)
			}
			if err == nil {
				l.Logf("Begin makes %d requests", n-1)
				return
			}
		}
	})
}

// A fragile connection breaks after so many calls.
type fragile struct {
	jetstream.JetStream
	left   int
	cancel context.CancelFunc
}

func (f *fragile) use() {
	if f.left--; f.left <= 0 {
		f.cancel()
	}
}

func (f *fragile) Stream(ctx context.Context, name string) (jetstream.Stream, error) {
	f.use()
	return f.JetStream.Stream(ctx, name)
}

func (f *fragile) ResetConsumerToSequence(ctx context.Context, stream, name string, n uint64) (*jetstream.ConsumerResetResponse, error) {
	f.use()
	return f.JetStream.ResetConsumerToSequence(ctx, stream, name, n)
}

func (f *fragile) KeyValue(ctx context.Context, name string) (jetstream.KeyValue, error) {
	bucket, err := f.JetStream.KeyValue(ctx, name)
	return &fragileBucket{bucket, f}, err
}

type fragileBucket struct {
	jetstream.KeyValue
	f *fragile
}

func (b *fragileBucket) Get(ctx context.Context, key string) (jetstream.KeyValueEntry, error) {
	b.f.use()
	return b.KeyValue.Get(ctx, key)
}

func (b *fragileBucket) Create(ctx context.Context, key string, value []byte, o ...jetstream.KVCreateOpt) (uint64, error) {
	b.f.use()
	return b.KeyValue.Create(ctx, key, value, o...)
}

func (b *fragileBucket) Update(ctx context.Context, key string, value []byte, over uint64) (uint64, error) {
	b.f.use()
	return b.KeyValue.Update(ctx, key, value, over)
}

// A rival changes a key of the state bucket in the moment before the n-th write to it, as the leader of a replicated bucket tells it.
type rival struct {
	jetstream.JetStream
	key  string
	left int
}

type rivalBucket struct {
	jetstream.KeyValue
	r *rival
}

func (r *rival) KeyValue(ctx context.Context, name string) (jetstream.KeyValue, error) {
	bucket, err := r.JetStream.KeyValue(ctx, name)
	return rivalBucket{bucket, r}, err
}

func (b rivalBucket) refuse(key string) error {
	if key != b.r.key {
		return nil
	}
	if b.r.left--; b.r.left != 0 {
		return nil
	}
	return fmt.Errorf("%w: %w", &jetstream.APIError{ErrorCode: 10164}, jetstream.ErrKeyRevisionMismatch)
}

func (b rivalBucket) Create(ctx context.Context, key string, value []byte, o ...jetstream.KVCreateOpt) (uint64, error) {
	if err := b.refuse(key); err != nil {
		return 0, err
	}
	return b.KeyValue.Create(ctx, key, value, o...)
}

func (b rivalBucket) Update(ctx context.Context, key string, value []byte, over uint64) (uint64, error) {
	if err := b.refuse(key); err != nil {
		return 0, err
	}
	return b.KeyValue.Update(ctx, key, value, over)
}

// TestARivalInACluster is one whose success has another code there than on a single server.
func TestARivalInACluster(t *testing.T) {
	cases := map[string]struct {
		key  string
		want error
	}{
		"over the notes":   {replay.Key, replay.ErrBusy},
		"over the epoch":   {wire.EpochKey, nil},
		"over another key": {"another", nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.written(3)
				l.replay = must(replay.Open(l.Context(), &rival{l.js, c.key, 1}))(l.T)
				record, err := l.replay.Begin(l.Context(), replay.Start{}, replay.Options{Verify: true})
				if !errors.Is(err, c.want) || err == nil && record.Epoch != 2 {
					l.Errorf("Begin = %+v, %v, want %v", record, err, c.want)
				}
			})
		})
	}
}

func TestTwoAtOnce(t *testing.T) {
	inLab(t, func(l *lab) {
		l.written(3)
		must(l.state().Put(l.Context(), replay.Key, []byte(`{"schema":1,"held":"2080-01-01T00:00:00Z"}`)))(l.T)
		l.pass(time.Minute - time.Since(time.Date(2080, 1, 1, 0, 0, 0, 0, time.UTC)) - time.Nanosecond)
		for range 2 {
			if _, err := l.replay.Begin(l.Context(), replay.Start{}, replay.Options{Verify: true}); !errors.Is(err, replay.ErrBusy) {
				l.Errorf("Begin beside another = %v, want ErrBusy", err)
			}
			if _, _, err := l.replay.Cancel(l.Context()); !errors.Is(err, replay.ErrBusy) {
				l.Errorf("Cancel beside another = %v, want ErrBusy", err)
			}
		}
		if got := l.epoch(); got != 1 {
			l.Errorf("the ledger's epoch is %d, want it as it was", got)
		}
		l.pass(time.Nanosecond)
		l.begin(replay.Start{}, replay.Options{})
	})
}

func TestNotesOfSomebodyElse(t *testing.T) {
	cases := map[string]string{
		"no JSON":               "\x00",
		"no version":            `{"replays":[]}`,
		"of a later version":    `{"schema":2}`,
		"too many":              `{"schema":1,"replays":[` + strings.Repeat(`{},`, 20) + `{}]}`,
		"too long":              `{"schema":1,"x":"` + strings.Repeat("x", 64<<10) + `"}`,
		"a time that is no one": `{"schema":1,"held":"yesterday"}`,
	}
	inLab(t, func(l *lab) {
		l.written(3)
		for name, body := range cases {
			must(l.state().Put(l.Context(), replay.Key, []byte(body)))(l.T)
			if _, err := l.replay.Begin(l.Context(), replay.Start{}, replay.Options{}); err == nil || strings.Contains(err.Error(), "xx") {
				l.Errorf("%s: Begin = %v, want an error that keeps the notes to itself", name, err)
			}
		}
		if err := l.state().Delete(l.Context(), replay.Key); err != nil {
			l.Fatal(err)
		}
		l.begin(replay.Start{}, replay.Options{})
	})
}

func TestHistoryIsBounded(t *testing.T) {
	inLab(t, func(l *lab) {
		l.written(1)
		w := l.write(0)
		long := strings.Repeat("ä", replay.MaxReason+1)
		for range replay.Kept + 2 {
			l.follow(l.begin(replay.Start{}, replay.Options{Reason: long}))
		}
		w.end()
		all := must(l.replay.History(l.Context()))(l.T)
		if len(all) != replay.Kept || all[0].Number != 3 || all[len(all)-1].Number != replay.Kept+2 {
			l.Errorf("History has %d, from %d to %d", len(all), all[0].Number, all[len(all)-1].Number)
		}
		if slices.ContainsFunc(all, func(r replay.Record) bool {
			return r.Outcome != replay.Done || len([]rune(r.Reason)) > replay.MaxReason || r.Started.IsZero()
		}) {
			l.Errorf("History = %+v, want all done, with reasons that are not too long", all)
		}
	})
}
