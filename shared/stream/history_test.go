package stream_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// TestALetterTellsWhatWasBefore buries a message that died before and was sent again.
func TestALetterTellsWhatWasBefore(t *testing.T) {
	inLab(t, func(l *lab) {
		before := wire.History{Redriven: 3, Deaths: []string{"an earlier death", "a later one"}}
		history := nats.Header{}
		before.Put(history)
		wire.PutReplay(history, "2026-03-01T09:30:15Z")
		if stored, err := stream.Resubmit(l.Context(), l.js, jobAddress(1), history, body(1)); err != nil || !stored {
			l.Fatalf("Resubmit = %v, %v; want it stored", stored, err)
		}
		if stored, err := stream.Resubmit(l.Context(), l.js, jobAddress(1), history, body(1)); err != nil || stored {
			l.Errorf("Resubmit of a job that is pending = %v, %v; want it refused without an error", stored, err)
		}
		if len(history) != 3 {
			l.Errorf("Resubmit left headers %v with the caller", history)
		}
		message := l.take(l.jobs())
		if diff := cmp.Diff(before, wire.HistoryOf(message.Headers())); diff != "" || string(message.Data()) != string(body(1)) {
			l.Errorf("the job is %q, its history (-want +got):\n%s", message.Data(), diff)
		}
		l.settler(stream.Jobs).Settle(l.Context(), message, fault.New(fault.Permanent, errWork))
		letter := l.letters()[0]
		if diff := cmp.Diff(before, wire.HistoryOf(letter.Header)); diff != "" || wire.ParseDeath(letter.Header).Reason != errWork.Error() {
			l.Errorf("the letter's reason is %q, its history (-want +got):\n%s", letter.Header.Get(wire.HeaderReason), diff)
		}
		if got := wire.ReplayOf(letter.Header); got != "2026-03-01T09:30:15Z" {
			l.Errorf("the letter tells of replay %q, want that of the job", got)
		}
	})
}

// TestALetterBoundsWhatWasBefore buries a message whose headers somebody else has written.
func TestALetterBoundsWhatWasBefore(t *testing.T) {
	inLab(t, func(l *lab) {
		message := nats.NewMsg(verdictSubject(1))
		for range 40 {
			message.Header.Add(wire.HeaderHistory, strings.Repeat("long ", 200))
		}
		if _, err := l.js.PublishMsg(l.Context(), message); err != nil {
			l.Fatal(err)
		}
		l.settler(stream.Verdicts).Settle(l.Context(), l.take(l.verdicts()), fault.New(fault.Permanent, errWork))
		lines := l.letters()[0].Header[wire.HeaderHistory]
		if len(lines) != 5 || len(lines[0]) > 120 {
			l.Errorf("the letter has %d lines of history, the first of %d bytes; want 5 of at most 120", len(lines), len(lines[0]))
		}
	})
}
