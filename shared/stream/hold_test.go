package stream_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/stream"
)

// spy counts what is said to the server about messages of a stream.
func (l *lab) spy(name string) *atomic.Int64 {
	l.Helper()
	nc, said := l.server.Connect(), new(atomic.Int64)
	if _, err := nc.Subscribe("$JS.ACK."+name+".>", func(*nats.Msg) { said.Add(1) }); err != nil {
		l.Fatal(err)
	}
	l.Cleanup(nc.Close)
	if err := nc.Flush(); err != nil {
		l.Fatal(err)
	}
	return said
}

func TestHold(t *testing.T) {
	inLab(t, func(l *lab) {
		l.publish(to(1), jobSubject)
		said := l.spy(stream.Jobs)
		message := l.take(l.jobs())
		release := stream.Hold(stream.LookupAckWait, message)
		held, cancel := context.WithTimeout(l.Context(), 100*stream.LookupAckWait)
		defer cancel()
		if err := l.loop(held, l.jobs(), func(jetstream.Msg) { l.Error("a held message is delivered again") }); err != nil {
			l.Fatal(err)
		}
		release()
		release() // Twice is no harm.
		synctest.Wait()
		if n := said.Load(); n < 298 || n > 300 {
			l.Errorf("the server was told %d times in a hundred times AckWait, want three times in each", n)
		}
		before, released := said.Load(), time.Now()
		again := l.take(l.jobs())
		took := time.Since(released)
		if took <= stream.LookupAckWait*2/3-time.Second || took > stream.LookupAckWait+time.Second {
			l.Errorf("released, the message came again after %v, want AckWait from the last word", took)
		}
		if stream.Delivery(again) != 2 {
			l.Errorf("it was delivered %d times, want 2", stream.Delivery(again))
		}
		synctest.Wait()
		if n := said.Load() - before; n != 0 {
			l.Errorf("after release the server was told %d times", n)
		}
	})
}

// TestHoldSaysNothingOfWhatIsSettled holds a batch of which one message is settled early, as the writer does.
func TestHoldSaysNothingOfWhatIsSettled(t *testing.T) {
	inLab(t, func(l *lab) {
		l.publish(to(2), jobSubject)
		first, second := l.take(l.jobs()), l.take(l.jobs())
		said := l.spy(stream.Jobs)
		release := stream.Hold(30*time.Second, first, second)
		defer release()
		l.sleep(15 * time.Second)
		synctest.Wait()
		if n := said.Load(); n != 2 {
			l.Errorf("after half of AckWait the server was told %d times, want once of each", n)
		}
		l.ack(l.Context(), first)
		synctest.Wait() // The ack itself is said.
		said.Store(0)
		l.sleep(30 * time.Second)
		synctest.Wait()
		if n := said.Load(); n != 3 {
			l.Errorf("with one settled the server was told %d times in AckWait, want 3", n)
		}
	})
}
