package stream_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
)

// TestShrinks wants less of the server than stands there, one thing at a time, and looks at each bound's edge.
func TestShrinks(t *testing.T) {
	const day = 24 * time.Hour
	stand := topology(t)
	jobs, verdicts, bucket := &stand.Streams[0], &stand.Streams[2], &stand.Buckets[0]
	bucket.TTL, bucket.History = time.Hour, 3
	cases := map[string]struct {
		change func(*stream.Topology)
		want   string // "" where nothing is lost.
	}{
		"the same":       {func(*stream.Topology) {}, ""},
		"another text":   {func(t *stream.Topology) { t.Streams[0].Description = "Another." }, ""},
		"a longer age":   {func(t *stream.Topology) { t.Streams[2].MaxAge = verdicts.MaxAge + 1 }, ""},
		"an endless one": {func(t *stream.Topology) { t.Streams[2].MaxAge = 0 }, ""},
		"a shorter age": {
			func(t *stream.Topology) { t.Streams[2].MaxAge = verdicts.MaxAge - time.Second },
			"stream VTQ_VERDICTS: max age would go from 720h0m0s to 719h59m59s, by the VTQ_REFRESH_ variables",
		},
		"an age for what has none": {
			func(t *stream.Topology) { t.Streams[0].MaxAge = 90 * day },
			"stream VTQ_JOBS: max age would go from no limit to 2160h0m0s, by this version of vtq",
		},
		"more bytes":  {func(t *stream.Topology) { t.Streams[0].MaxBytes = jobs.MaxBytes + 1 }, ""},
		"any bytes":   {func(t *stream.Topology) { t.Streams[0].MaxBytes = -1 }, ""},
		"fewer bytes": {func(t *stream.Topology) { t.Streams[0].MaxBytes = jobs.MaxBytes - 1 }, "stream VTQ_JOBS: max bytes would go from 1073741824 to 1073741823"},
		"fewer messages": {
			func(t *stream.Topology) { t.Streams[0].MaxMsgs = jobs.MaxMsgs - 1 }, "stream VTQ_JOBS: max messages would go from 1000000 to 999999",
		},
		"a bound where there was none": {
			func(t *stream.Topology) { t.Streams[2].MaxMsgs = 5 }, "stream VTQ_VERDICTS: max messages would go from no limit to 5",
		},
		"one a subject, of many": {
			func(t *stream.Topology) { t.Streams[3].MaxMsgsPerSubject = 1 }, "stream VTQ_DEADLETTERS: messages per subject would go from no limit to 1",
		},
		"less room for one":    {func(t *stream.Topology) { t.Streams[0].MaxMsgSize = 5 }, ""}, // It refuses; it takes nothing away.
		"a consumer that goes": {func(t *stream.Topology) { t.Consumers = t.Consumers[:1] }, ""},
		"a new stream":         {func(t *stream.Topology) { t.Streams[0].Name = "OTHER" }, ""},
		"a new bucket":         {func(t *stream.Topology) { t.Buckets[0].Bucket = "other" }, ""},
		"a shorter life":       {func(t *stream.Topology) { t.Buckets[0].TTL = time.Minute }, "bucket vtq_state: time to live would go from 1h0m0s to 1m0s"},
		"less history":         {func(t *stream.Topology) { t.Buckets[0].History = 2 }, "bucket vtq_state: history would go from 3 to 2"},
		"fewer of its bytes": {
			func(t *stream.Topology) { t.Buckets[0].MaxBytes = bucket.MaxBytes - 1 }, "bucket vtq_state: max bytes would go from 67108864 to 67108863",
		},
	}
	inLab(t, func(l *lab) {
		l.ensure(stand)
		for name, c := range cases {
			wanted := topology(l.T)
			wanted.Buckets[0].TTL, wanted.Buckets[0].History = time.Hour, 3
			c.change(&wanted)
			err := stream.Shrinks(l.Context(), l.js, wanted)
			switch {
			case c.want == "" && err != nil:
				l.Errorf("%s: Shrinks = %v, want nil", name, err)
			case c.want != "" && (!errors.Is(err, stream.ErrShrinks) || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "\n")):
				l.Errorf("%s: Shrinks = %v, want %q alone", name, err, c.want)
			}
		}
		if err := stream.Diff(l.Context(), l.js, stand); err != nil {
			l.Errorf("Shrinks has changed something: %v", err)
		}
	})
}

// TestShrinksOfCopies asks about a stream of three copies, which one server alone takes in the words of a proxy.
func TestShrinksOfCopies(t *testing.T) {
	inLab(t, func(l *lab) {
		three := copies{l.js, 3}
		if err := stream.Shrinks(l.Context(), three, topology(l.T)); err == nil ||
			!strings.HasPrefix(err.Error(), "stream VTQ_JOBS: replicas would go from 3 to 1, by NATS_REPLICAS") || strings.Count(err.Error(), "replicas") != 7 {
			l.Errorf("Shrinks of three copies = %v, want each of the seven streams", err)
		}
		if err := stream.Shrinks(l.Context(), copies{l.js, 1}, topology(l.T)); err != nil {
			l.Errorf("Shrinks of one copy = %v, want nil", err)
		}
	})
}

// TestShrinksWithoutAnAnswer is no leave to go on.
func TestShrinksWithoutAnAnswer(t *testing.T) {
	inLab(t, func(l *lab) {
		l.nc.Close()
		err := stream.Shrinks(l.Context(), l.js, topology(l.T))
		if err == nil || errors.Is(err, stream.ErrShrinks) || !strings.HasPrefix(err.Error(), "stream VTQ_JOBS: ") {
			l.Errorf("Shrinks of a server that is away = %v, want an error that is not ErrShrinks", err)
		}
	})
}

// TestShrinksOfNothing asks an empty server.
func TestShrinksOfNothing(t *testing.T) {
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		nc := s.Connect()
		defer nc.Close()
		js, err := jetstream.New(nc)
		if err != nil {
			t.Fatal(err)
		}
		if err := stream.Shrinks(t.Context(), js, topology(t)); err != nil {
			t.Errorf("Shrinks of an empty server = %v, want nil", err)
		}
	})
}

// TestExtend makes what is missing, and changes nothing where one thing of several would be lost.
func TestExtend(t *testing.T) {
	inLab(t, func(l *lab) {
		more := topology(l.T)
		more.Streams[2].MaxAge *= 2
		if err := stream.Extend(l.Context(), l.js, more); err != nil {
			l.Fatalf("Extend = %v, want nil", err)
		}
		less := topology(l.T) // Of the older age,
		less.Streams[0].MaxBytes *= 2
		less.Consumers = append(less.Consumers, stream.Consumer{Stream: stream.Jobs, Config: jetstream.ConsumerConfig{Durable: "new"}})
		err := stream.Extend(l.Context(), l.js, less)
		if !errors.Is(err, stream.ErrShrinks) || !strings.Contains(err.Error(), "max age would go from 1440h0m0s to 720h0m0s") ||
			!strings.HasSuffix(err.Error(), "run vtq setup --shrink if it is meant") {
			l.Errorf("Extend to something smaller = %v, want ErrShrinks, what is lost and a way out", err)
		}
		if err := stream.Diff(l.Context(), l.js, more); err != nil {
			l.Errorf("a refused Extend has changed something: %v", err)
		}
		l.nc.Close()
		if err := stream.Extend(l.Context(), l.js, more); err == nil || errors.Is(err, stream.ErrShrinks) {
			l.Errorf("Extend of a server that is away = %v, want another error", err)
		}
	})
}

// copies is a server as of a cluster: every stream has so many.
type copies struct {
	jetstream.JetStream

	n int
}

// Stream implements jetstream.JetStream.
func (c copies) Stream(ctx context.Context, name string) (jetstream.Stream, error) {
	found, err := c.JetStream.Stream(ctx, name)
	return copied{found, c.n}, err
}

type copied struct {
	jetstream.Stream

	n int
}

// CachedInfo implements jetstream.Stream.
func (c copied) CachedInfo() *jetstream.StreamInfo {
	info := *c.Stream.CachedInfo()
	info.Config.Replicas = c.n
	return &info
}
