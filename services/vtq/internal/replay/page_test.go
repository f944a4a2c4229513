package replay_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/vtq/internal/replay"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/wire"
)

// TestAValueThatChanged has an indicator that was site 5 and is site 6. What was written tells which, by the revision or by when each was
// asked for; what the ledger does not know, or what nobody can read, says nothing.
func TestAValueThatChanged(t *testing.T) {
	early, late := testkit.Epoch().Add(-2*day), testkit.Epoch().Add(-day)
	first, second := wire.Revision{Sequence: 1}, wire.Revision{Sequence: 2}
	written := func(revision wire.Revision, object int64, created time.Time) *wire.WrittenVerdict {
		return &wire.WrittenVerdict{Revision: revision, Asking: wire.Asking{Key: site(object).Key(), Created: created}}
	}
	cases := map[string]struct {
		created [2]time.Time // Of the jobs about sites 5 and 6.
		ledger  *wire.WrittenVerdict
		want    []int64
	}{
		"the later message was written": {ledger: written(second, 6, time.Time{}), want: []int64{6}},
		"the first was written so far":  {ledger: written(first, 5, time.Time{}), want: []int64{5, 6}},
		"the later is the older word":   {[2]time.Time{late, early}, written(first, 5, late), []int64{5}},
		"the later is the younger word": {[2]time.Time{early, late}, written(second, 6, late), []int64{6}},
		"nothing was written":           {[2]time.Time{early, late}, nil, []int64{5, 6}},
		"an entry that nobody can read": {[2]time.Time{early, late}, &wire.WrittenVerdict{}, []int64{5, 6}},
		"written in an earlier life":    {ledger: written(wire.Revision{Created: 1, Sequence: 99}, 6, time.Time{}), want: []int64{5, 6}},
		"a job from a clock that is ahead": { // It counts as made when its verdict was stored.
			[2]time.Time{testkit.Epoch().Add(10 * day), testkit.Epoch()}, written(first, 6, testkit.Epoch().Add(day)), []int64{6},
		},
		"written by a version before it": {[2]time.Time{early, late}, written(first, 5, time.Time{}), []int64{5, 6}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				for i, object := range []int64{5, 6} {
					v := aged(object, 9, 10*day)
					v.Indicator.ID, v.JobCreated = 1, c.created[i]
					l.store(v)
				}
				l.enter(c.ledger)
				plan := l.plan(l.jobs(), replay.Selection{})
				if plan.Jobs != len(c.want) || plan.Outdated != 2-len(c.want) {
					l.Errorf("Plan = %+v, want %d jobs", plan, len(c.want))
				}
				l.publish(l.jobs(), replay.Selection{})
				for _, object := range []int64{5, 6} {
					at := wire.JobAddress{Lane: wire.Refresh, Route: route, Key: site(object).Key(), ID: 1}
					_, err := must(l.js.Stream(l.Context(), stream.Jobs))(l.T).GetLastMsgForSubject(l.Context(), at.Subject())
					if (err == nil) != slices.Contains(c.want, object) {
						l.Errorf("a job about site %d: %v, want those of %v", object, err, c.want)
					}
				}
			})
		})
	}
}

// enter makes the ledger's entry of indicator 1; the zero value is one that cannot be read.
func (l *lab) enter(last *wire.WrittenVerdict) {
	l.Helper()
	if last == nil {
		return
	}
	body := []byte("no JSON")
	if entry := *last; entry.Revision != (wire.Revision{}) {
		if entry.Revision.Created == 0 {
			entry.Revision.Created = l.stream().CachedInfo().Created.UnixNano()
		}
		verdicts := map[string]wire.WrittenVerdict{route: entry}
		body = must(wire.EncodeWritten(wire.Written{WrittenHead: wire.WrittenHead{Epoch: 1, Verdicts: verdicts}}))(l.T)
	}
	l.put(wire.WrittenSubject(1), body)
}

// A sluggish server hands out nothing to so many who ask, although it counts what there is.
type sluggish struct {
	jetstream.JetStream
	left int
}

type sluggishStream struct {
	jetstream.Stream
	server *sluggish
}

type sluggishConsumer struct {
	jetstream.Consumer
	server *sluggish
}

// A blank batch has no messages.
type blank struct{ jetstream.MessageBatch }

func (blank) Error() error { return nil }

func (blank) Messages() <-chan jetstream.Msg {
	none := make(chan jetstream.Msg)
	close(none)
	return none
}

func (s *sluggish) Stream(ctx context.Context, name string) (jetstream.Stream, error) {
	found, err := s.JetStream.Stream(ctx, name)
	return sluggishStream{found, s}, err
}

func (s sluggishStream) CreateConsumer(ctx context.Context, config jetstream.ConsumerConfig) (jetstream.Consumer, error) {
	consumer, err := s.Stream.CreateConsumer(ctx, config)
	return sluggishConsumer{consumer, s.server}, err
}

func (c sluggishConsumer) Fetch(n int, options ...jetstream.FetchOpt) (jetstream.MessageBatch, error) {
	if c.server.left--; c.server.left >= 0 {
		return blank{}, nil
	}
	return c.Consumer.Fetch(n, options...)
}

func TestABlankPageIsNotTheEnd(t *testing.T) {
	for blanks, ok := range map[int]bool{0: true, 9: true, 10: false} {
		inLab(t, func(l *lab) {
			l.verdicts(3)
			l.replay = must(replay.Open(l.Context(), &sluggish{l.js, blanks}))(l.T)
			plan, err := l.jobs().Plan(l.Context(), replay.Selection{IgnoreFresh: true}, func(int, int) {})
			if ok && (err != nil || plan.Jobs != 3) || !ok && err == nil {
				l.Errorf("Plan behind %d blank pages = %+v, %v; want 3 jobs: %t", blanks, plan, err, ok)
			}
			if blanks == 0 {
				return
			}
			errTired := errors.New("tired")
			ctx, cancel := context.WithTimeoutCause(l.Context(), time.Second, errTired)
			defer cancel()
			l.replay = must(replay.Open(l.Context(), &sluggish{l.js, blanks}))(l.T)
			if _, err := l.jobs().Plan(ctx, replay.Selection{}, func(int, int) {}); !errors.Is(err, errTired) {
				l.Errorf("Plan until nobody waits any more = %v, want the cause of the end", err)
			}
		})
	}
}
