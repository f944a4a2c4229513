package producer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"vtq.internal/services/producer/internal/cursor"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/threatq"
)

const (
	// minWait and maxWait bound the wait after a failed page: doubling, so that a ThreatQ that restarts is not hammered and one
	// that comes back is seen within five minutes.
	minWait = 2 * time.Second
	maxWait = 5 * time.Minute
	// maxAhead is how far an update may lie in our future and still move the cursor: more than any zone that a clock may be set to
	// by mistake. One row of the year 2099 would otherwise end the polling until then.
	maxAhead = 24 * time.Hour
)

// A walker is the state of a selection, as it is stored.
type walker struct {
	store  *cursor.Store
	state  cursor.State
	polled time.Time // When the last poll of this process began.
	failed int       // How often in a row, without a page between.
	seen   count     // What the walk under way has come to, since this process began or the walk began again.
}

func (p *Producer) begin(ctx context.Context) (*walker, error) {
	bucket, err := p.js.KeyValue(ctx, stream.State)
	if err != nil {
		return nil, fmt.Errorf("opening the state bucket %s: %w", stream.State, err)
	}
	store, state, err := cursor.Open(ctx, bucket, p.site, p.config.Collection, p.config.SelectionFile)
	if err != nil {
		return nil, err
	}
	return &walker{store: store, state: state}, nil
}

// untilNext tells how long there is nothing to walk: not at all while a walk is under way.
func (p *Producer) untilNext(w *walker) time.Duration {
	if w.state.Walk != nil {
		return 0
	}
	next := w.state.Swept.Add(p.config.Sweep)
	if poll := w.polled.Add(p.config.Poll); p.polls() && poll.Before(next) {
		next = poll
	}
	return time.Until(next)
}

// polls tells whether the selection can be followed by its updates. A file of ids or values can not.
func (p *Producer) polls() bool { return p.config.SelectionFile == "" }

// walk reads the selection from where it stands to its end.
func (p *Producer) walk(ctx context.Context, w *walker) error {
	if w.state.Walk == nil {
		w.state.Walk = p.next(w)
		p.metrics.stands(w.state)
	}
	if !w.state.Walk.Sweep {
		w.polled = time.Now()
	}
	if !p.polls() {
		return p.walkFile(ctx, w)
	}
	selection, err := p.library.Resolve(ctx, p.config.Collection)
	if err != nil {
		return err
	}
	selection.Since = w.state.Walk.From
	for {
		done, err := p.step(ctx, w, selection)
		if err != nil || done {
			return err
		}
	}
}

// next begins a walk: a sweep when one is due, else a poll.
func (p *Producer) next(w *walker) *cursor.Walk {
	now := time.Now().UTC()
	if !now.Before(w.state.Swept.Add(p.config.Sweep)) {
		return &cursor.Walk{Sweep: true, Started: now}
	}
	return &cursor.Walk{From: w.state.From(p.config.Overlap), Started: now}
}

// step does one page and stores that it was done.
func (p *Producer) step(ctx context.Context, w *walker, selection threatq.Selection) (done bool, err error) {
	page, err := p.read(ctx, selection, w.state.Walk.Mark)
	if err != nil {
		return false, err
	}
	p.metrics.answered()
	if err := p.enqueue(ctx, w, page.Indicators, page.Unreadable); err != nil {
		return false, err
	}
	for _, record := range page.Indicators {
		if record.UpdatedAt.After(w.state.Walk.Newest) && time.Until(record.UpdatedAt) < maxAhead {
			w.state.Walk.Newest = record.UpdatedAt
		}
	}
	if page.Done {
		return true, p.finish(ctx, w)
	}
	w.state.Walk.Mark = page.Next
	if err := w.store.Save(ctx, w.state); err != nil {
		return false, err
	}
	w.failed = 0
	return false, nil
}

// finish stores that a walk came to its end, and says what it came to. A sweep saw everything that a poll would have seen. The next
// walk tries whole pages again: what made one too large may be gone, or far away.
func (p *Producer) finish(ctx context.Context, w *walker) error {
	walk, after := *w.state.Walk, w.state.After(time.Now().UTC(), p.config.Overlap)
	name := "poll"
	if walk.Sweep {
		name = "sweep"
		w.polled = walk.Started
	}
	if err := w.store.Save(ctx, after); err != nil {
		return err
	}
	w.state, w.failed = after, 0
	p.metrics.stands(after)
	p.metrics.walks.WithLabelValues(name).Inc()
	p.walks.Add(1)
	p.log.Info().Str("walk", name).Time("since", after.Since).EmbedObject(w.seen).
		Float64("took_s", time.Since(walk.Started).Seconds()).Msg("walk finished")
	w.seen, p.page = nil, p.config.PageSize
	return nil
}

// trouble says what went wrong and decides where the walk goes on, and when.
func (p *Producer) trouble(ctx context.Context, w *walker, err error) time.Duration {
	wait := max(min(minWait<<min(w.failed, 10), maxWait), fault.RetryAfter(err))
	w.failed++
	kind := fault.KindOf(err)
	p.metrics.interrupted(kind, kind == fault.Denied && !errors.Is(err, errSelectionFile))
	if errors.Is(err, cursor.ErrMoved) {
		wait = p.reload(ctx, w)
	}
	if fault.KindOf(err) == fault.Permanent && !errors.Is(err, threatq.ErrTooLarge) && w.state.Walk != nil {
		w.state.Walk.Mark, w.seen = "", nil // ThreatQ may have forgotten the mark: the walk begins again.
	}
	level := zerolog.WarnLevel
	if fault.KindOf(err) == fault.Denied {
		level = zerolog.ErrorLevel
	}
	p.log.WithLevel(level).Err(err).Str("fault", fault.KindOf(err).String()).Float64("retry_in_s", wait.Seconds()).Msg("walk interrupted")
	return wait
}

// reload goes on from what another producer stored, at the next poll.
func (p *Producer) reload(ctx context.Context, w *walker) time.Duration {
	if state, err := w.store.Load(ctx); err == nil {
		w.state, w.seen = state, nil
		p.metrics.stands(state)
	}
	return p.config.Poll
}
