package stream_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/stream"
)

func TestDifferences(t *testing.T) {
	missing := fmt.Errorf("stream A: %w", jetstream.ErrStreamNotFound)
	cases := map[string]struct {
		err   error
		n     int
		known bool
	}{
		"none":                             {nil, 0, true},
		"two that are missing":             {errors.Join(missing, fmt.Errorf("consumer B: %w", jetstream.ErrConsumerNotFound)), 2, true},
		"in a join of joins":               {errors.Join(nil, errors.Join(missing, missing), missing), 3, true},
		"a server that does not answer":    {fmt.Errorf("stream A: %w", nats.ErrTimeout), 0, false},
		"one, and nobody to ask for more":  {errors.Join(missing, fmt.Errorf("stream B: %w", nats.ErrTimeout)), 1, false},
		"nobody to ask, and then somebody": {errors.Join(fmt.Errorf("stream B: %w", nats.ErrNoResponders), missing), 1, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if n, known := stream.Differences(c.err); n != c.n || known != c.known {
				t.Errorf("Differences(%v) = %d, %v, want %d, %v", c.err, n, known, c.n, c.known)
			}
		})
	}
}

// TestForLookupLeavesOutWhatALookupWorkerMayNotAskAbout wants what its account has the right to: a question about anything else would
// not be answered, and look like a server that is away.
func TestForLookupLeavesOutWhatALookupWorkerMayNotAskAbout(t *testing.T) {
	whole := topology(t)
	part := whole.ForLookup()
	for _, config := range part.Streams {
		if config.Name == stream.Written {
			t.Errorf("it has the stream %s, which is the writer's", config.Name)
		}
	}
	for _, consumer := range part.Consumers {
		if consumer.Config.Durable == stream.Writer {
			t.Errorf("it has the consumer %s, which is the writer's", consumer.Config.Durable)
		}
	}
	if streams, consumers := len(whole.Streams)-len(part.Streams), len(whole.Consumers)-len(part.Consumers); streams != 1 || consumers != 1 {
		t.Errorf("it leaves out %d streams and %d consumers, want one of each", streams, consumers)
	}
}
