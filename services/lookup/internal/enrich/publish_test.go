package enrich_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/wire"
)

// TestAVerdictTellsOfItsJob, whether the provider was asked or the answer was known.
func TestAVerdictTellsOfItsJob(t *testing.T) {
	inLab(t, func(l *lab) {
		created := time.Now().UTC().Add(-3 * time.Hour)
		for id, replay := range map[int64]string{7: "2026-03-01T09:30:15Z", 8: ""} {
			asks := ticket(id, domain())
			asks.Job.Created, asks.Replay = created, replay
			if _, err := l.answer(asks); err != nil {
				l.Fatalf("Answer = %v", err)
			}
			at := wire.VerdictAddress{Provider: "virustotal", Key: domain().Key(), ID: id}
			message, err := l.verdicts().GetLastMsgForSubject(l.Context(), at.Subject())
			if err != nil {
				l.Fatal(err)
			}
			if got := wire.ReplayOf(message.Header); got != replay || message.Header.Get(jetstream.MsgIDHeader) != asks.ID {
				l.Errorf("the verdict tells of replay %q under id %q, want %q and %q", got, message.Header.Get(jetstream.MsgIDHeader), replay, asks.ID)
			}
			if v, _ := l.verdict(id, domain()); !v.JobCreated.Equal(created) {
				l.Errorf("the verdict tells of a job of %v, want %v", v.JobCreated, created)
			}
		}
	})
}

// TestAJobOfAClockThatIsAhead counts as made when it was answered.
func TestAJobOfAClockThatIsAhead(t *testing.T) {
	inLab(t, func(l *lab) {
		asks := ticket(7, domain())
		asks.Job.Created = time.Now().UTC().Add(24 * time.Hour)
		if _, err := l.answer(asks); err != nil {
			l.Fatalf("Answer = %v", err)
		}
		if v, _ := l.verdict(7, domain()); v.JobCreated.IsZero() || v.JobCreated.After(time.Now()) {
			l.Errorf("the verdict tells of a job of %v, want now", v.JobCreated)
		}
	})
}
