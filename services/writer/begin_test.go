package writer_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

// proven is how many indicators a ledger that is the first looks at before it is believed.
const proven = 100

// TestANewIndicatorCostsOneRequest as soon as the ledger is believed, over restarts too.
func TestANewIndicatorCostsOneRequest(t *testing.T) {
	inLab(t, func(l *lab) {
		l.config.Concurrency = 1
		ids := l.add(proven)
		l.answerAll(ids)
		l.costs("what the ledger proves itself by", proven, proven)
		more := l.add(50)
		l.answerAll(more)
		l.costs("fifty more", 0, len(more))
		l.verdictsAre("Malicious", append(ids, more...)...)
	})
}

// TestALedgerThatIsNotTheFirst is not believed: what stands in ThreatQ was written by a pipeline whose NATS was lost.
func TestALedgerThatIsNotTheFirst(t *testing.T) {
	inLab(t, func(l *lab) {
		l.config.Concurrency = 1
		ids := l.add(proven + 20)
		for _, id := range ids {
			if id%10 == 0 { // Most is new.
				l.tq.AddAttribute(id, simulator.Attribute{Name: "VT Verdict", Value: "Harmless", Sources: []simulator.Source{{Name: "VirusTotal"}}})
			}
		}
		l.answerAll(ids)
		reads := l.reads()
		l.drain()
		if got := l.reads() - reads; got != len(ids) {
			l.Errorf("%d reads for %d indicators of which nobody can know, want one each", got, len(ids))
		}
		l.verdictsAre("Malicious", ids...)
	})
}

// TestALedgerThatBeginsLate, after verdicts were written without one, is not believed either.
func TestALedgerThatBeginsLate(t *testing.T) {
	inLab(t, func(l *lab) {
		l.config.Concurrency = 1
		id := l.add(1)[0]
		l.answer(id, found(14))
		l.wear(1, 1)
		more := l.add(proven + 20)
		l.answerAll(more)
		reads := l.reads()
		l.drain()
		if got := l.reads() - reads; got != proven+21 {
			l.Errorf("%d reads for %d indicators, want one each", got, proven+21)
		}
	})
}

// TestALedgerThatIsMadeAnew gets no certificate when the verdicts are replayed into it, which makes their consumer like a new one.
func TestALedgerThatIsMadeAnew(t *testing.T) {
	cases := map[string]struct {
		happens func(l *lab)
		want    bool
	}{
		"a replay":                       {func(l *lab) { l.replay() }, true}, // It has the one that it was given first.
		"it was made anew":               {func(l *lab) { l.anew() }, false},
		"it was made anew, and a replay": {func(l *lab) { l.anew(); l.replay() }, false},
		"all was forgotten, and a replay": {func(l *lab) {
			l.forget(jetstream.WithPurgeSubject(">"))
			l.replay()
		}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.standing(1)
				l.sleep(time.Second)
				c.happens(l)
				l.drain()
				_, err := l.ledger().GetLastMsgForSubject(l.Context(), wire.WrittenSubject(0))
				if got := err == nil; got != c.want {
					l.Errorf("there is a certificate: %t, %v; want %t", got, err, c.want)
				}
			})
		})
	}
}

// anew deletes the ledger and makes it again.
func (l *lab) anew() {
	l.Helper()
	config := l.ledger().CachedInfo().Config
	if err := l.js.DeleteStream(l.Context(), stream.Written); err != nil {
		l.Fatalf("deleting the ledger: %v", err)
	}
	if _, err := l.js.CreateStream(l.Context(), config); err != nil {
		l.Fatalf("creating the ledger: %v", err)
	}
}

// TestALedgerThatHasForgotten lost its oldest entries to its bound. What they told is read, and doubled nowhere.
func TestALedgerThatHasForgotten(t *testing.T) {
	inLab(t, func(l *lab) {
		l.config.Concurrency = 1
		ids := l.standing(proven + 10)
		written := l.ledger()
		if err := written.Purge(l.Context(), jetstream.WithPurgeKeep(20)); err != nil {
			l.Fatalf("forgetting: %v", err)
		}
		for _, id := range ids {
			l.answer(id, found(2, "dga"))
		}
		reads := l.reads()
		l.drain()
		if got := l.reads() - reads; got != len(ids) {
			l.Errorf("%d reads, want one for each of %d indicators, forgotten or about to be changed", got, len(ids))
		}
		l.bears(ids, two()...)
	})
}

// TestALedgerThatIsGone lets nothing be written, and nothing die, until it is back.
func TestALedgerThatIsGone(t *testing.T) {
	inLab(t, func(l *lab) {
		config := l.ledger().CachedInfo().Config
		r := l.start()
		l.sleep(time.Second)
		if err := l.js.DeleteStream(l.Context(), stream.Written); err != nil {
			l.Fatalf("deleting the ledger: %v", err)
		}
		ids := l.add(3)
		l.answerAll(ids)
		l.sleep(6 * time.Hour)
		if got := l.tq.Requests(); got != 0 {
			l.Errorf("ThreatQ was asked %d times without a ledger, want 0", got)
		}
		if _, err := l.js.CreateStream(l.Context(), config); err != nil {
			l.Fatalf("creating the ledger: %v", err)
		}
		l.settled(time.Hour)
		r.stop()
		l.verdictsAre("Malicious", ids...)
		l.nothingDied()
	})
}

// TestAnEntryOfALaterVersion waits for a later writer.
func TestAnEntryOfALaterVersion(t *testing.T) {
	inLab(t, func(l *lab) {
		id := l.add(1)[0]
		l.publish(wire.WrittenSubject(id), []byte(`{"schema":99}`))
		l.answer(id, found(14))
		r := l.start()
		l.sleep(6 * time.Hour)
		r.stop()
		l.nothingDied()
		if got := l.tq.Requests(); got != 0 || l.pending() != 1 {
			l.Errorf("ThreatQ was asked %d times, and %d verdicts wait, want 0 and 1", got, l.pending())
		}
	})
}

// TestAnotherPolicyIsWrittenByAReplay, with a look at the rows that it changes.
func TestAnotherPolicyIsWrittenByAReplay(t *testing.T) {
	inLab(t, func(l *lab) {
		ids := l.standing(3)
		l.replay()
		o := l.options()
		o.Policy = verdict.DefaultPolicy()
		o.Policy.Thresholds.Malicious = 20
		reads, writes := l.reads(), l.tq.Writes()
		r := l.startWith(o)
		l.settled(time.Hour)
		r.stop()
		l.verdictsAre("Suspicious", ids...)
		if got, wrote := l.reads()-reads, l.tq.Writes()-writes; got != len(ids) || wrote != len(ids) {
			l.Errorf("the replay cost %d reads and %d writes, want %d and %d", got, wrote, len(ids), len(ids))
		}
	})
}

// TestAThreatQThatTakesRowsOneByOne is asked for several once, and remembered.
func TestAThreatQThatTakesRowsOneByOne(t *testing.T) {
	inLab(t, func(l *lab) {
		l.config.Concurrency = 1
		l.tq.SingleRowPosts = true
		ids := l.add(5)
		for _, id := range ids {
			l.answer(id, found(14, "dga"))
		}
		l.drain()
		l.bears(ids, fourteen()...)
		if got, want := l.tq.Writes(), 1+4*len(ids); got != want {
			l.Errorf("%d write requests for four rows on each of %d indicators, want %d", got, len(ids), want)
		}
	})
}
