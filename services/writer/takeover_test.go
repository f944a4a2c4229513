package writer_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/verdict"
)

// A freezer lets the first of some requests wait, which takes effect then even if nobody waits for it any more.
type freezer struct {
	http.RoundTripper
	over func(*http.Request) bool
	wait func()
	once *sync.Once
}

// RoundTrip implements http.RoundTripper.
func (f freezer) RoundTrip(r *http.Request) (*http.Response, error) {
	if f.over(r) {
		f.once.Do(func() {
			f.wait()
			r = r.WithContext(context.WithoutCancel(r.Context()))
		})
	}
	return f.RoundTripper.RoundTrip(r)
}

// changing tells a request that would change an indicator's attributes.
func changing(r *http.Request) bool {
	return about(r) && r.Method != http.MethodGet && !strings.HasSuffix(r.URL.Path, "/query")
}

// A cable to NATS can be pulled.
type cable struct {
	server *testkit.Server
	pulled atomic.Bool
	last   atomic.Pointer[net.Conn]
}

// InProcessConn gives the client library a connection.
func (c *cable) InProcessConn() (net.Conn, error) {
	if c.pulled.Load() {
		return nil, net.ErrClosed
	}
	conn, err := c.server.InProcessConn()
	c.last.Store(&conn)
	return conn, err
}

func (c *cable) pull() {
	c.pulled.Store(true)
	_ = (*c.last.Load()).Close()
}

// frozen starts a writer that stands still over its first change, for so long, and meanwhile loses NATS if it is to; end ends it.
func (l *lab) frozen(lasts time.Duration, cutOff bool) (end func()) {
	l.Helper()
	return l.frozenOver(changing, lasts, cutOff)
}

// frozenOver is frozen over the first of other requests.
func (l *lab) frozenOver(what func(*http.Request) bool, lasts time.Duration, cutOff bool) (end func()) {
	l.Helper()
	o, wire := l.options(), &cable{server: l.server}
	nc, err := nats.Connect("", nats.InProcessServer(wire), nats.MaxReconnects(-1), nats.ReconnectWait(time.Second))
	if err != nil {
		l.Fatalf("connecting: %v", err)
	}
	wait := func() {
		if cutOff {
			wire.pull()
		}
		l.sleep(lasts)
		wire.pulled.Store(false)
	}
	o.NATS, o.ThreatQ = nc, client(l.T, freezer{l.pipe, what, wait, &sync.Once{}})
	r := l.startWith(o)
	return func() { r.stop(); nc.Close() }
}

// TestTwoWritersMakeNoRowTwice has both take the same verdict, while the first stands still between its claim and its write.
func TestTwoWritersMakeNoRowTwice(t *testing.T) {
	cases := map[string]struct {
		before    []verdict.Verdict
		lasts     time.Duration
		cutOff    bool
		creations int
	}{
		"a short while, a new indicator":         {nil, 30 * time.Second, false, 1},
		"a short while, another verdict":         {[]verdict.Verdict{found(2, "dga")}, 30 * time.Second, false, 1},
		"a long while, a new indicator":          {nil, 10 * time.Minute, false, 2},
		"a long while, another verdict":          {[]verdict.Verdict{found(2, "dga")}, 10 * time.Minute, false, 1},
		"a short while, cut off, a new one":      {nil, 30 * time.Second, true, 1},
		"a minute, cut off, a new one":           {nil, time.Minute, true, 2},
		"a long while, cut off, a new indicator": {nil, 10 * time.Minute, true, 2},
		"a long while, cut off, another verdict": {[]verdict.Verdict{found(2, "dga")}, 10 * time.Minute, true, 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				ids := l.add(1)
				for _, v := range c.before {
					l.answer(ids[0], v)
					l.drain()
				}
				l.answer(ids[0], found(14, "dga"))
				end := l.frozen(c.lasts, c.cutOff)
				l.sleep(5 * time.Second)
				l.replay() // The server gives it to the next who asks, as when AckWait has passed.
				second := l.start()
				l.sleep(20 * time.Minute)
				l.settled(time.Hour)
				end()
				second.stop()
				l.bears(ids, fourteen()...)
				if second.value("vtq_writer_ledger_total", "elsewhere") == 0 {
					l.Error("the second writer never gave the verdict back, want it kept away")
				}
				if got := l.tq.Counts()[simulator.EndpointAddAttributes]; got > c.creations {
					l.Errorf("rows were created %d times, want %d at most", got, c.creations)
				}
				l.nothingDied()
				l.replay()
				l.drain() // What the first one has put in doubt is read once.
				l.replay()
				l.costs("a replay", 0, 0)
			})
		})
	}
}

// TestManyWritersAtOnce lets three of them have the same verdicts over and over.
func TestManyWritersAtOnce(t *testing.T) {
	inLab(t, func(l *lab) {
		l.tq.Latency = 700 * time.Millisecond
		ids := l.add(60)
		for _, id := range ids {
			l.answer(id, found(14, "dga"))
		}
		writers := []*run{l.start(), l.start(), l.start()}
		for range 20 {
			l.sleep(1300 * time.Millisecond)
			l.replay()
		}
		l.settled(time.Hour)
		for _, r := range writers {
			r.stop()
		}
		l.bears(ids, fourteen()...)
		l.nothingDied()
		if got := l.tq.Counts()[simulator.EndpointAddAttributes]; got != len(ids) {
			l.Errorf("rows were created %d times, want once for each of %d indicators", got, len(ids))
		}
	})
}

// TestAThreatQThatTakesLongerThanAClaim keeps its writer, however slow it is.
func TestAThreatQThatTakesLongerThanAClaim(t *testing.T) {
	inLab(t, func(l *lab) {
		ids := l.standing(2)
		l.tq.Latency = 50 * time.Second
		for _, id := range ids {
			l.answer(id, found(2, "dga"))
		}
		l.costs("three changes each", 2, 6)
		l.tq.Latency = 0
		l.bears(ids, two()...)
		l.nothingDied()
	})
}
