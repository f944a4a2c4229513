package replay_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/vtq/internal/replay"
	"vtq.internal/shared/stream"
)

// TestCommandsCountAtOnce has as many count as there are names, all at once: each gets its own number, and nobody's consumer is taken
// away by another. None is left behind.
func TestCommandsCountAtOnce(t *testing.T) {
	inLab(t, func(l *lab) {
		l.verdicts(5)
		var all sync.WaitGroup
		for i := range stream.ReplayConsumers() {
			start := replay.Start{Sequence: uint64(i + 1)}
			all.Go(func() {
				survey, err := l.replay.Survey(l.Context(), start)
				if err != nil || survey.From > start.Sequence {
					l.Errorf("Survey of %v beside others = %+v, %v, want it from there or before", start, survey, err)
				}
			})
		}
		all.Wait()
		for name := range l.stream().ConsumerNames(l.Context()).Name() {
			if name != stream.Writer {
				l.Errorf("consumer %s is left behind", name)
			}
		}
	})
}

// TestACrowdIsTold has others hold all names but one, and then all.
func TestACrowdIsTold(t *testing.T) {
	inLab(t, func(l *lab) {
		l.verdicts(3)
		for i, name := range stream.ReplayConsumers() {
			_, err := l.replay.Survey(l.Context(), replay.Start{})
			if err != nil {
				l.Errorf("Survey with %d names taken = %v, want nil", i, err)
			}
			if _, err := l.stream().CreateConsumer(l.Context(), jetstream.ConsumerConfig{Name: name}); err != nil {
				l.Fatal(err)
			}
		}
		if _, err := l.replay.Survey(l.Context(), replay.Start{}); err == nil || !strings.Contains(err.Error(), "other commands are counting") {
			l.Errorf("Survey with all names taken = %v, want that it is crowded", err)
		}
		if n := l.stream().CachedInfo().State.Consumers; n != len(stream.ReplayConsumers())+1 {
			l.Errorf("%d consumers, want those of the others and the writer's", n)
		}
	})
}
