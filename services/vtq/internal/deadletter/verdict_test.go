package deadletter_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/services/vtq/internal/deadletter"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
	known "vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

// asked is a verdict on indicator 1 whose job was made at a time.
func asked(created time.Time) wire.Verdict {
	return wire.Verdict{
		Indicator:  indicator.Indicator{ID: 1, Type: indicator.TypeFQDN, Value: "a.com"},
		Object:     indicator.Object{Kind: indicator.Domain, Value: "a.com"},
		Verdict:    known.Verdict{Provider: route, Asked: testkit.Epoch()},
		JobCreated: created,
	}
}

// TestWhatWasWrittenCounts has a letter about verdict 1, and what the ledger knows of the same indicator: that verdict or another, about
// what the indicator has become since.
func TestWhatWasWrittenCounts(t *testing.T) {
	early, late := testkit.Epoch().Add(-2*time.Hour), testkit.Epoch().Add(-time.Hour)
	revision := func(l *lab, sequence uint64) wire.Revision {
		return wire.RevisionOf(l.stream(stream.Verdicts).CachedInfo().Created, sequence)
	}
	cases := map[string]struct {
		written func(l *lab) map[string]wire.WrittenVerdict
		want    deadletter.Fate
	}{
		"nothing": {func(*lab) map[string]wire.WrittenVerdict { return nil }, deadletter.Redriven},
		"a newer one": {func(l *lab) map[string]wire.WrittenVerdict {
			return map[string]wire.WrittenVerdict{route: {Revision: revision(l, 2)}}
		}, deadletter.Superseded},
		"the one that died": {func(l *lab) map[string]wire.WrittenVerdict {
			return map[string]wire.WrittenVerdict{route: {Revision: revision(l, 1)}}
		}, deadletter.Redriven},
		"a newer one of another provider": {func(l *lab) map[string]wire.WrittenVerdict {
			return map[string]wire.WrittenVerdict{"another": {Revision: revision(l, 2)}}
		}, deadletter.Redriven},
		"one of an earlier life of the stream": {func(*lab) map[string]wire.WrittenVerdict {
			return map[string]wire.WrittenVerdict{route: {Revision: wire.Revision{Created: 1, Sequence: 99}}}
		}, deadletter.Redriven},
		"an earlier one about a later value": {func(*lab) map[string]wire.WrittenVerdict {
			return map[string]wire.WrittenVerdict{route: {Asking: wire.Asking{Key: key(2), Created: late}}}
		}, deadletter.Superseded},
		"an earlier one about an earlier value": {func(*lab) map[string]wire.WrittenVerdict {
			return map[string]wire.WrittenVerdict{route: {Asking: wire.Asking{Key: key(2), Created: early.Add(-time.Hour)}}}
		}, deadletter.Redriven},
		"an earlier one about the same value": {func(*lab) map[string]wire.WrittenVerdict {
			return map[string]wire.WrittenVerdict{route: {Asking: wire.Asking{Key: key(1), Created: late}}}
		}, deadletter.Redriven},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.publish(verdict(1), string(must(wire.EncodeVerdict(asked(early)))(l.T)))
				l.bury("writer", l.takeVerdict(), "bad")
				entry := wire.Written{WrittenHead: wire.WrittenHead{Epoch: 1, Verdicts: c.written(l)}}
				l.publish(wire.WrittenSubject(1), string(must(wire.EncodeWritten(entry))(l.T)))
				if diff := cmp.Diff(fates{1: c.want}, l.redrive()); diff != "" || l.stored(stream.DeadLetters) != 0 {
					l.Errorf("%d letters are left, want none; fates (-want +got):\n%s", l.stored(stream.DeadLetters), diff)
				}
				if again := l.at(stream.Verdicts, verdict(1)).Sequence == 2; again != (c.want == deadletter.Redriven) {
					l.Errorf("the verdict stands there again: %t", again)
				}
			})
		})
	}
}

// TestALetterOfAClockThatIsAhead tells of a job that was made after its verdict was stored.
func TestALetterOfAClockThatIsAhead(t *testing.T) {
	inLab(t, func(l *lab) {
		l.publish(verdict(1), string(must(wire.EncodeVerdict(asked(time.Now().Add(10*time.Hour))))(l.T)))
		l.bury("writer", l.takeVerdict(), "bad")
		later := wire.WrittenVerdict{Asking: wire.Asking{Key: key(2), Created: time.Now().Add(5 * time.Hour)}}
		entry := wire.Written{WrittenHead: wire.WrittenHead{Epoch: 1, Verdicts: map[string]wire.WrittenVerdict{route: later}}}
		l.publish(wire.WrittenSubject(1), string(must(wire.EncodeWritten(entry))(l.T)))
		if diff := cmp.Diff(fates{1: deadletter.Superseded}, l.redrive()); diff != "" {
			l.Errorf("fates (-want +got):\n%s", diff)
		}
	})
}

func TestAnEntryThatNobodyCanReadSaysNothing(t *testing.T) {
	inLab(t, func(l *lab) {
		l.dieVerdict(1, "bad")
		l.publish(wire.WrittenSubject(1), "no JSON")
		if diff := cmp.Diff(fates{1: deadletter.Redriven}, l.redrive()); diff != "" {
			l.Errorf("fates (-want +got):\n%s", diff)
		}
	})
}

// TestAReplayedVerdictDiesAgain within the time for which message ids are remembered, after its letter was dropped: it is not lost.
func TestAReplayedVerdictDiesAgain(t *testing.T) {
	inLab(t, func(l *lab) {
		l.dieVerdict(1, "bad")
		for range 2 {
			if err := l.box.Drop(l.Context(), deadletter.Filter{}, fates{}.tell); err != nil {
				l.Fatal(err)
			}
			must(l.js.ResetConsumerToSequence(l.Context(), stream.Verdicts, stream.Writer, 1))(l.T)
			l.bury("writer", l.takeVerdict(), "bad")
			if letters := l.list(deadletter.Filter{}); len(letters) != 1 || letters[0].Origin.Sequence != 1 || letters[0].Origin.Stream != stream.Verdicts {
				l.Fatalf("letters %+v, want one about the verdict", letters)
			}
		}
		if diff := cmp.Diff(fates{3: deadletter.Redriven}, l.redrive()); diff != "" {
			l.Errorf("fates (-want +got):\n%s", diff)
		}
	})
}

// TestWhereAJobCameFromGoesAlong from a letter to the message that is sent again, to two of them: the name of its replay, and in which span
// it was published first.
func TestWhereAJobCameFromGoesAlong(t *testing.T) {
	inLab(t, func(l *lab) {
		at := must(wire.ParseJobSubject(job(1)))(l.T)
		const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
		from := header(wire.HeaderReplay, "a replay", wire.HeaderTraceParent, parent)
		must(stream.Resubmit(l.Context(), l.js, at, from, []byte(body(1))))(l.T)
		for range 2 {
			l.bury("lookup", l.takeJob(), "bad")
			l.redrive()
		}
		again := l.takeJob().Headers()
		if got := wire.ReplayOf(again); got != "a replay" {
			l.Errorf("the job that was redriven tells of replay %q, want the one that it came by", got)
		}
		if got := wire.TraceOf(again).Parent; got != parent {
			l.Errorf("the job that was redriven bears the context %q, want %q", got, parent)
		}
	})
}
