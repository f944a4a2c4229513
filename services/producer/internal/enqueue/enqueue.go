// Package enqueue puts jobs into their lanes.
//
// For every job of a page it reads, in one batch, the verdicts that stand under the indicator's own id, of all providers on the job's
// route: the newest counts. A job whose verdict is
// fresh is dropped; one whose verdict has grown old goes to the lane refresh, and says which answer does not count any more;
// one that has none goes to the lane fresh. A job that is pending already is refused by the server and stays one job.
//
// A job that died, because the provider calls its object bad or because it failed too often, would be published again with every
// walk, and die again at the cost of a request each time. Its dead letter therefore stands for an answer: nothing is asked again for
// as long as "not found" stays fresh, or until a person takes the letter away.
package enqueue

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"vtq.internal/shared/provider"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

const (
	// inFlight bounds the publishes under way: enough to hide a round trip, far below the server's limits.
	inFlight = 32
	// fullWait is how long a full stream is left alone before the next try: work is done at the pace of a quota.
	fullWait = 5 * time.Second
)

// A Queue puts jobs into lanes.
type Queue struct {
	JS      jetstream.JetStream
	Policy  verdict.Policy
	Refresh verdict.Refresh
	// Routes are those of the kinds. A job goes on every route of its kind.
	Routes provider.Table
	// OnFull is called when a page has to wait because the stream is full, once for each page. Defaults to nobody.
	OnFull func()
}

// A Tally is what became of the jobs of a page.
type Tally struct {
	Fresh, Refresh int // Published, by lane.
	Pending        int // Waiting already.
	Current        int // Their verdict is fresh.
	Dead           int // Died a while ago, and would again.
}

// Put publishes what has to be asked. After an error some jobs are published and some are not: put them all again.
func (q *Queue) Put(ctx context.Context, jobs []wire.Job, now time.Time) (Tally, error) {
	questions := q.questions(jobs)
	known, err := q.known(ctx, questions)
	if err != nil {
		return Tally{}, err
	}
	full := func() {}
	if q.OnFull != nil {
		full = sync.OnceFunc(q.OnFull)
	}
	outcomes := make([]outcome, len(questions))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(inFlight)
	for i, one := range questions {
		group.Go(func() error {
			done, err := q.put(ctx, one, known, now, full)
			outcomes[i] = done
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return Tally{}, fmt.Errorf("enqueueing a page: %w", err)
	}
	return tally(outcomes), nil
}

type outcome int

const (
	current outcome = iota
	pending
	fresh
	refresh
	dead
)

func tally(outcomes []outcome) Tally {
	var t Tally
	for _, o := range outcomes {
		switch o {
		case current:
			t.Current++
		case pending:
			t.Pending++
		case fresh:
			t.Fresh++
		case refresh:
			t.Refresh++
		case dead:
			t.Dead++
		}
	}
	return t
}

func (q *Queue) put(ctx context.Context, one question, known memory, now time.Time, full func()) (outcome, error) {
	newest, died := known.of(one)
	switch {
	case now.Before(newest.due):
		return current, nil
	case q.rests(newest, died, one.job.Object.Key(), now):
		return dead, nil
	}
	lane, done := wire.Fresh, fresh
	if !newest.asked.IsZero() {
		lane, done = wire.Refresh, refresh
		one.job.After = newest.asked
	}
	body, err := wire.EncodeJob(one.job)
	if err != nil {
		return 0, err
	}
	stored, err := q.publish(ctx, one.subject(lane), body, full)
	if err != nil || stored {
		return done, err
	}
	return pending, nil
}

// publish waits for as long as the stream is full: that is the backpressure that stops the reading of ThreatQ.
func (q *Queue) publish(ctx context.Context, at wire.JobAddress, body []byte, full func()) (bool, error) {
	for {
		stored, err := stream.PublishUnlessPending(ctx, q.JS, at, body)
		if !errors.Is(err, stream.ErrFull) {
			return stored, err
		}
		full()
		jitter := time.Duration(rand.Int64N(int64(fullWait))) //nolint:gosec // Jitter, not a secret.
		select {
		case <-time.After(fullWait + jitter):
		case <-ctx.Done():
			return false, context.Cause(ctx)
		}
	}
}
