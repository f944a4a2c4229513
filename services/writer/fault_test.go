package writer_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// A hook is what a ThreatQ that fails does.
type hook = func(*http.Request) *simulator.Fault

// attributesOf fails every request about one indicator.
func attributesOf(id int64, fault *simulator.Fault) hook {
	return func(r *http.Request) *simulator.Fault {
		if r.PathValue("id") != strconv.FormatInt(id, 10) {
			return nil
		}
		return fault
	}
}

// writes fails every request that would change an attribute.
func writes(fault *simulator.Fault) hook {
	return func(r *http.Request) *simulator.Fault {
		if r.PathValue("id") == "" || r.Method == http.MethodGet {
			return nil
		}
		return fault
	}
}

// anyWrite is writes for those in bulk as well.
func anyWrite(fault *simulator.Fault) hook {
	return func(r *http.Request) *simulator.Fault {
		if r.Pattern == simulator.EndpointConsume {
			return fault
		}
		return writes(fault)(r)
	}
}

// counting counts the requests that a hook fails.
func counting(fail hook) (hook, *atomic.Int64) {
	var n atomic.Int64
	return func(r *http.Request) *simulator.Fault {
		fault := fail(r)
		if fault != nil {
			n.Add(1)
		}
		return fault
	}, &n
}

// TestOneBadIndicatorDiesAlone has an indicator that ThreatQ always fails on, while others go on.
func TestOneBadIndicatorDiesAlone(t *testing.T) {
	inLab(t, func(l *lab) {
		bad := l.add(1)[0]
		hook, failed := counting(attributesOf(bad, simulator.InternalError()))
		l.fail(hook)
		neighbours := l.add(5)
		for _, id := range append([]int64{bad}, neighbours...) {
			l.answer(id, found(14))
		}
		r := l.start()
		for range 30 { // Three hours, in which something is written now and then.
			l.sleep(6 * time.Minute)
			id := l.add(1)[0]
			neighbours = append(neighbours, id)
			l.answer(id, found(14))
		}
		l.settled(time.Minute)
		r.stop()
		l.verdictsAre("Malicious", neighbours...)
		if got := l.tq.Writes(); got != len(neighbours) {
			l.Errorf("%d write requests for %d neighbours, want one each", got, len(neighbours))
		}
		if tries := failed.Load() / 2; tries != stream.MaxAttempts { // Each asks again without relations, as of an older version.
			l.Errorf("the bad indicator was tried %d times, want %d", tries, stream.MaxAttempts)
		}
		letters := l.deadLetters()
		if len(letters) != 1 {
			l.Fatalf("there are %d dead letters, want 1", len(letters))
		}
		letter := letters[0]
		v, err := wire.DecodeVerdict(letter.Data)
		if err != nil || v.Indicator.ID != bad {
			l.Errorf("the dead letter is about indicator %d, %v, want %d, whole", v.Indicator.ID, err, bad)
		}
		if got := letter.Header.Get(wire.HeaderReason); !strings.HasPrefix(got, "tried 20 times, at last: reading the attributes") {
			l.Errorf("the dead letter's reason is %q, want what failed", got)
		}
	})
}

// wear takes what waits and gives it back at once, so many times, as writers do that are stopped.
func (l *lab) wear(messages, times int) {
	l.Helper()
	consumer, err := l.js.Consumer(l.Context(), stream.Verdicts, stream.Writer)
	if err != nil {
		l.Fatalf("opening the consumer: %v", err)
	}
	for range times {
		batch := make([]jetstream.Msg, messages) // All of them before the first is given back, so that each comes once.
		for i := range batch {
			if batch[i], err = consumer.Next(); err != nil {
				l.Fatalf("taking a message: %v", err)
			}
		}
		for _, message := range batch {
			if err := message.Nak(); err != nil {
				l.Fatalf("giving it back: %v", err)
			}
		}
	}
}

// Of its tries a message in these tests has had some, so that the others take less than tooLong: about ten minutes each.
const (
	tried   = stream.MaxAttempts - 3
	tooLong = time.Hour
)

// TestNothingDiesWhileThreatQTakesNothing has a ThreatQ that answers and takes no write. Whatever was tried too often in that time
// gets its fair try afterwards.
func TestNothingDiesWhileThreatQTakesNothing(t *testing.T) {
	cases := map[string]struct {
		fault *simulator.Fault
		loud  bool
	}{
		"writing is refused": {simulator.Forbidden(), true},
		"writing fails":      {simulator.InternalError(), false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				ids := l.add(3)
				l.answerAll(ids[:2])
				l.wear(2, tried)
				l.fail(attributesOf(ids[0], simulator.InternalError()))
				r := l.start()
				l.sleep(time.Second) // The second is written, so that ThreatQ takes something before it takes nothing.
				hook, failed := counting(writes(c.fault))
				l.fail(hook)
				l.answer(ids[2], found(14))
				l.sleep(tooLong)
				if got := int(failed.Load()); got <= 2*(stream.MaxAttempts-tried) {
					l.Errorf("%d writes failed in %v, want more tries than a message has", got, tooLong)
				}
				if loud := l.logs.loud("ThreatQ refuses to be written") > 0; loud != c.loud {
					l.Errorf("told loudly: %t, want %t", loud, c.loud)
				}
				l.fail(nil)
				l.settled(20 * time.Minute)
				r.stop()
				l.verdictsAre("Malicious", ids...)
				l.nothingDied()
			})
		})
	}
}

// TestABadIndicatorDiesAfterARefusal has one that fails on, after ThreatQ takes the others again.
func TestABadIndicatorDiesAfterARefusal(t *testing.T) {
	inLab(t, func(l *lab) {
		ids := l.add(2)
		l.fail(writes(simulator.Forbidden()))
		l.answerAll(ids)
		l.wear(len(ids), tried)
		r := l.start()
		l.sleep(tooLong)
		l.fail(attributesOf(ids[0], simulator.Forbidden()))
		l.settled(time.Hour)
		r.stop()
		l.verdictsAre("Malicious", ids[1])
		if got := len(l.deadLetters()); got != 1 {
			l.Errorf("there are %d dead letters, want that of the bad one", got)
		}
	})
}

// TestARefusedAttributeDoesNotHoldUpTheOthers has a ThreatQ that does not like one of the attributes.
func TestARefusedAttributeDoesNotHoldUpTheOthers(t *testing.T) {
	inLab(t, func(l *lab) {
		id := l.add(1)[0]
		l.fail(func(r *http.Request) *simulator.Fault {
			body, _ := io.ReadAll(r.Body)
			if r.PathValue("id") == "" || !bytes.Contains(body, []byte("VT Tags")) {
				return nil
			}
			return &simulator.Fault{Status: http.StatusUnprocessableEntity, Body: `{"data":{"errors":{"value":["The value is bad."]}}}`}
		})
		l.answer(id, found(14, "dga"))
		l.drain()
		want := []string{"VirusTotal:VT Verdict=Malicious", "VirusTotal:VT Detections=14/70", "VirusTotal:VT Malicious Count=14"}
		if got := l.rows(id); !slices.Equal(got, want) {
			l.Errorf("attributes are %v, want %v", got, want)
		}
		letters := l.deadLetters()
		if len(letters) != 1 || !strings.Contains(letters[0].Header.Get(wire.HeaderReason), "The value is bad.") {
			l.Errorf("dead letters are %v, want one with ThreatQ's reason", letters)
		}
	})
}

// TestAnAnswerThatIsLostIsNoSecondRow has requests that take effect and are not answered.
func TestAnAnswerThatIsLostIsNoSecondRow(t *testing.T) {
	inLab(t, func(l *lab) {
		ids, lost := l.add(3), map[string]bool{}
		l.fail(func(r *http.Request) *simulator.Fault {
			key := fmt.Sprint(r.Method, r.URL.Path)
			if r.PathValue("id") == "" || r.Method == http.MethodGet || lost[key] {
				return nil
			}
			lost[key] = true
			return simulator.LostAnswer()
		})
		for _, malicious := range []int{14, 2} {
			for _, id := range ids {
				l.answer(id, found(malicious))
			}
			l.drain()
		}
		l.verdictsAre("Suspicious", ids...)
		for _, id := range ids {
			if got := len(l.tq.Attributes(id)); got != 3 {
				l.Errorf("indicator %d has %d rows, want 3: %v", id, got, l.rows(id))
			}
		}
		l.nothingDied()
	})
}
