package writer_test

import (
	"bytes"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/stream"
)

const (
	again  = "verdicts come again from an earlier one on"
	looked = ", and what stands in ThreatQ is looked at anew"
	raised = "a new epoch of the ledger: what stands in ThreatQ is looked at anew"
)

// noted writes what the command for replays notes.
func (l *lab) noted(body string) {
	l.Helper()
	state, err := l.js.KeyValue(l.Context(), stream.State)
	if err != nil {
		l.Fatalf("opening the state: %v", err)
	}
	if _, err := state.PutString(l.Context(), "replay", body); err != nil {
		l.Fatalf("noting a replay: %v", err)
	}
}

// notedUpTo notes a replay of what was written of this stream, and that of one before it, which had more.
func (l *lab) notedUpTo(floor uint64) {
	l.Helper()
	verdicts, err := l.js.Stream(l.Context(), stream.Verdicts)
	if err != nil {
		l.Fatalf("opening the verdicts: %v", err)
	}
	created := verdicts.CachedInfo().Created
	l.noted(fmt.Sprintf(`{"schema":1,"last":2,"replays":[{"stream":%q,"floor":1000},{"stream":%q,"floor":%d}]}`,
		created.Add(-day).Format(time.RFC3339Nano), created.Format(time.RFC3339Nano), floor))
}

// TestAReplayIsInTheLog of a writer that is at work, once, with its number.
func TestAReplayIsInTheLog(t *testing.T) {
	cases := map[string]struct {
		do   func(l *lab)
		want []line
	}{
		"nothing":       {func(*lab) {}, nil},
		"more verdicts": {func(l *lab) { l.say([]int64{1, 2, 3}) }, nil},
		"a verdict that is given back": {func(l *lab) {
			l.fail(times(1, simulator.EndpointUpdateAttribute, simulator.InternalError()))
			l.answer(1, found(2))
		}, nil},
		"a replay": {func(l *lab) {
			l.noted(`{"schema":1,"last":7,"replays":[{"number":7}]}`)
			l.replay()
		}, []line{{Level: "info", Message: again, Replay: 7}}},
		"a replay that nobody noted":  {func(l *lab) { l.replay() }, []line{{Level: "info", Message: again}}},
		"a note that nobody can read": {func(l *lab) { l.noted("{"); l.replay() }, []line{{Level: "info", Message: again}}},
		"a replay that looks": {func(l *lab) {
			l.noted(`{"last":8}`)
			l.raise(2)
			l.replay()
		}, []line{{Level: "info", Message: again + looked, Epoch: 2, Replay: 8}}},
		"a new epoch": {func(l *lab) {
			l.raise(3)
			l.say([]int64{1})
		}, []line{{Level: "info", Message: raised, Epoch: 3}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.say(l.add(3))
				r := l.start()
				l.settled(time.Minute)
				c.do(l)
				l.settled(time.Hour)
				l.say([]int64{2})
				l.settled(time.Hour)
				r.stop()
				got := l.logs.with(func(one line) bool {
					return one.Message == raised || one.Message == again || one.Message == again+looked
				})
				if diff := cmp.Diff(c.want, got); diff != "" && len(c.want)+len(got) > 0 {
					l.Errorf("the log (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestAWriterThatBegins takes what it finds for granted.
func TestAWriterThatBegins(t *testing.T) {
	inLab(t, func(l *lab) {
		l.raise(5)
		l.say(l.add(3))
		l.drain()
		l.replay()
		l.drain()
		if got := l.logs.with(func(one line) bool { return one.Epoch > 0 || one.Message == again }); len(got) > 0 {
			l.Errorf("the log tells of %+v, want nothing", got)
		}
	})
}

// A deafConn loses the questions about the bucket while it is deaf: they go to a subject that nobody answers.
type deafConn struct {
	net.Conn
	deaf *atomic.Bool
}

const (
	aboutState = "$JS.API.STREAM.INFO." + stream.StateStream
	unheard    = "$XX.API.STREAM.INFO." + stream.StateStream
)

func (c deafConn) Write(p []byte) (int, error) {
	if !c.deaf.Load() {
		return c.Conn.Write(p)
	}
	return c.Conn.Write(bytes.ReplaceAll(p, []byte(aboutState), []byte(unheard)))
}

// A deafDialer connects to the lab's server.
type deafDialer struct {
	l    *lab
	deaf atomic.Bool
}

func (d *deafDialer) InProcessConn() (net.Conn, error) {
	conn, err := d.l.server.InProcessConn()
	return deafConn{Conn: conn, deaf: &d.deaf}, err
}

// TestABucketThatDoesNotAnswer is asked once per replay, and then not for a while.
func TestABucketThatDoesNotAnswer(t *testing.T) {
	inLab(t, func(l *lab) {
		var asked atomic.Int32
		if _, err := l.nc.Subscribe(unheard, func(*nats.Msg) { asked.Add(1) }); err != nil {
			l.Fatalf("subscribing: %v", err)
		}
		dialer := &deafDialer{l: l}
		nc, err := nats.Connect("", nats.InProcessServer(dialer))
		if err != nil {
			l.Fatalf("connecting: %v", err)
		}
		defer nc.Close()
		o := l.options()
		o.NATS = nc
		l.say(l.add(3))
		r := l.startWith(o)
		l.settled(time.Minute)
		dialer.deaf.Store(true)
		for i, c := range []struct {
			after time.Duration
			want  int32
		}{{0, 1}, {time.Second, 1}, {10 * time.Second, 1}, {20 * time.Second, 2}, {time.Second, 2}} {
			l.sleep(c.after)
			l.replay()
			l.settled(time.Minute)
			if got := asked.Load(); got != c.want {
				l.Errorf("after replay %d the bucket was asked %d times, want %d", i+1, got, c.want)
			}
		}
		r.stop()
		if got := l.logs.with(func(one line) bool { return one.Message == again }); len(got) != 5 {
			l.Errorf("the log tells of %d replays, want each of five", len(got))
		}
	})
}
