package breaker

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

const (
	// trips is how many failures in a row open the breaker: one is a hiccup, and at 4 requests a minute five are a minute.
	trips = 5
	// minClaim is for how long a probe belongs to whoever claimed it, besides the wait for a permit: a request takes some seconds.
	minClaim = time.Minute
	// readTimeout bounds the look at the state behind which a request goes out: a permit lives a second.
	readTimeout = 250 * time.Millisecond
	// behind is for how long an older state than the one that is known comes from a server that is behind, and not from a bucket that
	// was made anew.
	behind = 10 * time.Second
	// lookWait is how often a worker looks, in an outage, whether it is over for others: full speed is back that long after it.
	lookWait = 5 * time.Second
	// darkWait is for how long nothing is asked while the free page is silent, and what is left of it when it is told anew. To tell it
	// with each look would change the consumers every 15 s.
	darkWait, darkLeft = 10 * time.Minute, 5 * time.Minute
	// tellTimeout bounds the telling of what a request has shown, whatever else has ended: four exchanges with the server.
	tellTimeout = 30 * time.Second
	// maxCause bounds the cause as the fleet reads it, in runes.
	maxCause = 500
)

// ErrOpen means that nobody may ask now: the job waits, and comes back. It is a quota fault, since nothing was asked.
var ErrOpen = errors.New("the provider is not asked for now")

// A Fleet is what all workers share.
type Fleet interface {
	State(ctx context.Context) (wire.ProviderState, error)
	Change(ctx context.Context, change func(*wire.ProviderState) bool) (state wire.ProviderState, changed bool, err error)
	Pause(ctx context.Context, state wire.ProviderState) error
}

// Options are what a breaker is made of.
type Options struct {
	Fleet Fleet
	// NowFunc tells the server's time, in which the times of the state are.
	NowFunc func() time.Time
	Pace    Pace
	// PermitWait is how long a permit may take to come: the window of the quota.
	PermitWait time.Duration
	// FreeFunc asks the provider something that costs nothing, and FreeKnown tells whether that has ever worked: before, its failure
	// says nothing about the provider. Nil where there is no such thing.
	FreeFunc  func(ctx context.Context) error
	FreeKnown func() bool
	// ChangedFunc hears of every outage that begins, as far as this worker has seen, and of its end, with nil. It must not call the
	// breaker. Optional.
	ChangedFunc func(*wire.Outage)
	// TroubleFunc hears of what could not be told to the fleet, or heard from it. Optional.
	TroubleFunc func(error)
}

// A Breaker guards one provider in one worker.
type Breaker struct {
	options Options

	mu      sync.Mutex
	inner   *gobreaker.CircuitBreaker[verdict.Verdict] // Counts, while the fleet's breaker is closed.
	last    error                                      // The failure that counted last.
	state   wire.ProviderState                         // As it was last read,
	at      time.Time                                  // and when.
	changed chan struct{}                              // Closed, and replaced, when those who wait have to look again.
}

// New makes a breaker that takes the fleet's for closed until it reads otherwise.
func New(o Options) *Breaker {
	b := &Breaker{options: o, changed: make(chan struct{})}
	b.inner = b.counter()
	return b
}

// counter makes a breaker that has counted nothing. Once open it stays so, until the fleet's closes and it is replaced.
func (b *Breaker) counter() *gobreaker.CircuitBreaker[verdict.Verdict] {
	return gobreaker.NewCircuitBreaker[verdict.Verdict](gobreaker.Settings{
		Timeout:      365 * day,
		ReadyToTrip:  b.readyToTrip,
		IsSuccessful: b.successful,
		IsExcluded:   excluded,
	})
}

// readyToTrip runs under the inner breaker's lock, as successful does.
func (b *Breaker) readyToTrip(counts gobreaker.Counts) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return counts.ConsecutiveFailures >= trips || fault.KindOf(b.last) == fault.Denied
}

// successful tells what counts for the provider, and keeps what counts against it.
func (b *Breaker) successful(err error) bool {
	if answered(err) {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last = err
	return false
}

// answered tells whether the provider has answered as one that works does.
func answered(err error) bool {
	switch fault.KindOf(err) {
	case fault.Permanent, fault.Gone:
		return true
	case fault.Transient, fault.Denied, fault.Unknown, fault.Quota, fault.Interrupted:
	}
	return err == nil
}

// excluded tells what says nothing about the provider.
func excluded(err error) bool {
	kind := fault.KindOf(err)
	return err != nil && (kind == fault.Quota || kind == fault.Interrupted)
}

// Open tells whether the provider is out of reach, as far as this worker knows: nobody asks, but for a probe.
func (b *Breaker) Open() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state.Outage != nil
}

// ask asks, if the fleet still lets anybody, or gives ErrOpen.
func (b *Breaker) ask(ctx context.Context, ask func() (verdict.Verdict, error)) (verdict.Verdict, error) {
	look, done := context.WithTimeout(ctx, readTimeout)
	state, _ := b.refresh(look)
	done()
	if left, due := b.closed(state); left > 0 || due {
		return verdict.Verdict{}, fault.New(fault.Quota, ErrOpen)
	}
	b.mu.Lock()
	inner := b.inner
	b.mu.Unlock()
	v, err := inner.Execute(ask)
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return v, fault.New(fault.Quota, ErrOpen) // It opened in this moment.
	}
	if !answered(err) && !excluded(err) && inner.State() == gobreaker.StateOpen {
		b.open(ctx, inner)
	}
	return v, err
}

// closed tells for how long a state lets nobody ask; due, that it is time for a probe.
func (b *Breaker) closed(state wire.ProviderState) (left time.Duration, due bool) {
	now := b.options.NowFunc()
	if state.Operator != nil {
		left = state.Operator.Until.Sub(now)
	}
	if state.Outage == nil {
		return left, false
	}
	left = max(left, state.Outage.Until.Sub(now))
	return left, left <= 0
}

// open tells the fleet that the provider does not answer. Where that cannot be told this worker keeps to it by itself. What was asked
// before the end of another outage says nothing of now.
func (b *Breaker) open(ctx context.Context, inner *gobreaker.CircuitBreaker[verdict.Verdict]) {
	b.mu.Lock()
	cause, old := b.last, inner != b.inner
	b.mu.Unlock()
	if old {
		return
	}
	now := b.options.NowFunc()
	outage := wire.Outage{
		Fault: fault.KindOf(cause).String(), Cause: verdict.Clean(cause.Error(), maxCause), Since: now,
		Tried: now, Page: now, Free: b.options.FreeFunc != nil && b.options.FreeKnown(),
	}
	b.tell(ctx, true, func(state *wire.ProviderState) bool {
		if state.Outage != nil {
			return false // Somebody else was first.
		}
		outage.Until = b.options.Pace.next(now, 0, spentOn(state, now))
		state.Outage = &outage
		return true
	})
}

// spentOn is how many probes the day of a moment has spent.
func spentOn(state *wire.ProviderState, at time.Time) int {
	if state.Probes.Day != at.UTC().Format(probeDay) {
		return 0
	}
	return state.Probes.Spent
}

// probeDay is how the state spells a day.
const probeDay = "20060102"

// tell changes the fleet's state, and pauses the consumers by it if need be. It takes its own time, bounded: what a request has shown
// was paid for.
func (b *Breaker) tell(ctx context.Context, pause bool, change func(*wire.ProviderState) bool) (changed bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellTimeout)
	defer cancel()
	state, changed, err := b.options.Fleet.Change(ctx, change)
	if err != nil {
		b.trouble(err)
		b.mu.Lock()
		state = b.state
		b.mu.Unlock()
		changed = change(&state)
	}
	b.see(state)
	if changed && pause && err == nil {
		b.trouble(b.options.Fleet.Pause(ctx, state))
	}
	return changed
}

func (b *Breaker) trouble(err error) {
	if err != nil && b.options.TroubleFunc != nil {
		b.options.TroubleFunc(err)
	}
}

// see takes a state for what is so, unless it is older than what is known. When an outage has ended, counting begins anew.
func (b *Breaker) see(state wire.ProviderState) wire.ProviderState {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.state
	if state.Revision < before.Revision && time.Since(b.at) < behind {
		return before
	}
	b.state, b.at = state, time.Now()
	if before.Outage != nil && state.Outage == nil {
		b.inner = b.counter()
	}
	if (before.Outage == nil) != (state.Outage == nil) && b.options.ChangedFunc != nil {
		b.options.ChangedFunc(state.Outage)
	}
	if !reflect.DeepEqual(before, state) {
		close(b.changed)
		b.changed = make(chan struct{})
	}
	return state
}
