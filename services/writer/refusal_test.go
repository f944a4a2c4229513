package writer_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/stream"
)

// refusing fails what would change the attributes of some indicators with ThreatQ's 403.
func refusing(ids []int64) hook {
	return func(r *http.Request) *simulator.Fault {
		if r.Method == http.MethodGet || !slices.ContainsFunc(ids, func(id int64) bool { return attributesOf(id, simulator.Forbidden())(r) != nil }) {
			return nil
		}
		return simulator.Forbidden()
	}
}

// TestRefusedItemsWaitTogether has a batch of which half is refused: there is one wait, not one for each, even though the others
// are written in between.
func TestRefusedItemsWaitTogether(t *testing.T) {
	inLab(t, func(l *lab) {
		l.config.Concurrency = 1
		ids := l.add(60)
		bad, good := ids[:30], ids[30:]
		l.fail(refusing(bad))
		for i := range bad {
			l.answerAll([]int64{bad[i], good[i]})
		}
		r := l.start()
		l.sleep(2 * time.Minute)
		l.verdictsAre("Malicious", good...)
		if got := l.logs.loud("ThreatQ refuses to be written"); got != 1 {
			l.Errorf("a refusal is told %d times, want once", got)
		}
		l.fail(nil)
		l.settled(20 * time.Minute)
		r.stop()
		l.verdictsAre("Malicious", ids...)
		l.nothingDied()
	})
}

// TestWhatFailedInAWaitIsTriedAfterIt has a right to write that comes back within the minute: no verdict is given back for it.
func TestWhatFailedInAWaitIsTriedAfterIt(t *testing.T) {
	inLab(t, func(l *lab) {
		ids := l.add(10)
		l.fail(writes(simulator.Forbidden()))
		l.answerAll(ids)
		r := l.start()
		l.sleep(30 * time.Second)
		l.fail(nil)
		l.settled(time.Minute)
		r.stop()
		l.verdictsAre("Malicious", ids...)
		for _, one := range l.logs.settlements() {
			if one.Delivery != 1 || one.Settle != "ack" {
				l.Errorf("a short refusal was held against a message: %+v", one)
			}
		}
	})
}

// TestALaterRefusalIsTold has two, with a calm between them.
func TestALaterRefusalIsTold(t *testing.T) {
	cases := map[string]struct {
		calm time.Duration
		told int
	}{
		"soon after":                 {10 * time.Minute, 1},
		"after a quarter of an hour": {16 * time.Minute, 2},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				ids := l.add(2)
				r := l.start()
				for _, id := range ids {
					l.fail(writes(simulator.Forbidden()))
					l.answer(id, found(14))
					l.sleep(30 * time.Second)
					l.fail(nil)
					l.settled(2 * time.Minute)
					l.sleep(c.calm)
				}
				r.stop()
				l.verdictsAre("Malicious", ids...)
				if got := l.logs.loud("ThreatQ refuses to be written"); got != c.told {
					l.Errorf("two refusals %v apart are told %d times, want %d", c.calm, got, c.told)
				}
			})
		})
	}
}

// TestARefusalThatNobodyMeetsAgainIsOver has an item that is refused, and is given up by a person: the gauge does not tell for ever of what
// may have been about this item alone.
func TestARefusalThatNobodyMeetsAgainIsOver(t *testing.T) {
	const denied = "vtq_credentials_denied threatq writer"
	inLab(t, func(l *lab) {
		ids := l.add(2)
		l.fail(refusing(ids[:1]))
		l.answer(ids[0], found(14))
		r := l.start()
		l.sleep(30 * time.Second)
		if got := r.value(denied); got != 1 {
			l.Errorf("vtq_credentials_denied = %v after a refusal, want 1", got)
		}
		l.answer(ids[1], found(14))
		l.sleep(5 * time.Minute) // It waits with the other one, and is taken then, while that one is refused once more.
		verdicts, err := l.js.Stream(l.Context(), stream.Verdicts)
		if err == nil {
			err = verdicts.Purge(l.Context())
		}
		if err != nil {
			l.Fatalf("purging the verdicts: %v", err)
		}
		l.sleep(16 * time.Minute)
		if got := r.value(denied); got != 0 {
			l.Errorf("vtq_credentials_denied = %v when nobody was refused for a quarter of an hour, want 0", got)
		}
		r.stop()
	})
}
