package writer_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
