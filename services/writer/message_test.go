package writer_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// most is how often a message is delivered before a writer that knows nothing of it refuses to try it.
const most = 5 * stream.MaxAttempts

// TestAMessageThatKillsItsWriterDies has one that was delivered too often before this writer began: it is not even tried.
func TestAMessageThatKillsItsWriterDies(t *testing.T) {
	cases := map[string]struct{ before, letters int }{
		"as often as one may": {most - 1, 0},
		"once more":           {most, 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				id := l.add(1)[0]
				l.answer(id, found(14))
				l.wear(1, c.before)
				l.drain()
				if got, tried := len(l.deadLetters()), l.tq.Requests() > 0; got != c.letters || tried != (c.letters == 0) {
					l.Errorf("%d dead letters, and it was tried: %t; want %d, and %t", got, tried, c.letters, c.letters == 0)
				}
			})
		})
	}
}

// TestTheNextWriterTriesWhatOutlivedItsTries has a ThreatQ that takes no writes for hours, and is mended while the writer is
// restarted: the next one does not know why its messages were delivered so often.
func TestTheNextWriterTriesWhatOutlivedItsTries(t *testing.T) {
	inLab(t, func(l *lab) {
		ids := l.add(3)
		l.answerAll(ids)
		l.wear(len(ids), tried)
		l.fail(writes(simulator.InternalError()))
		r := l.start()
		l.sleep(2 * time.Hour)
		r.stop()
		l.fail(nil)
		l.drain()
		l.verdictsAre("Malicious", ids...)
		l.nothingDied()
		worn := func(one line) bool { return one.Settle == "ack" && one.Delivery > stream.MaxAttempts }
		if got := len(l.logs.with(worn)); got != len(ids) {
			l.Errorf("%d verdicts were written above their tries, want %d", got, len(ids))
		}
	})
}

func TestWhatCannotBeReadDiesWhole(t *testing.T) {
	cases := map[string]string{
		"nothing":     "",
		"no JSON":     "<html>",
		"no version":  `{"indicator":{"id":5}}`,
		"no provider": `{"schema":1,"indicator":{"id":5},"object":{"kind":"domain","value":"a.com"}}`,
		"too long":    `{"schema":1,"x":"` + strings.Repeat("x", wire.MaxVerdict) + `"}`,
	}
	for name, body := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				id := l.add(1)[0]
				l.publish("vtq.verdict.virustotal.odd", []byte(body))
				l.answer(id, found(14))
				l.drain()
				l.verdictsAre("Malicious", id)
				letters := l.deadLetters()
				if len(letters) != 1 || !bytes.Equal(letters[0].Data, []byte(body)) {
					l.Fatalf("%d dead letters, want the message, whole", len(letters))
				}
				if got := letters[0].Header.Get(wire.HeaderReason); !strings.HasPrefix(got, "decoding a verdict: ") {
					l.Errorf("the reason is %q, want that it could not be decoded", got)
				}
			})
		})
	}
}

// TestANewerMessageWaits has one that only a later version can read, as while an upgrade is rolled back. That others are written
// meanwhile does not make it its own fault.
func TestANewerMessageWaits(t *testing.T) {
	inLab(t, func(l *lab) {
		ids := l.add(1)
		l.publish("vtq.verdict.virustotal.odd", []byte(`{"schema":99}`))
		r := l.start()
		for n := range 8 * 60 / 5 {
			l.answer(ids[0], found(n+5))
			l.sleep(5 * time.Minute)
		}
		r.stop()
		l.nothingDied()
		if got := l.pending(); got != 1 {
			l.Errorf("%d messages wait, want 1", got)
		}
	})
}
