package ledger_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/writer/internal/ledger"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// A rival changes an entry each time just before somebody else does, so many times.
type rival struct {
	jetstream.JetStream

	times int
	tries []time.Time // Of the other.
}

// Publish implements jetstream.JetStream.
func (r *rival) Publish(ctx context.Context, subject string, body []byte, opts ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	r.tries = append(r.tries, time.Now())
	if len(r.tries) <= r.times {
		if _, err := r.JetStream.Publish(ctx, subject, []byte(`{"schema":1}`)); err != nil {
			return nil, err
		}
	}
	return r.JetStream.Publish(ctx, subject, body, opts...)
}

// TestDoubtIsCastAgain when it was outrun, five times at most, after waits that grow and are spread. It is cast even by a writer that was
// told to stop.
func TestDoubtIsCastAgain(t *testing.T) {
	cases := map[string]struct {
		outrun, tries int
		want          error
	}{
		"never outrun":         {0, 1, nil},
		"outrun once":          {1, 2, nil},
		"outrun four times":    {4, 5, nil},
		"outrun each time":     {5, 5, ledger.ErrElsewhere},
		"outrun once too much": {6, 5, ledger.ErrElsewhere},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.must(l.open().Keep(l.Context(), l.entry(l.open()), provider, verdict(5), rows()))
				r := &rival{JetStream: l.js, times: c.outrun}
				l.js = r
				doubter := l.open()
				e := l.entry(doubter)
				ended, cancel := context.WithCancel(l.Context())
				cancel()
				if err := doubter.Doubt(ended, e, false); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
					l.Errorf("Doubt = %v, want %v", err, c.want)
				}
				if len(r.tries) != c.tries {
					l.Fatalf("Doubt was cast %d times, want %d", len(r.tries), c.tries)
				}
				for i, wait := 1, 100*time.Millisecond; i < c.tries; i, wait = i+1, 2*wait {
					if got := r.tries[i].Sub(r.tries[i-1]); got < wait/2 || got > wait*3/2 {
						l.Errorf("the wait before try %d is %v, want %v, more or less by a half", i+1, got, wait)
					}
				}
			})
		})
	}
}

// TestDoubtAboutAScore forgets that it was seen to, of every provider: an indicator has but one.
func TestDoubtAboutAScore(t *testing.T) {
	for _, scored := range []bool{false, true} {
		inLab(t, func(l *lab) {
			opened, points := l.open(), 9
			e, v := l.entry(opened), verdict(5)
			v.Score = &points
			for _, who := range []string{provider, "another"} {
				l.must(opened.Keep(l.Context(), e, who, v, rows()))
			}
			l.must(opened.Doubt(l.Context(), e, scored))
			for _, who := range []string{provider, "another"} {
				got := l.entry(opened).Newest(who)
				if (got.Score == nil) != scored || got.Revision != rev(5) {
					l.Errorf("with a score sent: %t: the newest of %s is %+v, want the revision, and a score: %t", scored, who, got, !scored)
				}
			}
		})
	}
}

// TestAClaimThatCouldNotBeEnded is one that its writer still has in hand, and that runs out.
func TestAClaimThatCouldNotBeEnded(t *testing.T) {
	const life = 40 * time.Second
	ends := map[string]func(l *lab, opened *ledger.Ledger, e *ledger.Entry) error{
		"kept": func(l *lab, opened *ledger.Ledger, e *ledger.Entry) error {
			return opened.Keep(l.Context(), e, provider, verdict(5), nil)
		},
		"released": func(l *lab, opened *ledger.Ledger, e *ledger.Entry) error { return opened.Release(l.Context(), e) },
	}
	for name, end := range ends {
		for _, gone := range []bool{false, true} {
			inLab(t, func(l *lab) {
				opened := l.open()
				e := l.entry(opened)
				if opened.Claimed(e) || opened.Expired(e) {
					l.Errorf("%s: an entry is claimed before it was", name)
				}
				l.must(opened.Claim(l.Context(), e))
				l.sleep(life - time.Millisecond)
				if !opened.Claimed(e) || opened.Expired(e) || l.open().Claimed(l.entry(opened)) {
					l.Errorf("%s: in its last moment a claim is not its writer's, or has expired", name)
				}
				l.sleep(time.Millisecond)
				if gone {
					l.must(l.js.DeleteStream(l.Context(), stream.Written))
				}
				if err := end(l, opened, e); (err != nil) != gone {
					l.Errorf("%s: the end of the claim = %v, want an error: %t", name, err, gone)
				}
				if opened.Claimed(e) != gone || opened.Expired(e) != gone {
					l.Errorf("%s: Claimed = %t and Expired = %t when it could not be ended: %t", name, opened.Claimed(e), opened.Expired(e), gone)
				}
			})
		}
	}
}

// TestWhatALedgerPrecedes tells by the first verdict, not by who has taken it.
func TestWhatALedgerPrecedes(t *testing.T) {
	cases := map[string]struct {
		happens func(l *lab, verdicts jetstream.Stream)
		want    bool
	}{
		"nothing was ever answered":     {func(*lab, jetstream.Stream) {}, true},
		"a first answer":                {func(l *lab, _ jetstream.Stream) { l.answer("a") }, true},
		"two of them":                   {func(l *lab, _ jetstream.Stream) { l.answer("a"); l.answer("b") }, true},
		"the first was replaced":        {func(l *lab, _ jetstream.Stream) { l.answer("a"); l.answer("a") }, false},
		"all were forgotten":            {func(l *lab, v jetstream.Stream) { l.answer("a"); l.must(v.Purge(l.Context())) }, false},
		"the ledger was made afterward": {func(l *lab, _ jetstream.Stream) { l.answer("a"); l.anew() }, false},
		"the ledger was made anew, before any": {func(l *lab, _ jetstream.Stream) {
			l.anew()
			l.sleep(time.Second)
			l.answer("a")
		}, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.sleep(time.Second)
				verdicts, err := l.js.Stream(l.Context(), stream.Verdicts)
				l.must(err)
				c.happens(l, verdicts)
				info, err := verdicts.Info(l.Context())
				l.must(err)
				if got := l.open().Precedes(info.State); got != c.want {
					l.Errorf("Precedes(%+v) = %t, want %t", info.State, got, c.want)
				}
			})
		})
	}
}

// answer publishes something under the address of a verdict.
func (l *lab) answer(who string) {
	l.Helper()
	l.put(wire.VerdictAddress{Provider: who, Key: "0123456789abcdef0123456789abcdef", ID: id}.Subject(), []byte("x"))
}

// anew deletes the ledger, and makes it again a moment later.
func (l *lab) anew() {
	l.Helper()
	written, err := l.js.Stream(l.Context(), stream.Written)
	l.must(err)
	l.must(l.js.DeleteStream(l.Context(), stream.Written))
	l.sleep(time.Second)
	_, err = l.js.CreateStream(l.Context(), written.CachedInfo().Config)
	l.must(err)
}
