package stream_test

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// batch takes one batch of a consumer and acknowledges it.
func (l *lab) batch(ctx context.Context, consumer jetstream.Consumer) []jetstream.Msg {
	l.Helper()
	var taken []jetstream.Msg
	if err := stream.Batch(ctx, consumer, stream.Fill{}, func(batch []jetstream.Msg) { taken = batch }); err != nil {
		l.Fatalf("Batch = %v, want nil", err)
	}
	for _, message := range taken {
		l.ack(ctx, message)
	}
	return taken
}

func TestBatchIsBounded(t *testing.T) {
	inLab(t, func(l *lab) {
		l.publish(to(2*stream.MaxBatch+1), verdictSubject)
		var sizes []int
		var last uint64
		for range 3 {
			taken := l.batch(l.Context(), l.verdicts())
			sizes = append(sizes, len(taken))
			for _, message := range taken {
				meta, err := message.Metadata()
				if err != nil || meta.Sequence.Stream <= last {
					l.Fatalf("after %d comes %+v, %v, want the order of the stream", last, meta, err)
				}
				last = meta.Sequence.Stream
			}
		}
		if want := []int{stream.MaxBatch, stream.MaxBatch, 1}; !slices.Equal(sizes, want) {
			l.Errorf("batches of %v, want %v", sizes, want)
		}
	})
}

// TestBatchIsAsFullAsItIsToldToBe at the edges of its fill, and in the time that it waits.
func TestBatchIsAsFullAsItIsToldToBe(t *testing.T) {
	cases := map[string]struct {
		full      stream.Fill
		published int
		want      []int
		waits     time.Duration // Over all batches.
	}{
		"one":                        {stream.Fill{Messages: 1}, 2, []int{1, 1}, 0},
		"more than by default":       {stream.Fill{Messages: 500}, 501, []int{500, 1}, 200 * time.Millisecond},
		"to be waited for":           {stream.Fill{Messages: 3, Linger: 5 * time.Second}, 5, []int{3, 2}, 5 * time.Second},
		"as many as have to be, all": {stream.Fill{Messages: 3, Linger: 5 * time.Second}, 3, []int{3}, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.publish(to(c.published), verdictSubject)
				var sizes []int
				began := time.Now()
				for range c.want {
					if err := stream.Batch(l.Context(), l.verdicts(), c.full, func(batch []jetstream.Msg) { sizes = append(sizes, len(batch)) }); err != nil {
						l.Fatalf("Batch = %v, want nil", err)
					}
				}
				if took := time.Since(began); !slices.Equal(sizes, c.want) || took < c.waits || took > c.waits+50*time.Millisecond {
					l.Errorf("batches of %v in %v, want %v in %v", sizes, took, c.want, c.waits)
				}
			})
		})
	}
}

// TestBatchIsBoundedInBytes has more waiting than 32 MiB in messages at their bound: jobs, which are not compressed and so faster.
func TestBatchIsBoundedInBytes(t *testing.T) {
	inLab(t, func(l *lab) {
		large, n := bytes.Repeat([]byte("x"), wire.MaxJob), 32<<20/wire.MaxJob
		for _, id := range to(n + 6) {
			if _, err := l.js.Publish(l.Context(), jobSubject(id), large); err != nil {
				l.Fatal(err)
			}
		}
		jobs := l.jobs()
		first, second := len(l.batch(l.Context(), jobs)), len(l.batch(l.Context(), jobs))
		if first > n+1 || first < n/2 || first+second != n+6 {
			l.Errorf("batches of %d and %d messages at their bound, want up to %d and the rest", first, second, n+1)
		}
	})
}

// TestBatchLingers publishes three messages, the last of which comes too late.
func TestBatchLingers(t *testing.T) {
	inLab(t, func(l *lab) {
		for id, after := range []time.Duration{time.Hour, time.Hour + 150*time.Millisecond, time.Hour + 350*time.Millisecond} {
			time.AfterFunc(after, func() { l.publish([]int{id}, verdictSubject) })
		}
		began := time.Now()
		var taken []jetstream.Msg
		for len(taken) == 0 {
			taken = l.batch(l.Context(), l.verdicts())
		}
		if took := time.Since(began) - time.Hour; len(taken) != 2 || took < 200*time.Millisecond || took > 250*time.Millisecond {
			l.Errorf("a batch of %d came %v after its first message, want 2 after 200ms", len(taken), took)
		}
		if taken = l.batch(l.Context(), l.verdicts()); len(taken) != 1 {
			l.Errorf("then came a batch of %d, want 1", len(taken))
		}
	})
}

// TestBatchStopsLingering soon after its context has ended, and hands over what it has.
func TestBatchStopsLingering(t *testing.T) {
	inLab(t, func(l *lab) {
		l.publish(to(2), verdictSubject)
		ctx, cancel := context.WithCancel(l.Context())
		began := time.Now()
		time.AfterFunc(time.Second, cancel)
		taken := 0
		err := stream.Batch(ctx, l.verdicts(), stream.Fill{Linger: 10 * time.Second}, func(batch []jetstream.Msg) { taken = len(batch) })
		if took := time.Since(began); err != nil || taken != 2 || took > 1250*time.Millisecond {
			l.Errorf("Batch = %v, with %d messages after %v; want 2 soon after ctx has ended", err, taken, took)
		}
	})
}

func TestBatchEndsWithItsContext(t *testing.T) {
	inLab(t, func(l *lab) {
		verdicts, began := l.verdicts(), time.Now()
		ctx, cancel := context.WithCancel(l.Context())
		time.AfterFunc(10*time.Second, cancel)
		if taken := l.batch(ctx, verdicts); len(taken) > 0 || time.Since(began) != 10*time.Second {
			l.Errorf("Batch gives %d messages after %v, want none when ctx ends", len(taken), time.Since(began))
		}
	})
}
