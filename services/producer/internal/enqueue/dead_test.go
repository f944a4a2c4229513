package enqueue_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/producer/internal/enqueue"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

func TestADeadJobRests(t *testing.T) {
	inLab(t, func(l *lab) {
		l.die(job(1), wire.Fresh)
		l.die(job(2), wire.Refresh)
		for _, later := range []time.Duration{0, day, 3*day - time.Minute} {
			if diff := cmp.Diff(enqueue.Tally{Dead: 2}, l.putLater(later, jobs(1, 2))); diff != "" {
				l.Errorf("tally %v later (-want +got):\n%s", later, diff)
			}
		}
		if diff := cmp.Diff(enqueue.Tally{Fresh: 2}, l.putLater(3*day+time.Minute, jobs(1, 2))); diff != "" {
			l.Errorf("tally when not-found would be asked again (-want +got):\n%s", diff)
		}
	})
}

func TestADeadLetterThatWasTakenAway(t *testing.T) {
	inLab(t, func(l *lab) {
		l.die(job(1), wire.Fresh)
		l.put(jobs(1))
		grave := wire.DeadSubject("lookup", jobSubject(job(1), wire.Fresh))
		if err := l.stream(stream.DeadLetters).Purge(l.Context(), jetstream.WithPurgeSubject(grave)); err != nil {
			l.Fatalf("taking the letter away: %v", err)
		}
		if diff := cmp.Diff(enqueue.Tally{Fresh: 1}, l.put(jobs(1))); diff != "" {
			l.Errorf("tally (-want +got):\n%s", diff)
		}
	})
}

func TestDeathAndAnswer(t *testing.T) {
	cases := map[string]struct {
		age  time.Duration // Of the answer, when its job dies.
		wait time.Duration
		want enqueue.Tally
	}{
		"died after an answer that is fresh": {day, 0, enqueue.Tally{Current: 1}},
		"died when it was asked again":       {8 * day, day, enqueue.Tally{Dead: 1}},
		"asked again later":                  {8 * day, 3*day + time.Minute, enqueue.Tally{Refresh: 1}},
		"answered since":                     {-time.Minute, 8 * day, enqueue.Tally{Refresh: 1}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.answer(job(1), "virustotal", c.age, 9)
				l.die(job(1), wire.Refresh)
				if diff := cmp.Diff(c.want, l.putLater(c.wait, jobs(1))); diff != "" {
					l.Errorf("tally (-want +got):\n%s", diff)
				}
			})
		})
	}
}
