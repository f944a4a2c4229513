package writer_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// overtake has a writer stand still over a verdict on old.com, until another has written one on new.com, and write then. Meanwhile is
// what happens in between.
func (l *lab) overtake(id int64, meanwhile func()) {
	l.Helper()
	l.overtakeOver(changing, id, meanwhile)
}

// overtakeOver is overtake of a writer that stands still over the first of other requests.
func (l *lab) overtakeOver(what func(*http.Request) bool, id int64, meanwhile func()) {
	l.Helper()
	l.answerAbout(id, "old.com", found(2, "dga"))
	end := l.frozenOver(what, 10*time.Minute, true)
	l.sleep(5 * time.Second)
	l.answerAbout(id, "new.com", found(14, "dga"))
	second := l.start()
	l.sleep(5 * time.Minute)
	l.bears([]int64{id}, fourteen()...)
	second.stop()
	meanwhile()
	l.sleep(time.Hour)
	end()
}

// TestALateWriteIsPutRight without another verdict, and by whoever made it.
func TestALateWriteIsPutRight(t *testing.T) {
	scoring := func(r *http.Request) bool { return r.Method == http.MethodPut && !about(r) }
	cases := map[string]struct {
		score string
		what  func(*http.Request) bool
	}{
		"of rows":                       {"off", changing},
		"of rows, where scores are set": {"replace", changing},
		"of a score":                    {"replace", scoring},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.config.Score = c.score
				ids, writes := l.add(1), 0
				l.overtakeOver(c.what, ids[0], func() { writes = l.tq.Requests() })
				l.bears(ids, fourteen()...)
				if l.tq.Requests() == writes {
					l.Error("nothing was written late, want it so and put right")
				}
				if in, _ := l.tq.Indicator(ids[0]); c.score != "off" && (in.ManualScore == nil || *in.ManualScore != 9) {
					l.Errorf("the score is %v, want 9, that of the newest verdict", in.ManualScore)
				}
				l.nothingDied()
				l.answerAbout(ids[0], "new.com", found(14, "dga"))
				l.costs("the next verdict", 0, 0)
			})
		})
	}
}

// TestALateWriteThatCannotBePutRight makes the rows unknown, so that the next verdict reads them, and is counted.
func TestALateWriteThatCannotBePutRight(t *testing.T) {
	cases := map[string]func(l *lab, id int64){
		"the newest verdict has expired": func(l *lab, _ int64) {
			verdicts, err := l.js.Stream(l.Context(), stream.Verdicts)
			if err != nil {
				l.Fatalf("opening the verdicts: %v", err)
			}
			if err := verdicts.Purge(l.Context()); err != nil {
				l.Fatalf("forgetting the verdicts: %v", err)
			}
		},
		"the ledger has forgotten": func(l *lab, id int64) { l.forget(jetstream.WithPurgeSubject(wire.WrittenSubject(id))) },
		"ThreatQ refuses it":       func(l *lab, _ int64) { l.fail(times(2, simulator.EndpointAttributes, simulator.OKWithErrors())) },
	}
	for name, meanwhile := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				ids := l.add(1)
				l.overtake(ids[0], func() { meanwhile(l, ids[0]) })
				if got := len(l.logs.with(func(one line) bool { return one.Message == unmended })); got != 1 {
					l.Errorf("it was told %d times, want once", got)
				}
				l.fail(nil)
				l.answerAbout(ids[0], "new.com", found(14, "dga"))
				reads := l.reads()
				l.drain()
				if got := l.reads() - reads; got != 1 {
					l.Errorf("the next verdict read %d times, want once", got)
				}
				l.bears(ids, fourteen()...)
			})
		})
	}
}

// What is told of a late write that could be put right, and of one that could not.
const (
	mended   = "a verdict was written too late, and the indicator brought back to the newest"
	unmended = "a verdict was written too late, and what it wrote may stand until the next verdict on the indicator"
)

// TestALateWriteIsPutRightAfterAnOutage of ThreatQ, or of NATS, which began before the writer woke.
func TestALateWriteIsPutRightAfterAnOutage(t *testing.T) {
	cases := map[string]func(l *lab){
		"ThreatQ": func(l *lab) {
			l.sleep(4*time.Minute + 30*time.Second)
			l.fail(times(10, simulator.EndpointAttributes, simulator.InternalError()))
		},
		"NATS": func(l *lab) {
			l.server.Stop()
			l.sleep(8 * time.Minute)
			l.server.Start()
			l.until(time.Minute, l.nc.IsConnected)
		},
	}
	for name, outage := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				ids := l.add(1)
				l.overtake(ids[0], func() { outage(l) })
				l.bears(ids, fourteen()...)
				if got := len(l.logs.with(func(one line) bool { return one.Message == mended })); got != 1 {
					l.Errorf("it was told %d times, want once", got)
				}
				l.fail(nil)
				l.nothingDied()
			})
		})
	}
}

// TestManyLateWritesAtOnce has several writers stand still over older verdicts on one indicator, and wake together. They disturb each
// other, and come to an end all the same.
func TestManyLateWritesAtOnce(t *testing.T) {
	inLab(t, func(l *lab) {
		l.tq.Latency = 700 * time.Millisecond
		ids := l.add(1)
		began, names := time.Now(), []string{"first.com", "second.com", "third.com"}
		var ends []func()
		for i, name := range names {
			l.answerAbout(ids[0], name, found(2+i, "dga"))
			ends = append(ends, l.frozen(10*time.Minute-time.Since(began), true))
			l.sleep(50 * time.Second) // The claim of the one before has ended.
		}
		l.answerAbout(ids[0], "new.com", found(14, "dga"))
		last := l.start()
		l.sleep(20 * time.Minute)
		l.settled(time.Hour)
		for _, end := range append(ends, last.stop) {
			end()
		}
		l.bears(ids, fourteen()...)
		l.nothingDied()
		l.replay()
		l.costs("a replay", 0, 0)
		if got := len(l.logs.with(func(one line) bool { return one.Message == unmended })); got != 0 {
			l.Errorf("%d were not put right, want all", got)
		}
	})
}

// TestALateWriteWaitsForOthers, who claim the indicator in the moment in which doubt was cast on it, and die over it.
func TestALateWriteWaitsForOthers(t *testing.T) {
	for name, claims := range map[string]int{"nobody": 0, "one": 1, "three": 3} {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				ids := l.add(1)
				l.overtake(ids[0], func() { l.claimed(ids[0], claims) })
				l.bears(ids, fourteen()...)
				if got := len(l.logs.with(func(one line) bool { return one.Message == mended })); got != 1 {
					l.Errorf("it was told %d times, want once", got)
				}
			})
		})
	}
}

// claimed puts the claim of another writer onto an entry, as one that died leaves it, as often as somebody makes its rows unknown.
func (l *lab) claimed(id int64, times int) {
	l.Helper()
	_, err := l.nc.Subscribe(wire.WrittenSubject(id), func(message *nats.Msg) {
		head, err := wire.DecodeWrittenHead(message.Data)
		if err != nil || head.Claim != nil || head.Epoch != 0 || times == 0 {
			return
		}
		times--
		head.Claim = &wire.Claim{By: "another", Until: time.Now().Add(40 * time.Second)}
		if body, err := wire.EncodeWritten(wire.Written{WrittenHead: head}); err == nil {
			_ = l.nc.Publish(wire.WrittenSubject(id), body)
		}
	})
	if err != nil {
		l.Fatalf("listening to the ledger: %v", err)
	}
}
