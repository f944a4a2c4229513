package writer_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"vtq.internal/shared/verdict"
)

var errCrash = errors.New("crashed")

// A crasher loses the connection to NATS at one request about an indicator, before or after it took effect, and lets no other request
// through: as if the writer had been killed there.
type crasher struct {
	http.RoundTripper
	nc    *nats.Conn
	at    int // Which of the requests.
	after bool
	seen  *int // Belongs to the writer, which writes one verdict at a time.
}

// about tells a request about indicators.
func about(r *http.Request) bool {
	return slices.ContainsFunc([]string{"/attributes", "/query", "/consume"}, func(s string) bool { return strings.Contains(r.URL.Path, s) })
}

// RoundTrip implements http.RoundTripper.
func (c crasher) RoundTrip(r *http.Request) (*http.Response, error) {
	if !about(r) {
		return c.RoundTripper.RoundTrip(r)
	}
	*c.seen++
	switch {
	case *c.seen < c.at:
		return c.RoundTripper.RoundTrip(r)
	case *c.seen == c.at && c.after:
		if answer, err := c.RoundTripper.RoundTrip(r); err == nil {
			_ = answer.Body.Close()
		}
	}
	c.nc.Close()
	return nil, errCrash
}

// crash lets a writer work until it crashes, and tells how many requests it had come to.
func (l *lab) crash(at int, after bool) (requests int) {
	l.Helper()
	o := l.options()
	o.NATS = l.server.Connect()
	defer o.NATS.Close()
	o.ThreatQ = client(l.T, crasher{l.pipe, o.NATS, at, after, &requests})
	r := l.startWith(o)
	select {
	case err := <-r.ended:
		if !errors.Is(err, nats.ErrConnectionClosed) {
			l.Errorf("Run = %v of a writer that crashes, want %v", err, nats.ErrConnectionClosed)
		}
	case <-time.After(10 * time.Second): // It came to its end before.
		r.stop()
	}
	return requests
}

// TestWhereverAWriterCrashes the next one ends where an undisturbed one would have: between the claim and the first request, between
// any two requests, and between the last and the ledger. A verdict that was not acknowledged after the ledger was written is a replay.
func TestWhereverAWriterCrashes(t *testing.T) {
	cases := map[string]struct {
		before []verdict.Verdict
		then   verdict.Verdict
		want   []string
	}{
		"over an indicator that is new":    {nil, found(14, "dga"), fourteen()},
		"over one that says something":     {[]verdict.Verdict{found(14, "dga")}, found(2, "dga"), two()},
		"over one that loses and wins row": {[]verdict.Verdict{found(14, "a"), found(14)}, found(2, "dga"), two()},
	}
	for name, c := range cases {
		for at := 1; at > 0; at++ {
			requests := 0
			for _, after := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/at request %d, after it %t", name, at, after), func(t *testing.T) {
					inLab(t, func(l *lab) {
						ids := l.add(1)
						for _, v := range c.before {
							l.answer(ids[0], v)
							l.drain()
						}
						l.answer(ids[0], c.then)
						requests = l.crash(at, after)
						l.drain()
						l.bears(ids, c.want...)
						l.nothingDied()
						l.replay()
						l.costs("a replay", 0, 0)
						l.bears(ids, c.want...)
					})
				})
			}
			if requests < at {
				break // There was no such request.
			}
		}
	}
}
