package writer_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/indicator"
	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// reads counts how often the rows of an indicator were read.
func (l *lab) reads() int { return l.tq.Counts()[simulator.EndpointAttributes] }

// asked counts all requests but logins.
func (l *lab) asked() int { return l.tq.Requests() - l.tq.Counts()[simulator.EndpointToken] }

// replay lets every verdict come again.
func (l *lab) replay() {
	l.Helper()
	verdicts, err := l.js.Stream(l.Context(), stream.Verdicts)
	if err != nil {
		l.Fatalf("opening the verdicts: %v", err)
	}
	if _, err := verdicts.ResetConsumerToSequence(l.Context(), stream.Writer, 1); err != nil {
		l.Fatalf("resetting the consumer: %v", err)
	}
}

// raise begins another epoch of the ledger.
func (l *lab) raise(epoch uint64) {
	l.Helper()
	state, err := l.js.KeyValue(l.Context(), stream.State)
	if err != nil {
		l.Fatalf("opening the state: %v", err)
	}
	body, err := wire.EncodeEpoch(epoch)
	if err != nil {
		l.Fatalf("encoding an epoch: %v", err)
	}
	if _, err := state.Put(l.Context(), wire.EpochKey, body); err != nil {
		l.Fatalf("raising the epoch: %v", err)
	}
}

// ledger is the ledger's stream.
func (l *lab) ledger() jetstream.Stream {
	l.Helper()
	written, err := l.js.Stream(l.Context(), stream.Written)
	if err != nil {
		l.Fatalf("opening the ledger: %v", err)
	}
	return written
}

// forget takes away what matches.
func (l *lab) forget(matching jetstream.StreamPurgeOpt) {
	l.Helper()
	if err := l.ledger().Purge(l.Context(), matching); err != nil {
		l.Fatalf("forgetting: %v", err)
	}
}

// costs checks what a writer asks of ThreatQ for all that waits.
func (l *lab) costs(what string, reads, writes int) {
	l.Helper()
	all, read, wrote := l.asked(), l.reads(), l.tq.Writes()
	l.drain()
	all, read, wrote = l.asked()-all, l.reads()-read, l.tq.Writes()-wrote
	if read != reads || wrote != writes || all != reads+writes {
		l.Errorf("%s cost %d requests, %d of them reads and %d writes, want %d and %d alone", what, all, read, wrote, reads, writes)
	}
}

// bears checks all that stands on indicators, in whatever order.
func (l *lab) bears(ids []int64, want ...string) {
	l.Helper()
	slices.Sort(want)
	for _, id := range ids {
		if diff := cmp.Diff(want, slices.Sorted(slices.Values(l.rows(id)))); diff != "" {
			l.Errorf("rows of indicator %d (-want +got):\n%s", id, diff)
		}
	}
}

// What a verdict of 14 engines, and one of 2, comes to.
func fourteen() []string {
	return []string{"VirusTotal:VT Verdict=Malicious", "VirusTotal:VT Detections=14/70", "VirusTotal:VT Malicious Count=14", "VirusTotal:VT Tags=dga"}
}

func two() []string {
	return []string{"VirusTotal:VT Verdict=Suspicious", "VirusTotal:VT Detections=2/70", "VirusTotal:VT Malicious Count=2", "VirusTotal:VT Tags=dga"}
}

// standing puts n indicators into ThreatQ and writes a verdict of 14 engines onto each.
func (l *lab) standing(n int) []int64 {
	l.Helper()
	ids := l.add(n)
	for _, id := range ids {
		l.answer(id, found(14, "dga"))
	}
	l.drain()
	return ids
}

// TestWhatIsWrittenCostsNothing, neither in ThreatQ nor, when the very same message comes again, in the ledger.
func TestWhatIsWrittenCostsNothing(t *testing.T) {
	for _, score := range []string{"off", "raise-only", "replace"} {
		t.Run("score "+score, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.config.Score = score
				ids := l.standing(20)
				for _, id := range ids {
					l.answer(id, found(14, "dga"))
				}
				l.costs("a new verdict that says the same", 0, 0)
				before := l.ledger().CachedInfo().State.LastSeq
				l.replay()
				l.costs("a replay", 0, 0)
				if after := l.ledger().CachedInfo().State.LastSeq; after != before {
					l.Errorf("a replay wrote %d entries of the ledger, want none", after-before)
				}
				l.bears(ids, fourteen()...)
			})
		})
	}
}

// TestWhatChangesCostsARequest for each row, and a look at the indicator before.
func TestWhatChangesCostsARequest(t *testing.T) {
	inLab(t, func(l *lab) {
		ids := l.standing(3)
		l.answer(ids[0], found(2, "dga"))
		l.costs("a verdict with three other values", 1, 3)
		l.bears(ids[:1], two()...)
		l.answer(ids[1], found(14))
		l.costs("a verdict with one value less", 1, 1)
		l.answer(ids[1], found(14, "dga"))
		l.costs("a verdict with one value more", 0, 1)
		l.bears(ids[1:], fourteen()...)
	})
}

// TestAnOlderVerdictIsNotWritten has one that was taken before a newer one came, and comes again after that was written.
func TestAnOlderVerdictIsNotWritten(t *testing.T) {
	inLab(t, func(l *lab) {
		id := l.add(1)[0]
		l.answerAbout(id, "old.com", found(14, "dga"))
		consumer, err := l.js.Consumer(l.Context(), stream.Verdicts, stream.Writer)
		if err != nil {
			l.Fatalf("opening the consumer: %v", err)
		}
		older, err := consumer.Next()
		if err != nil {
			l.Fatalf("taking the older verdict: %v", err)
		}
		l.answerAbout(id, "new.com", found(2, "dga"))
		r := l.start()
		l.sleep(10 * time.Second)
		l.bears([]int64{id}, two()...)
		wrote := l.tq.Requests()
		if err := older.Nak(); err != nil {
			l.Fatalf("giving it back: %v", err)
		}
		l.settled(time.Minute)
		r.stop()
		l.bears([]int64{id}, two()...)
		if got := l.tq.Requests() - wrote; got != 0 || r.value("vtq_writer_ledger_total", "stale") != 1 {
			l.Errorf("the older verdict cost %d requests and %v are counted as stale, want 0 and 1", got, r.value("vtq_writer_ledger_total", "stale"))
		}
		l.replay()
		l.costs("a replay of both", 0, 0)
		l.bears([]int64{id}, two()...)
	})
}

// TestAVerdictUnderAnotherAddress is written onto the indicator that it is about.
func TestAVerdictUnderAnotherAddress(t *testing.T) {
	cases := map[string]string{
		"of another indicator": "vtq.verdict.virustotal.0123456789abcdef0123456789abcdef.999", "of nobody": "vtq.verdict.virustotal.odd",
	}
	for name, subject := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				ids := l.standing(1)
				body, err := wire.EncodeVerdict(wire.Verdict{
					Indicator: indicator.Indicator{ID: ids[0], Type: "FQDN", Value: "a.com"},
					Object:    indicator.Object{Kind: indicator.Domain, Value: "a.com"}, Verdict: found(2, "dga"),
				})
				if err != nil {
					l.Fatalf("encoding a verdict: %v", err)
				}
				l.publish(subject, body)
				l.costs("three other values", 1, 3)
				l.bears(ids, two()...)
				l.nothingDied()
			})
		})
	}
}

// TestALostEntryCostsOneRead, and no row, whatever the verdict says now.
func TestALostEntryCostsOneRead(t *testing.T) {
	entry := func(id int64) jetstream.StreamPurgeOpt { return jetstream.WithPurgeSubject(wire.WrittenSubject(id)) }
	cases := map[string]struct {
		lose   func(l *lab, id int64)
		says   int
		writes int
		want   []string
	}{
		"lost, and the same is said":   {func(l *lab, id int64) { l.forget(entry(id)) }, 14, 0, fourteen()},
		"lost, and another is said":    {func(l *lab, id int64) { l.forget(entry(id)) }, 2, 3, two()},
		"all lost":                     {func(l *lab, _ int64) { l.forget(jetstream.WithPurgeSubject(">")) }, 2, 3, two()},
		"cannot be read":               {func(l *lab, id int64) { l.publish(wire.WrittenSubject(id), []byte("x")) }, 2, 3, two()},
		"another epoch, the same said": {func(l *lab, _ int64) { l.raise(2) }, 14, 0, fourteen()},
		"other attributes are chosen":  {func(l *lab, _ int64) { l.config.Fields = append(l.config.Fields, "country") }, 14, 0, fourteen()},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				id := l.standing(1)[0]
				c.lose(l, id)
				l.answer(id, found(c.says, "dga"))
				l.costs("the verdict", 1, c.writes)
				l.bears([]int64{id}, c.want...)
				l.answer(id, found(c.says, "dga"))
				l.costs("the next one", 0, 0)
			})
		})
	}
}

// TestARestoredThreatQ was put back to what it was before most was written, and some of it was written otherwise. A plain replay trusts
// the ledger; one in a new epoch looks at each indicator once.
func TestARestoredThreatQ(t *testing.T) {
	inLab(t, func(l *lab) {
		ids := l.standing(5)
		for _, id := range ids {
			for i, row := range l.tq.Attributes(id) {
				if int64(i) != id%4 { // Another one stays on each.
					l.tq.DeleteAttribute(id, row.ID)
				}
			}
			l.tq.AddAttribute(id, simulator.Attribute{Name: "VT Detections", Value: "1/2", Sources: []simulator.Source{{Name: "VirusTotal"}}})
		}
		l.replay()
		l.costs("a replay that trusts the ledger", 0, 0)
		l.raise(2)
		l.replay()
		reads := l.reads()
		l.drain()
		if got := l.reads() - reads; got != len(ids) {
			l.Errorf("a replay in a new epoch read %d times, want each of %d indicators once", got, len(ids))
		}
		l.bears(ids, fourteen()...)
		l.replay()
		l.costs("the next replay", 0, 0)
	})
}

// TestThreatQContradictsTheLedger has somebody else at work on our rows between two verdicts.
func TestThreatQContradictsTheLedger(t *testing.T) {
	analyst := func(name, value string) simulator.Attribute {
		return simulator.Attribute{Name: name, Value: value, Sources: []simulator.Source{{Name: "Analyst"}}}
	}
	cases := map[string]struct {
		conflict simulator.PutConflict
		meddle   func(l *lab, id int64)
		want     []string
	}{
		"a row was deleted": {simulator.ConflictRefuse, func(l *lab, id int64) { l.tq.DeleteAttribute(id, l.row(id, "VT Verdict").ID) }, two()},
		"somebody else says the same, and a change is refused": {
			simulator.ConflictRefuse,
			func(l *lab, id int64) { l.tq.AddAttribute(id, analyst("VT Verdict", "Suspicious")) },
			append([]string{"Analyst,VirusTotal:VT Verdict=Suspicious"}, two()[1:]...),
		},
		"somebody else says the same, and the rows are merged": {
			simulator.ConflictMerge,
			func(l *lab, id int64) { l.tq.AddAttribute(id, analyst("VT Verdict", "Suspicious")) },
			append([]string{"Analyst,VirusTotal:VT Verdict=Suspicious"}, two()[1:]...),
		},
		"somebody else puts their source to our row": {
			simulator.ConflictRefuse,
			func(l *lab, id int64) { l.tq.AddAttribute(id, analyst("VT Verdict", "Malicious")) },
			append([]string{"VirusTotal,Analyst:VT Verdict=Malicious"}, two()...),
		},
		"somebody else says something else": {
			simulator.ConflictRefuse,
			func(l *lab, id int64) { l.tq.AddAttribute(id, analyst("VT Verdict", "Harmless")) },
			append([]string{"Analyst:VT Verdict=Harmless"}, two()...),
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.tq.PutConflict = c.conflict
				id := l.standing(1)[0]
				c.meddle(l, id)
				l.answer(id, found(2, "dga"))
				reads := l.reads()
				r := l.start()
				l.settled(time.Minute)
				r.stop()
				l.bears([]int64{id}, c.want...)
				l.nothingDied()
				if got := l.reads() - reads; got != 1 || r.value("vtq_writer_ledger_total", "read") != 1 {
					l.Errorf("the rows were read %d times and %v are counted, want once", got, r.value("vtq_writer_ledger_total", "read"))
				}
				l.answer(id, found(14, "dga"))
				l.answer(id, found(2, "dga"))
				l.drain()
				l.bears([]int64{id}, c.want...)
			})
		})
	}
}

// TestAPersonsScoreOutlivesAFault that makes the rows of its indicator unknown: it was seen to, and that is not forgotten.
func TestAPersonsScoreOutlivesAFault(t *testing.T) {
	inLab(t, func(l *lab) {
		l.config.Score = "replace"
		id := l.standing(1)[0]
		const person = 3
		if err := l.library.SetScore(l.Context(), id, person); err != nil {
			l.Fatalf("scoring by hand: %v", err)
		}
		l.fail(times(1, simulator.EndpointUpdateAttribute, simulator.InternalError()))
		v := found(15, "dga") // Another number of engines, and the same class.
		l.answer(id, v)
		l.drain()
		l.fail(nil)
		if in, _ := l.tq.Indicator(id); in.ManualScore == nil || *in.ManualScore != person {
			l.Errorf("the score is %v after a fault, want the person's %d", in.ManualScore, person)
		}
		l.verdictsAre("Malicious", id)
	})
}
