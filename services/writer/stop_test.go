package writer_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/writer"
	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/stream"
)

// finish lets another writer do what is left, and checks that everything was written once.
func (l *lab) finish(ids []int64) {
	l.Helper()
	l.drain()
	l.verdictsAre("Malicious", ids...)
	for _, id := range ids {
		if got := len(l.tq.Attributes(id)); got != 3 {
			l.Errorf("indicator %d has %d rows, want 3: %v", id, got, l.rows(id))
		}
	}
	l.nothingDied()
}

func (l *lab) answerAll(ids []int64) {
	l.Helper()
	for _, id := range ids {
		l.answer(id, found(14))
	}
}

// TestStoppingLosesNothing stops a writer in the middle of a batch.
func TestStoppingLosesNothing(t *testing.T) {
	cases := map[string]struct {
		grace    time.Duration
		most     time.Duration // To stop.
		finished int           // Of those in hand.
	}{
		"enough grace to finish": {20 * time.Second, 8 * time.Second, 4},
		"too little grace":       {time.Second, 2 * time.Second, 0},
		"no grace":               {0, time.Second, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.grace, l.tq.Latency = c.grace, 4*time.Second
				ids := l.add(40)
				l.answerAll(ids)
				r := l.start()
				l.sleep(30 * time.Second)
				written := func() int { return len(l.logs.with(func(one line) bool { return one.Settle == "ack" })) }
				before, began := written(), time.Now()
				r.stop()
				if took := time.Since(began); took > c.most {
					l.Errorf("stopping took %v, want at most %v", took, c.most)
				}
				if got := written() - before; before == 0 || got != c.finished {
					l.Errorf("%d were written before the end and %d after it, want some, and %d of those in hand", before, got, c.finished)
				}
				if got := l.givenBack(); got+written() != len(ids) {
					l.Errorf("%d were written and %d given back, want %d together", written(), got, len(ids))
				}
				l.finish(ids)
			})
		})
	}
}

// givenBack counts the verdicts that were given back at once.
func (l *lab) givenBack() int {
	return len(l.logs.with(func(one line) bool { return one.Outcome == "interrupted" && one.Settle == "nak" }))
}

// TestStoppingInAnOutage does not wait for its end, and holds it against nobody.
func TestStoppingInAnOutage(t *testing.T) {
	const alone, denied, refused = "one indicator is at fault", "credentials are refused", "writing is refused"
	cases := map[string]hook{
		"ThreatQ is down":         everything(simulator.ServiceUnavailableHTML()),
		"ThreatQ does not answer": everything(&simulator.Fault{Stall: day}),
		denied:                    logins,
		refused:                   anyWrite(simulator.Forbidden()),
		"connections are cut":     everything(simulator.CutConnection()),
		alone:                     attributesOf(1, simulator.InternalError()),
	}
	for name, fault := range cases {
		for _, mode := range []string{"attributes", "bulk"} {
			t.Run(name+", "+mode, func(t *testing.T) {
				inLab(t, func(l *lab) {
					l.config.Mode = mode
					ids := l.add(10)
					l.fail(fault)
					l.answerAll(ids)
					r := l.start()
					l.sleep(50 * time.Second)
					began, checks := time.Now(), l.asked()
					r.stop()
					if took := time.Since(began); took > l.grace {
						l.Errorf("stopping took %v, want at most the grace of %v", took, l.grace)
					}
					if asked := l.asked() - checks; name != alone && asked > 1 {
						l.Errorf("a writer that stops asks %d times more, want only what was under way", asked)
					}
					if got := l.givenBack(); name != alone && got != len(ids) {
						l.Errorf("%d verdicts were given back, want all %d", got, len(ids))
					}
					if told := l.logs.with(func(one line) bool { return strings.HasPrefix(one.Message, "a bulk write failed") }); len(told) > 0 && name != denied {
						l.Errorf("it tells of what is left to be written one by one: %+v", told)
					}
					l.fail(nil)
					l.finish(ids)
				})
			})
		}
	}
}

// TestStoppingWhileABatchFills writes nothing in bulk any more.
func TestStoppingWhileABatchFills(t *testing.T) {
	inBulk(t, func(l *lab) {
		ids := l.add(10)
		l.answerAll(ids)
		r := l.start()
		l.sleep(2 * time.Second)
		r.stop()
		if asked, got := l.asked(), l.givenBack(); asked > 0 || got != 0 && got != len(ids) {
			l.Errorf("ThreatQ was asked %d times and %d verdicts were given back, want none, and all or none", asked, got)
		}
		l.finish(ids)
	})
}

// TestABatchInHandIsNobodyElses has a batch that takes longer than its AckWait, while another writer has nothing to do.
func TestABatchInHandIsNobodyElses(t *testing.T) {
	inLab(t, func(l *lab) {
		l.tq.Latency = 10 * time.Second
		ids := l.add(40)
		l.answerAll(ids)
		first, second := l.start(), l.start()
		l.settled(time.Hour)
		first.stop()
		second.stop()
		for _, one := range l.logs.settlements() {
			if one.Delivery != 1 || one.Settle != "ack" {
				l.Errorf("a verdict in hand was delivered again: %+v", one)
			}
		}
		l.finish(ids)
	})
}

// TestAWriterThatIsKilled has its connection closed under it: nothing that it does afterwards reaches the server.
func TestAWriterThatIsKilled(t *testing.T) {
	inLab(t, func(l *lab) {
		l.tq.Latency = time.Second
		ids := l.add(40)
		l.answerAll(ids)
		o := l.options()
		o.NATS = l.server.Connect()
		r := l.startWith(o)
		l.sleep(5500 * time.Millisecond)
		o.NATS.Close()
		if err := <-r.ended; !errors.Is(err, nats.ErrConnectionClosed) {
			l.Errorf("Run = %v when its connection is closed, want %v", err, nats.ErrConnectionClosed)
		}
		l.finish(ids)
	})
}

// TestANATSThatRestarts finds its writer where it was.
func TestANATSThatRestarts(t *testing.T) {
	inLab(t, func(l *lab) {
		l.tq.Latency = time.Second
		ids := l.add(40)
		l.answerAll(ids[:20])
		r := l.start()
		l.sleep(3 * time.Second)
		l.server.Stop()
		l.sleep(10 * time.Minute)
		l.server.Start()
		l.until(time.Minute, l.nc.IsConnected)
		l.answerAll(ids[20:])
		l.settled(5 * time.Minute)
		r.stop()
		l.finish(ids)
	})
}

func TestRunNeedsItsConsumer(t *testing.T) {
	cases := map[string]struct {
		remove func(ctx context.Context, js jetstream.JetStream) error
		want   error
	}{
		"no stream": {
			func(ctx context.Context, js jetstream.JetStream) error { return js.DeleteStream(ctx, stream.Verdicts) },
			jetstream.ErrStreamNotFound,
		},
		"no consumer": {
			func(ctx context.Context, js jetstream.JetStream) error {
				return js.DeleteConsumer(ctx, stream.Verdicts, stream.Writer)
			},
			jetstream.ErrConsumerNotFound,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				if err := c.remove(l.Context(), l.js); err != nil {
					l.Fatalf("removing it: %v", err)
				}
				if err := <-l.start().ended; !errors.Is(err, c.want) {
					l.Errorf("Run = %v, want %v", err, c.want)
				}
			})
		})
	}
}

func TestRunEndsWhenItsConsumerIsDeleted(t *testing.T) {
	inLab(t, func(l *lab) {
		r := l.start()
		l.sleep(time.Hour)
		if err := l.js.DeleteConsumer(l.Context(), stream.Verdicts, stream.Writer); err != nil {
			l.Fatalf("deleting the consumer: %v", err)
		}
		select {
		case err := <-r.ended:
			if err == nil {
				l.Error("Run = nil when its consumer is gone, want an error")
			}
		case <-time.After(time.Minute):
			l.Error("Run goes on for a minute after its consumer was deleted")
			r.stop()
		}
	})
}

func TestNewNamesWhatIsMissing(t *testing.T) {
	cases := map[string]func(o *writer.Options){
		"NATS":                  func(o *writer.Options) { o.NATS = nil },
		"ThreatQ":               func(o *writer.Options) { o.ThreatQ = nil },
		"Registerer":            func(o *writer.Options) { o.Registerer = nil },
		"Policy":                func(o *writer.Options) { o.Policy.Classes = nil },
		"VTQ_WRITE_CONCURRENCY": func(o *writer.Options) { o.Config.Concurrency = 0 },
	}
	inLab(t, func(l *lab) {
		for name, change := range cases {
			o := l.options()
			change(&o)
			_, err := writer.New(o)
			complains(l.T, "New without "+name, err, name)
		}
	})
}
