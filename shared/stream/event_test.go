package stream_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/logging"
	"vtq.internal/shared/stream"
)

func TestEvent(t *testing.T) {
	inLab(t, func(l *lab) {
		l.publish(to(2), jobSubject)
		l.ack(l.Context(), l.take(l.jobs()))
		l.sleep(time.Hour)
		message, began := l.take(l.jobs()), time.Now()
		l.sleep(3 * time.Second)
		outcome := stream.Outcome{Kind: fault.Transient, Settle: "nak", Delay: time.Minute, Err: errWork}
		want := logging.Event{
			Stream: stream.Jobs, Seq: 2, Delivery: 1, Outcome: logging.OutcomeTransient, Settle: "nak", RetryIn: time.Minute,
			QueueAge: time.Hour, Took: 3 * time.Second, Err: "the work failed",
		}
		if diff := cmp.Diff(want, stream.Event(message, outcome, began)); diff != "" {
			l.Errorf("Event: -want +got\n%s", diff)
		}
	})
}

// TestEventOutcomes holds the outcome of each kind to the words that log users know.
func TestEventOutcomes(t *testing.T) {
	failed := func(kind fault.Kind, settle string) stream.Outcome {
		return stream.Outcome{Kind: kind, Settle: settle, Err: errWork}
	}
	cases := map[string]stream.Outcome{
		logging.OutcomeOK:          {Settle: "ack"},
		logging.OutcomeGone:        failed(fault.Gone, "ack"),
		logging.OutcomeQuota:       failed(fault.Quota, "nak"),
		logging.OutcomeInterrupted: failed(fault.Interrupted, "nak"),
		logging.OutcomeTransient:   failed(fault.Transient, "lost"),
		logging.OutcomeDead:        failed(fault.Permanent, "term"),
		logging.OutcomeDenied:      failed(fault.Denied, "nak"),
		logging.OutcomeUnknown:     failed(fault.Unknown, "nak"),
	}
	if len(cases) != len(fault.Kinds())+1 {
		t.Errorf("%d outcomes, want one of each kind and success", len(cases))
	}
	for want, outcome := range cases {
		if got := stream.Event(delivered{}, outcome, time.Now()); got.Outcome != want || got.Settle != outcome.Settle {
			t.Errorf("the event of %+v is %q by %q, want %q", outcome, got.Outcome, got.Settle, want)
		}
	}
}

// TestEventWithoutMetadata has nothing to tell but what was done.
func TestEventWithoutMetadata(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := stream.Event(delivered{err: errors.New("no metadata")}, stream.Outcome{Settle: "ack"}, time.Now())
		if diff := cmp.Diff(logging.Event{Outcome: logging.OutcomeOK, Settle: "ack"}, got); diff != "" {
			t.Errorf("Event: -want +got\n%s", diff)
		}
	})
}
