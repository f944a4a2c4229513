package writer_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// A trap panics over the requests about one indicator, until it is sprung often enough.
type trap struct {
	http.RoundTripper
	id     int64
	throw  func()
	sprung *int // Belongs to the writer until it has ended.
	most   int
}

// RoundTrip implements http.RoundTripper.
func (t trap) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.Contains(r.URL.Path, fmt.Sprintf("/%d/", t.id)) && *t.sprung < t.most {
		*t.sprung++
		t.throw()
	}
	return t.RoundTripper.RoundTrip(r)
}

// outOfRange makes the runtime throw.
func outOfRange() { _ = []int{}[len(settings().Names)] }

// secret throws what must not be seen.
func secret() { panic("secret.com") }

// TestAPanicIsHeldAgainstItsVerdictAlone has code that panics over one indicator, once.
func TestAPanicIsHeldAgainstItsVerdictAlone(t *testing.T) {
	cases := map[string]struct {
		throw func()
		says  string
	}{
		"thrown by the runtime": {outOfRange, "writing a verdict: panic: runtime error: index out of range [0] with length 0"},
		"thrown with a value":   {secret, "writing a verdict: panic of type string"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				ids := l.add(10)
				l.library = client(l.T, trap{l.pipe, ids[3], c.throw, new(int), 1})
				l.answerAll(ids)
				r := l.start()
				l.settled(time.Minute)
				r.stop()
				l.verdictsAre("Malicious", ids...)
				l.nothingDied()
				failed := l.logs.with(func(one line) bool { return one.Outcome == "unknown" })
				if len(failed) != 1 || failed[0].Indicator != ids[3] || failed[0].Settle != "nak" || failed[0].Error != c.says {
					l.Errorf("canonical lines of what failed are %+v, want one of indicator %d: %s", failed, ids[3], c.says)
				}
				stacks := l.logs.with(func(one line) bool { return strings.Contains(one.Stack, "RoundTrip") })
				if len(stacks) != 1 || stacks[0].Seq != failed[0].Seq || strings.Contains(stacks[0].Stack, "secret.com") {
					l.Errorf("stacks in the log: %+v, want one, of message %d, without what was thrown", stacks, failed[0].Seq)
				}
				if got := r.value("vtq_writer_settled_total unknown nak"); got != 1 {
					l.Errorf("%v deliveries of an unknown fault are counted, want 1", got)
				}
			})
		})
	}
}

// TestWhatAlwaysPanicsDies has code that panics over one indicator whenever it is tried.
func TestWhatAlwaysPanicsDies(t *testing.T) {
	inLab(t, func(l *lab) {
		bad := l.add(1)[0]
		l.library = client(l.T, trap{l.pipe, bad, outOfRange, new(int), stream.MaxAttempts + 1})
		l.answer(bad, found(14))
		l.wear(1, tried)
		r := l.start()
		for range 6 { // Something is written now and then, which shows that ThreatQ takes writes.
			id := l.add(1)[0]
			l.answer(id, found(14))
			l.sleep(6 * time.Minute)
			l.verdictsAre("Malicious", id)
		}
		l.settled(time.Minute)
		r.stop()
		letters := l.deadLetters()
		if len(letters) != 1 || !strings.HasPrefix(letters[0].Header.Get(wire.HeaderReason), "tried 20 times, at last: writing a verdict: panic") {
			l.Errorf("dead letters are %v, want one that tells of the panic", letters)
		}
	})
}
