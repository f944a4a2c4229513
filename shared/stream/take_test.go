package stream_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/stream"
)

// ack acknowledges, and fails the test where that fails.
func (l *lab) ack(ctx context.Context, message jetstream.Msg) {
	l.Helper()
	if err := message.DoubleAck(ctx); err != nil {
		l.Error(err)
	}
}

// loop takes messages with One until ctx ends, as a worker does.
func (l *lab) loop(ctx context.Context, consumer jetstream.Consumer, handle func(jetstream.Msg)) error {
	for ctx.Err() == nil {
		if err := stream.One(ctx, consumer, handle); err != nil {
			return err
		}
	}
	return nil
}

// TestOneHoardsNothing has one worker busy for an hour: a second one gets everything else.
func TestOneHoardsNothing(t *testing.T) {
	inLab(t, func(l *lab) {
		l.publish(to(8), jobSubject)
		jobs := l.jobs()
		ctx, cancel := context.WithTimeout(l.Context(), time.Hour)
		defer cancel()
		var workers sync.WaitGroup
		busy := make(chan struct{})
		workers.Go(func() {
			err := stream.One(ctx, jobs, func(message jetstream.Msg) {
				close(busy)
				release := stream.Hold(stream.LookupAckWait, message)
				<-ctx.Done()
				release()
			})
			if err != nil {
				l.Errorf("One = %v, want nil", err)
			}
		})
		<-busy // Else the other could be done with all before this one has asked.
		done := 0
		workers.Go(func() {
			if err := l.loop(ctx, jobs, func(message jetstream.Msg) { done++; l.ack(ctx, message) }); err != nil {
				l.Errorf("One = %v, want nil", err)
			}
		})
		workers.Wait()
		if done != 7 {
			l.Errorf("beside a busy worker another got %d of 7 jobs", done)
		}
	})
}

func TestOneWithoutMessages(t *testing.T) {
	inLab(t, func(l *lab) {
		began := time.Now()
		if err := stream.One(l.Context(), l.jobs(), func(jetstream.Msg) { l.Error("a message out of nothing") }); err != nil {
			l.Errorf("One = %v, want nil", err)
		}
		if took := time.Since(began); took < 118*time.Second || took > 122*time.Second {
			l.Errorf("a pull of nothing took %v, want two minutes", took)
		}
	})
}

// TestOneEndsWithItsContext ends it after hours of silence, in the middle of a pull.
func TestOneEndsWithItsContext(t *testing.T) {
	inLab(t, func(l *lab) {
		const end = 3*time.Hour + 10*time.Second
		ctx, cancel := context.WithCancel(l.Context())
		time.AfterFunc(end, cancel)
		began := time.Now()
		if err := l.loop(ctx, l.jobs(), func(jetstream.Msg) { l.Error("a message out of nothing") }); err != nil {
			l.Errorf("One = %v, want nil", err)
		}
		if took := time.Since(began); took != end {
			l.Errorf("the loop ended after %v, want %v", took, end)
		}
	})
}

// TestEndedContextTakesNothing asks for no message that would have to be given back.
func TestEndedContextTakesNothing(t *testing.T) {
	inLab(t, func(l *lab) {
		l.publish(to(1), jobSubject)
		ctx, cancel := context.WithCancel(l.Context())
		cancel()
		if err := stream.One(ctx, l.jobs(), func(jetstream.Msg) { l.Error("One takes a message") }); err != nil {
			l.Errorf("One = %v, want nil", err)
		}
		if err := stream.Batch(ctx, l.jobs(), stream.Fill{}, func([]jetstream.Msg) { l.Error("Batch takes messages") }); err != nil {
			l.Errorf("Batch = %v, want nil", err)
		}
		if message := l.take(l.jobs()); stream.Delivery(message) != 1 {
			l.Errorf("the message was delivered %d times, want once", stream.Delivery(message))
		}
	})
}

func TestOneTellsThatNothingWillCome(t *testing.T) {
	lookup := stream.LookupConsumer("fresh", route)
	cases := map[string]struct {
		lose func(l *lab) error
		want error
	}{
		"consumer deleted":  {func(l *lab) error { return l.js.DeleteConsumer(l.Context(), stream.Jobs, lookup) }, jetstream.ErrConsumerDeleted},
		"stream deleted":    {func(l *lab) error { return l.js.DeleteStream(l.Context(), stream.Jobs) }, jetstream.ErrConsumerDeleted},
		"connection closed": {func(l *lab) error { l.nc.Close(); return nil }, nats.ErrConnectionClosed},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				consumer, began := l.jobs(), time.Now()
				var losing sync.WaitGroup
				losing.Go(func() {
					l.sleep(10 * time.Minute)
					if err := c.lose(l); err != nil {
						l.Error(err)
					}
				})
				defer losing.Wait()
				if err := l.loop(l.Context(), consumer, func(jetstream.Msg) {}); !errors.Is(err, c.want) {
					l.Errorf("One = %v, want %v", err, c.want)
				}
				if took := time.Since(began) - 10*time.Minute; took > time.Minute {
					l.Errorf("One noticed it after %v", took)
				}
			})
		})
	}
}

// TestOneTellsThatNothingWasThere has the consumer vanish between two pulls, where only a question finds out.
func TestOneTellsThatNothingWasThere(t *testing.T) {
	cases := map[string]struct {
		lose func(l *lab) error
		want error
	}{
		"consumer": {func(l *lab) error { return l.js.DeleteConsumer(l.Context(), stream.Verdicts, stream.Writer) }, jetstream.ErrConsumerNotFound},
		"stream":   {func(l *lab) error { return l.js.DeleteStream(l.Context(), stream.Verdicts) }, jetstream.ErrStreamNotFound},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				consumer := l.verdicts()
				if err := c.lose(l); err != nil {
					l.Fatal(err)
				}
				if err := stream.One(l.Context(), consumer, nil); !errors.Is(err, c.want) {
					l.Errorf("One = %v, want %v", err, c.want)
				}
				if err := stream.Batch(l.Context(), consumer, stream.Fill{}, nil); !errors.Is(err, c.want) {
					l.Errorf("Batch = %v, want %v", err, c.want)
				}
			})
		})
	}
}

// TestLoopsOutliveARestart has the server away for ten minutes, and a message come after that.
func TestLoopsOutliveARestart(t *testing.T) {
	inLab(t, func(l *lab) {
		jobs, verdicts := l.jobs(), l.verdicts()
		ctx, cancel := context.WithTimeout(l.Context(), time.Hour)
		defer cancel()
		var came []string
		var workers sync.WaitGroup
		workers.Go(func() {
			if err := l.loop(ctx, jobs, func(message jetstream.Msg) { l.ack(ctx, message); came = append(came, message.Subject()) }); err != nil {
				l.Errorf("One = %v, want nil", err)
			}
		})
		batches := 0
		workers.Go(func() {
			for ctx.Err() == nil {
				if err := stream.Batch(ctx, verdicts, stream.Fill{}, func(batch []jetstream.Msg) { l.ack(ctx, batch[0]); batches++ }); err != nil {
					l.Errorf("Batch = %v, want nil", err)
				}
			}
		})
		l.sleep(time.Minute)
		l.server.Stop()
		l.sleep(10 * time.Minute)
		l.server.Start()
		l.sleep(time.Minute)
		l.publish(to(1), jobSubject)
		l.publish(to(1), verdictSubject)
		workers.Wait()
		if len(came) != 1 || batches != 1 {
			l.Errorf("after a restart came jobs %q and %d batches, want one each", came, batches)
		}
	})
}
