package writer_test

import (
	"testing"
	"time"

	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/stream"
)

// TestTheNewestOfABatchWins has two verdicts on one indicator, about two objects, as when its value was changed.
func TestTheNewestOfABatchWins(t *testing.T) {
	inLab(t, func(l *lab) {
		id := l.add(1)[0]
		l.answerAbout(id, "old.com", found(14))
		l.answerAbout(id, "new.com", found(0))
		l.drain()
		l.verdictsAre("Undetected", id)
		if got := l.tq.Writes(); got != 1 {
			l.Errorf("%d write requests, want 1: the older verdict is not written", got)
		}
	})
}

// TestTheNewestIsTheLastInTheStream has the older verdict come into the batch behind the newer one, since it was given back before.
func TestTheNewestIsTheLastInTheStream(t *testing.T) {
	inLab(t, func(l *lab) {
		id := l.add(1)[0]
		l.answerAbout(id, "old.com", found(14))
		consumer, err := l.js.Consumer(l.Context(), stream.Verdicts, stream.Writer)
		if err != nil {
			l.Fatalf("opening the consumer: %v", err)
		}
		message, err := consumer.Next()
		if err != nil {
			l.Fatalf("taking the older verdict: %v", err)
		}
		l.answerAbout(id, "new.com", found(0))
		if err := message.NakWithDelay(100 * time.Millisecond); err != nil { // Half as long as a batch waits for more.
			l.Fatalf("giving it back: %v", err)
		}
		r := l.start()
		l.settled(time.Minute)
		r.stop()
		l.verdictsAre("Undetected", id)
		if got := r.value("vtq_batch_items"); got != 2 || l.tq.Writes() != 1 {
			l.Errorf("%v verdicts were taken and %d written, want 2 in one batch, and the newer one written", got, l.tq.Writes())
		}
	})
}

// TestAnOlderVerdictDoesNotComeBack lets the newer one fail: the older one must not be given back with it, since then it could be
// delivered after the newer one was written.
func TestAnOlderVerdictDoesNotComeBack(t *testing.T) {
	inLab(t, func(l *lab) {
		id := l.add(1)[0]
		l.fail(attributesOf(id, simulator.InternalError()))
		l.answerAbout(id, "old.com", found(14))
		l.answerAbout(id, "new.com", found(0))
		r := l.start()
		l.sleep(time.Minute)
		l.fail(nil)
		l.settled(time.Hour)
		r.stop()
		l.verdictsAre("Undetected", id)
		for _, one := range l.logs.settlements() {
			if one.Seq == 1 && (one.Settle != "ack" || one.Delivery != 1) {
				l.Errorf("the older verdict was settled with %s at delivery %d, want ack at the first", one.Settle, one.Delivery)
			}
		}
	})
}
