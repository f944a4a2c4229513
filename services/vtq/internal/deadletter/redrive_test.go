package deadletter_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/vtq/internal/deadletter"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

func TestAJobIsRedriven(t *testing.T) {
	inLab(t, func(l *lab) {
		l.dieJob(1, "InvalidArgumentError")
		if diff := cmp.Diff(fates{1: deadletter.Redriven}, l.redrive()); diff != "" {
			l.Fatalf("fates (-want +got):\n%s", diff)
		}
		if n := l.stored(stream.DeadLetters); n != 0 {
			l.Errorf("%d letters are left, want none", n)
		}
		got := l.takeJob()
		if got.Subject() != job(1) || string(got.Data()) != body(1) || got.Headers().Get(jetstream.MsgIDHeader) != "" {
			l.Errorf("the job is %q at %s with headers %v", got.Data(), got.Subject(), got.Headers())
		}
		want := wire.History{Redriven: 1, Deaths: []string{"2080-01-01T00:00:00Z lookup permanent after 1: InvalidArgumentError"}}
		if diff := cmp.Diff(want, wire.HistoryOf(got.Headers())); diff != "" {
			l.Errorf("history (-want +got):\n%s", diff)
		}
	})
}

// TestAHistoryGrowsAndIsBounded redrives one job that dies each time, at the bound of its body.
func TestAHistoryGrowsAndIsBounded(t *testing.T) {
	inLab(t, func(l *lab) {
		large := strings.Repeat("x", wire.MaxJob)
		l.publish(job(1), large)
		const times = 8
		for n := range times {
			l.bury("lookup", l.takeJob(), fmt.Sprintf("death %d ", n)+strings.Repeat("so long ", 100))
			letters := l.list(deadletter.Filter{})
			if len(letters) != 1 || letters[0].History.Redriven != n || len(letters[0].History.Deaths) != min(n, 5) {
				l.Fatalf("after %d deaths: %d letters, history %+v", n+1, len(letters), letters[0].History)
			}
			l.redrive()
		}
		got := l.takeJob()
		history := wire.HistoryOf(got.Headers())
		if history.Redriven != times || len(history.Deaths) != 5 || !strings.Contains(history.Deaths[4], "death 7") || string(got.Data()) != large {
			l.Errorf("after %d redrives the history is %+v", times, history)
		}
	})
}

func TestAPendingJobIsEnough(t *testing.T) {
	inLab(t, func(l *lab) {
		l.dieJob(1, "bad")
		l.publish(job(1), "a newer one")
		if diff := cmp.Diff(fates{1: deadletter.Pending}, l.redrive()); diff != "" {
			l.Errorf("fates (-want +got):\n%s", diff)
		}
		if got := l.at(stream.Jobs, job(1)); string(got.Data) != "a newer one" || l.stored(stream.DeadLetters) != 0 {
			l.Errorf("the job is %q, and %d letters are left; want the newer one, and none", got.Data, l.stored(stream.DeadLetters))
		}
	})
}

// An unended is a message whose worker is killed between the letter and the end of the message.
type unended struct{ jetstream.Msg }

func (unended) TermWithReason(string) error { return nil }

// TestALetterOutlivesItsMessage redrives while the message that died is still there: it dies once more, under the same message id, of
// which the server keeps no second letter.
func TestALetterOutlivesItsMessage(t *testing.T) {
	inLab(t, func(l *lab) {
		l.publish(job(1), body(1))
		l.bury("lookup", unended{l.takeJob()}, "bad")
		if diff := cmp.Diff(fates{1: deadletter.Dying}, l.redrive()); diff != "" {
			l.Errorf("fates (-want +got):\n%s", diff)
		}
		l.bury("lookup", l.takeJob(), "bad")
		if jobs, letters := l.stored(stream.Jobs), l.stored(stream.DeadLetters); jobs != 0 || letters != 1 {
			l.Fatalf("%d jobs and %d letters, want none and 1", jobs, letters)
		}
		if diff := cmp.Diff(fates{1: deadletter.Redriven}, l.redrive()); diff != "" || l.stored(stream.Jobs) != 1 {
			l.Errorf("fates when it is over (-want +got):\n%s", diff)
		}
	})
}

func TestAVerdictIsRedriven(t *testing.T) {
	inLab(t, func(l *lab) {
		l.dieVerdict(1, "ThreatQ refuses it")
		if diff := cmp.Diff(fates{1: deadletter.Redriven}, l.redrive()); diff != "" {
			l.Fatalf("fates (-want +got):\n%s", diff)
		}
		got := l.takeVerdict()
		if got.Subject() != verdict(1) || string(got.Data()) != body(1) || wire.HistoryOf(got.Headers()).Redriven != 1 {
			l.Errorf("the verdict is %q at %s with headers %v", got.Data(), got.Subject(), got.Headers())
		}
		if id := got.Headers().Get(jetstream.MsgIDHeader); !strings.HasPrefix(id, "r-") || !strings.HasSuffix(id, "-1") {
			l.Errorf("its message id is %q, want one of its own", id)
		}
	})
}

func TestAnOlderVerdictNeverOverwritesANewerOne(t *testing.T) {
	cases := map[string]struct {
		before func(l *lab)
		want   deadletter.Fate
		stands string
	}{
		"a newer one":         {func(l *lab) { l.publish(verdict(1), "newer") }, deadletter.Superseded, "newer"},
		"that of another":     {func(l *lab) { l.publish(verdict(2), "other") }, deadletter.Redriven, body(1)},
		"the one that died":   {func(*lab) {}, deadletter.Redriven, body(1)},
		"none: it is too old": {func(l *lab) { l.purge(stream.Verdicts) }, deadletter.Redriven, body(1)},
		"one in a stream made anew": {func(l *lab) {
			l.recreate(stream.Verdicts)
			l.publish(verdict(1), "in another life")
		}, deadletter.Superseded, "in another life"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.dieVerdict(1, "bad")
				c.before(l)
				if diff := cmp.Diff(fates{1: c.want}, l.redrive()); diff != "" {
					l.Errorf("fates (-want +got):\n%s", diff)
				}
				if got := l.at(stream.Verdicts, verdict(1)); got == nil || string(got.Data) != c.stands {
					l.Errorf("under the subject stands %+v, want %q", got, c.stands)
				}
				if n := l.stored(stream.DeadLetters); n != 0 {
					l.Errorf("%d letters are left, want none", n)
				}
			})
		})
	}
}

func (l *lab) purge(name string) {
	l.Helper()
	if err := l.stream(name).Purge(l.Context()); err != nil {
		l.Fatal(err)
	}
}

// recreate deletes a stream and makes it again.
func (l *lab) recreate(name string) {
	l.Helper()
	config := l.stream(name).CachedInfo().Config
	if err := l.js.DeleteStream(l.Context(), name); err != nil {
		l.Fatal(err)
	}
	l.pass(time.Second)
	must(l.js.CreateStream(l.Context(), config))(l.T)
}

// A racer changes the verdict's place behind the back of whoever looks at it, so many times. A server of a cluster has another code for
// that.
type racer struct {
	jetstream.JetStream
	times int
	code  jetstream.ErrorCode
}

func (r *racer) PublishMsg(ctx context.Context, m *nats.Msg, options ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	if r.times > 0 {
		r.times--
		if _, err := r.Publish(ctx, m.Subject, []byte("newer")); err != nil {
			return nil, err
		}
	}
	ack, err := r.JetStream.PublishMsg(ctx, m, options...)
	if refused, ok := errors.AsType[*jetstream.APIError](err); ok {
		refused.ErrorCode = r.code
	}
	return ack, err
}

func TestAVerdictThatComesMeanwhileWins(t *testing.T) {
	for _, code := range []jetstream.ErrorCode{10071, 10164} {
		inLab(t, func(l *lab) {
			l.dieVerdict(1, "bad")
			l.box = must(deadletter.Open(l.Context(), &racer{l.js, 1, code}))(l.T)
			if diff := cmp.Diff(fates{1: deadletter.Superseded}, l.redrive()); diff != "" {
				l.Errorf("code %d: fates (-want +got):\n%s", code, diff)
			}
			if got := l.at(stream.Verdicts, verdict(1)); string(got.Data) != "newer" {
				l.Errorf("code %d: under the subject stands %q, want the newer one", code, got.Data)
			}
		})
	}
}

// TestACrashBetweenPublishingAndDeletingRepeatsHarmlessly has the letters still there when everything was published.
func TestACrashBetweenPublishingAndDeletingRepeatsHarmlessly(t *testing.T) {
	cases := map[string]struct {
		later time.Duration
		want  fates
	}{
		"at once":                               {0, fates{1: deadletter.Pending, 2: deadletter.Superseded}},
		"when the server has forgotten the ids": {time.Hour, fates{1: deadletter.Pending, 2: deadletter.Superseded}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.dieJob(1, "bad")
				l.dieVerdict(2, "bad")
				for _, id := range []uint64{1, 2} {
					box := must(deadletter.Open(l.Context(), &undying{JetStream: l.js}))(l.T)
					if err := box.Redrive(l.Context(), deadletter.Filter{IDs: []uint64{id}}, fates{}.tell); !errors.Is(err, errKilled) {
						l.Fatalf("Redrive = %v, want it killed", err)
					}
				}
				l.pass(c.later)
				if diff := cmp.Diff(c.want, l.redrive()); diff != "" {
					l.Errorf("fates of the second try (-want +got):\n%s", diff)
				}
				if jobs, letters := l.stored(stream.Jobs), l.stored(stream.DeadLetters); jobs != 1 || letters != 0 {
					l.Errorf("%d jobs and %d letters, want 1 and none", jobs, letters)
				}
				if got := string(l.takeVerdict().Data()); got != body(2) || l.stored(stream.Verdicts) != 1 {
					l.Errorf("the verdict is %q, one of %d", got, l.stored(stream.Verdicts))
				}
			})
		})
	}
}

// errKilled stands for the end of the process.
var errKilled = errors.New("killed")

// An undying deletes nothing: whoever uses it is killed before.
type undying struct{ jetstream.JetStream }

type undyingStream struct{ jetstream.Stream }

func (u *undying) Stream(ctx context.Context, name string) (jetstream.Stream, error) {
	s, err := u.JetStream.Stream(ctx, name)
	return undyingStream{s}, err
}

func (undyingStream) DeleteMsg(context.Context, uint64) error { return errKilled }

func TestAFullStreamEndsIt(t *testing.T) {
	inLab(t, func(l *lab) {
		for id := 1; id <= 3; id++ {
			l.dieJob(id, "bad")
		}
		l.dieVerdict(4, "bad")
		l.publish(job(9), "a job")
		done := fates{}
		err := l.box.Redrive(l.Context(), deadletter.Filter{}, done.tell)
		if !errors.Is(err, stream.ErrFull) || !strings.Contains(err.Error(), "dead letter 2") {
			l.Errorf("Redrive = %v, want ErrFull of dead letter 2", err)
		}
		if diff := cmp.Diff(fates{1: deadletter.Redriven}, done); diff != "" || l.stored(stream.DeadLetters) != 3 {
			l.Errorf("%d letters are left, want 3 (-want +got):\n%s", l.stored(stream.DeadLetters), diff)
		}
	}, func(t *stream.Topology) { t.Streams[0].MaxMsgs = 2 })
}

func TestRedriveByNumber(t *testing.T) {
	inLab(t, func(l *lab) {
		l.dieJob(1, "bad")
		l.dieJob(2, "bad")
		done := fates{}
		err := l.box.Redrive(l.Context(), deadletter.Filter{IDs: []uint64{7, 2, 8}}, done.tell)
		if !errors.Is(err, deadletter.ErrNotFound) || !strings.Contains(err.Error(), ": 7") || !strings.Contains(err.Error(), ": 8") {
			l.Errorf("Redrive = %v, want both that are missing", err)
		}
		if diff := cmp.Diff(fates{2: deadletter.Redriven}, done); diff != "" {
			l.Errorf("fates (-want +got):\n%s", diff)
		}
	})
}

// TestWhatDiesAgainIsForAnotherTime redrives while a worker buries whatever comes.
func TestWhatDiesAgainIsForAnotherTime(t *testing.T) {
	inLab(t, func(l *lab) {
		for id := 1; id <= 3; id++ {
			l.dieJob(id, "bad")
		}
		done := fates{}
		err := l.box.Redrive(l.Context(), deadletter.Filter{}, func(letter deadletter.Letter, fate deadletter.Fate) {
			done.tell(letter, fate)
			l.bury("lookup", l.takeJob(), "bad again")
		})
		if diff := cmp.Diff(fates{1: deadletter.Redriven, 2: deadletter.Redriven, 3: deadletter.Redriven}, done); err != nil || diff != "" {
			l.Errorf("Redrive = %v, fates (-want +got):\n%s", err, diff)
		}
		if n := len(l.list(deadletter.Filter{Reason: "again"})); n != 3 {
			l.Errorf("%d letters of the second death, want 3", n)
		}
	})
}

func TestDrop(t *testing.T) {
	inLab(t, func(l *lab) {
		l.dieJob(1, "bad")
		l.dieVerdict(2, "bad")
		done := fates{}
		if err := l.box.Drop(l.Context(), deadletter.Filter{Stage: "writer"}, done.tell); err != nil {
			l.Fatalf("Drop = %v", err)
		}
		if diff := cmp.Diff(fates{2: deadletter.Dropped}, done); diff != "" || l.stored(stream.DeadLetters) != 1 || l.stored(stream.Verdicts) != 1 {
			l.Errorf("%d letters are left, want 1; fates (-want +got):\n%s", l.stored(stream.DeadLetters), diff)
		}
	})
}

// TestTwoAtOnce has two people redrive the same letters.
func TestTwoAtOnce(t *testing.T) {
	inLab(t, func(l *lab) {
		const letters = 20
		for id := 1; id <= letters; id++ {
			l.dieJob(id, "bad")
			l.dieVerdict(id, "bad")
		}
		ended := make(chan error, 2)
		for range 2 {
			box := must(deadletter.Open(l.Context(), l.js))(l.T)
			go func() { ended <- box.Redrive(l.Context(), deadletter.Filter{}, fates{}.tell) }()
		}
		for range 2 {
			if err := <-ended; err != nil {
				l.Errorf("Redrive beside another = %v", err)
			}
		}
		jobs, verdicts, left := l.stored(stream.Jobs), l.stored(stream.Verdicts), l.stored(stream.DeadLetters)
		if jobs != letters || verdicts != letters || left != 0 {
			l.Errorf("%d jobs, %d verdicts, %d letters; want %d of each, and none", jobs, verdicts, left, letters)
		}
		for range letters {
			if n := wire.HistoryOf(l.takeVerdict().Headers()).Redriven; n != 1 {
				l.Errorf("a verdict was redriven %d times, want once", n)
			}
		}
	})
}
