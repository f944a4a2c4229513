package replay_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/vtq/internal/replay"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
)

func TestOpenWithoutAPipeline(t *testing.T) {
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		nc := s.Connect()
		defer nc.Close()
		js := must(jetstream.New(nc))(t)
		if _, err := replay.Open(t.Context(), js); !errors.Is(err, jetstream.ErrStreamNotFound) {
			t.Errorf("Open = %v, want ErrStreamNotFound", err)
		}
	})
}

// TestSurvey has ten indicators, answered a second apart, of which the third and fourth were answered again, and aliases between. The last
// answer was not written yet.
func TestSurvey(t *testing.T) {
	at := func(d time.Duration) replay.Start { return replay.Start{Since: testkit.Epoch().Add(d)} }
	from := func(sequence uint64) replay.Start { return replay.Start{Sequence: sequence} }
	cases := map[string]struct {
		start    replay.Start
		from     uint64
		verdicts uint64
		clipped  bool
	}{
		"all":                      {replay.Start{}, 1, 10, false},
		"the first":                {from(1), 1, 10, false},
		"another":                  {from(5), 5, 8, false},
		"one that was replaced":    {from(3), 3, 8, false},
		"the last written":         {from(11), 11, 2, false},
		"an alias behind it":       {from(12), 12, 1, false},
		"one not written":          {from(13), 12, 1, true},
		"before everything":        {at(-time.Hour), 1, 10, false},
		"the time of one":          {at(4 * time.Second), 5, 8, false},
		"a time between two":       {at(4*time.Second + time.Millisecond), 6, 7, false},
		"behind the end":           {from(14), 0, 0, false},
		"far behind the end":       {from(1 << 40), 0, 0, false},
		"a time that has not come": {at(time.Hour), 0, 0, false},
	}
	inLab(t, func(l *lab) {
		l.verdicts(10)
		l.store(answer(3, 9)) // 11.
		l.alias(1)            // 12.
		w := l.write(0)
		l.idle()
		w.end()
		l.store(answer(4, 9)) // 13.
		l.alias(2)            // 14.
		for name, c := range cases {
			s, err := l.replay.Survey(l.Context(), c.start)
			if nothing := c.verdicts == 0; nothing != errors.Is(err, replay.ErrNothing) || err != nil && !nothing {
				l.Errorf("%s: error = %v, want ErrNothing: %t", name, err, nothing)
				continue
			}
			want := replay.Survey{From: c.from, To: 14, Verdicts: c.verdicts, Floor: 11, Waiting: 1, Clipped: c.clipped}
			if diff := cmp.Diff(want, s); diff != "" && c.verdicts > 0 {
				l.Errorf("%s (-want +got):\n%s", name, diff)
			}
			if consumers := l.stream().CachedInfo().State.Consumers; consumers != 1 {
				l.Errorf("%s left %d consumers, want the writer's alone", name, consumers)
			}
		}
	})
}

func TestNothingThere(t *testing.T) {
	inLab(t, func(l *lab) {
		l.alias(1)
		if _, err := l.replay.Begin(l.Context(), replay.Start{}, replay.Options{Verify: true}); !errors.Is(err, replay.ErrNothing) {
			l.Errorf("Begin without verdicts = %v, want ErrNothing", err)
		}
		if got := l.epoch(); got != 1 {
			l.Errorf("the ledger's epoch is %d, want it as it was", got)
		}
		l.written(1) // Nobody was kept from it.
		l.begin(replay.Start{}, replay.Options{})
	})
}

func TestWithoutAWriter(t *testing.T) {
	inLab(t, func(l *lab) {
		l.verdicts(1)
		if err := l.js.DeleteConsumer(l.Context(), stream.Verdicts, stream.Writer); err != nil {
			l.Fatal(err)
		}
		if _, err := l.replay.Begin(l.Context(), replay.Start{}, replay.Options{}); !errors.Is(err, jetstream.ErrConsumerNotFound) {
			l.Errorf("Begin = %v, want ErrConsumerNotFound", err)
		}
	})
}
