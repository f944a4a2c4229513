package writer_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"
	"pgregory.net/rapid"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// An answer is a verdict on an indicator: about a name, by a job of then, and as malicious as that.
type answer struct {
	about     string
	job       time.Time
	malicious int
}

// says publishes an answer.
func (l *lab) says(id int64, a answer) {
	l.Helper()
	object := indicator.Object{Kind: indicator.Domain, Value: a.about}
	body, err := wire.EncodeVerdict(wire.Verdict{
		Indicator: indicator.Indicator{ID: id, Type: "FQDN", Value: a.about}, Object: object, Verdict: found(a.malicious), JobCreated: a.job,
	})
	if err != nil {
		l.Fatalf("encoding a verdict: %v", err)
	}
	l.publish(wire.VerdictAddress{Provider: provider.VirusTotal, Key: object.Key(), ID: id}.Subject(), body)
}

// take takes the next verdict as a writer does that is slow.
func (l *lab) take() jetstream.Msg {
	l.Helper()
	consumer, err := l.js.Consumer(l.Context(), stream.Verdicts, stream.Writer)
	if err != nil {
		l.Fatalf("opening the consumer: %v", err)
	}
	message, err := consumer.Next()
	if err != nil {
		l.Fatalf("taking a verdict: %v", err)
	}
	return message
}

// giveBack lets a verdict that was taken come again at once.
func (l *lab) giveBack(message jetstream.Msg) {
	l.Helper()
	if err := message.Nak(); err != nil {
		l.Fatalf("giving a verdict back: %v", err)
	}
}

// malicious checks what an indicator says about how many engines call it malicious.
func (l *lab) malicious(what string, id int64, want int) {
	l.Helper()
	if got := l.row(id, "VT Malicious Count").Value; got != strconv.Itoa(want) {
		l.Errorf("%s: the indicator says %s engines, want %d", what, got, want)
	}
}

// written is what the ledger tells of the newest verdict on an indicator.
func (l *lab) written(id int64) wire.WrittenVerdict {
	l.Helper()
	last, err := l.ledger().GetLastMsgForSubject(l.Context(), wire.WrittenSubject(id))
	if err != nil {
		l.Fatalf("reading an entry: %v", err)
	}
	head, err := wire.DecodeWrittenHead(last.Data)
	if err != nil {
		l.Fatalf("decoding an entry: %v", err)
	}
	return head.Verdicts[provider.VirusTotal]
}

// TestWhichOfTwoIsTheNewest, in whatever way they come: in one batch, one after the other, and the other way round.
func TestWhichOfTwoIsTheNewest(t *testing.T) {
	const first, second = 14, 9
	at := func(s int) time.Time { return time.Now().UTC().Add(-time.Hour + time.Duration(s)*time.Second) }
	cases := map[string]struct {
		answers func() [2]answer // Of which the second is the later in the stream.
		want    int
	}{
		"the job of a later value": {
			func() [2]answer { return [2]answer{{"new.com", at(1), first}, {"old.com", at(0), second}} }, first,
		},
		"the job of a later value, in order": {
			func() [2]answer { return [2]answer{{"old.com", at(0), first}, {"new.com", at(1), second}} }, second,
		},
		"jobs of the same time": {
			func() [2]answer { return [2]answer{{"new.com", at(1), first}, {"old.com", at(1), second}} }, second,
		},
		"a job of which nobody knows": {
			func() [2]answer { return [2]answer{{"new.com", at(1), first}, {"old.com", time.Time{}, second}} }, second,
		},
		"behind one of which nobody knows": {
			func() [2]answer { return [2]answer{{"new.com", time.Time{}, first}, {"old.com", at(1), second}} }, second,
		},
		"a job from a clock that is ahead": { // It counts as made when its verdict was stored.
			func() [2]answer {
				return [2]answer{{"old.com", at(0).Add(1000 * day), first}, {"new.com", time.Now().Add(time.Second), second}}
			}, second,
		},
	}
	ways := map[string]func(l *lab, id int64, answers [2]answer){
		"in one batch": func(l *lab, id int64, answers [2]answer) {
			l.says(id, answers[0])
			l.says(id, answers[1])
			l.drain()
		},
		"one after the other": func(l *lab, id int64, answers [2]answer) {
			for _, a := range answers {
				l.says(id, a)
				l.drain()
			}
		},
		"the other way round": func(l *lab, id int64, answers [2]answer) {
			l.says(id, answers[0])
			held := l.take()
			l.says(id, answers[1])
			r := l.start()
			l.sleep(10 * time.Second)
			l.malicious("before the other", id, second)
			l.giveBack(held)
			l.settled(time.Minute)
			r.stop()
		},
	}
	for name, c := range cases {
		for way, arrive := range ways {
			t.Run(name+"/"+way, func(t *testing.T) {
				inLab(t, func(l *lab) {
					id, answers := l.add(1)[0], c.answers()
					arrive(l, id, answers)
					l.malicious(way, id, c.want)
					l.nothingDied()
					l.replay()
					l.costs("a replay", 0, 0)
				})
			})
		}
	}
}

// TestTheOtherOfTwoIsDoneWith and counted, whichever comes first, and what was written keeps its own place in the stream.
func TestTheOtherOfTwoIsDoneWith(t *testing.T) {
	inLab(t, func(l *lab) {
		id, job := l.add(1)[0], time.Now().UTC().Add(-time.Hour)
		l.says(id, answer{"new.com", job.Add(time.Second), 14})
		l.drain()
		l.says(id, answer{"old.com", job, 9})
		r := l.start()
		l.settled(time.Minute)
		r.stop()
		if got := r.value("vtq_writer_ledger_total", "stale"); got != 1 || l.tq.Writes() != 1 {
			l.Errorf("%v verdicts are counted as stale, and %d were written, want 1 and 1", got, l.tq.Writes())
		}
		got := l.written(id)
		want := wire.Asking{Key: indicator.Object{Kind: indicator.Domain, Value: "new.com"}.Key(), Created: job.Add(time.Second)}
		if diff := cmp.Diff(want, got.Asking); diff != "" || got.Revision.Sequence != 1 {
			l.Errorf("the ledger tells of sequence %d, want 1 (-want +got):\n%s", got.Revision.Sequence, diff)
		}
	})
}

// TestARefusedVerdictKeepsAnOlderValueAway: it is done with, though nothing was written.
func TestARefusedVerdictKeepsAnOlderValueAway(t *testing.T) {
	inLab(t, func(l *lab) {
		id, job := l.add(1)[0], time.Now().UTC().Add(-time.Hour)
		l.fail(attributesOf(id, &simulator.Fault{Status: http.StatusUnprocessableEntity, Body: `{"errors":["The value is bad."]}`}))
		l.says(id, answer{"new.com", job.Add(time.Second), 14})
		l.drain()
		l.fail(nil)
		l.says(id, answer{"old.com", job, 9})
		writes := l.tq.Writes()
		l.drain()
		if got := l.tq.Writes() - writes; got != 0 || len(l.deadLetters()) != 1 {
			l.Errorf("the older one was written with %d requests, and there are %d dead letters, want 0 and 1", got, len(l.deadLetters()))
		}
	})
}

// TestAValueThatComesBack is answered last by the job that was made first. What it was in between does not come back with that.
func TestAValueThatComesBack(t *testing.T) {
	const long = 10 * time.Second // Longer than a batch waits for more.
	for name, waits := range map[string][]time.Duration{
		"in one batch": {0, 0, 0}, "one by one": {long, long, long}, "one and two": {long, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				id, job := l.add(1)[0], time.Now().UTC().Add(-time.Hour)
				r := l.start()
				l.sleep(time.Second)
				for i, a := range []answer{{"back.com", job.Add(2 * time.Second), 14}, {"between.com", job.Add(time.Second), 9}, {"back.com", job, 5}} {
					l.says(id, a)
					l.sleep(waits[i])
				}
				l.settled(time.Minute)
				r.stop()
				if got := r.value("vtq_batch_items"); got != 3 {
					l.Errorf("%v verdicts were taken, want 3", got)
				}
				l.malicious(name, id, 5)
				l.replay()
				l.costs("a replay", 0, 0)
				l.malicious("after a replay", id, 5)
			})
		})
	}
}

// A history is what happens to one indicator while verdicts come about two values of it, which it had in turn.
type history struct {
	*lab

	id       int64
	began    time.Time
	jobs     [2]int // Which job about each value was answered last.
	newest   int    // The newest of all; -1 for none.
	want     int    // What its verdict says.
	answered int
	held     []jetstream.Msg
}

// answer publishes the next verdict about one of the values. Those about the same come in the order of their jobs; a job that is answered
// once more is a replay of it.
func (h *history) answer(which, later int) {
	h.Helper()
	h.jobs[which] += later
	h.answered++
	job, malicious := 2*h.jobs[which]+which, h.answered+2
	h.says(h.id, answer{[]string{"even.com", "odd.com"}[which], h.began.Add(time.Duration(job) * time.Second), malicious})
	if job >= h.newest {
		h.newest, h.want = job, malicious
	}
}

// hold takes what comes next, if anything does, as a writer that is slow.
func (h *history) hold() {
	h.Helper()
	consumer, err := h.js.Consumer(h.Context(), stream.Verdicts, stream.Writer)
	if err != nil {
		h.Fatalf("opening the consumer: %v", err)
	}
	batch, err := consumer.FetchNoWait(1)
	if err != nil {
		h.Fatalf("taking a verdict: %v", err)
	}
	for message := range batch.Messages() {
		h.held = append(h.held, message)
	}
}

func (h *history) giveAllBack() {
	h.Helper()
	for _, message := range h.held {
		h.giveBack(message)
	}
	h.held = nil
}

// write lets two writers work, until done.
func (h *history) write(done func()) {
	h.Helper()
	first, second := h.start(), h.start()
	done()
	first.stop()
	second.stop()
}

// unhurried is a test whose deadline is not asked for, which is none of the bubble's time.
type unhurried struct{ *testing.T }

// TestTheNewestJobWins however its verdict comes: two writers take them, a third is slow, and some come again.
func TestTheNewestJobWins(t *testing.T) {
	inLab(t, func(l *lab) {
		rapid.Check(unhurried{l.T}, func(t *rapid.T) {
			h := &history{lab: l, id: l.add(1)[0], began: time.Now().UTC().Add(-time.Hour), newest: -1}
			for range rapid.IntRange(1, 12).Draw(t, "steps") {
				switch rapid.SampledFrom([]string{"answer", "hold", "give back", "replay", "write"}).Draw(t, "step") {
				case "answer":
					h.answer(rapid.IntRange(0, 1).Draw(t, "which"), rapid.IntRange(0, 3).Draw(t, "later"))
				case "hold":
					h.hold()
				case "give back":
					h.giveAllBack()
				case "replay":
					l.replay()
				case "write":
					h.write(func() { l.sleep(3 * time.Second) })
				}
			}
			h.giveAllBack()
			h.write(func() { l.settled(time.Hour) })
			if got := l.rows(h.id); h.newest >= 0 && !slices.Contains(got, fmt.Sprintf("VirusTotal:VT Malicious Count=%d", h.want)) {
				t.Fatalf("indicator %d bears %v, want %d engines", h.id, got, h.want)
			}
		})
		l.nothingDied()
	})
}
