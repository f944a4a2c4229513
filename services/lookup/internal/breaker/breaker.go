package breaker

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/verdict"
)

const (
	// trips is how many failures in a row open the breaker: one is a hiccup, and at 4 requests a minute five are a minute.
	trips = 5
	// minOpen and maxOpen bound the time between two probes. A probe spends a permit: at 5 min an outage of a whole day costs
	// 288 of them and the first few, at most.
	minOpen = 10 * time.Second
	maxOpen = 5 * time.Minute
	// innerOpen is how long gobreaker keeps out those who came when both were closed: for less than ours, which decides.
	innerOpen = minOpen / 2
	// probeEnd is when those who wait for the end of a probe look by themselves: its end is told, and far before that.
	probeEnd = time.Hour
)

// ErrOpen means that nobody may ask now: the job waits, and comes back. It is a quota fault, since nothing was asked.
var ErrOpen = errors.New("the provider is not asked for now")

// A Breaker guards one provider.
type Breaker struct {
	inner    *gobreaker.CircuitBreaker[verdict.Verdict]
	onChange func(open bool, cause error)

	mu      sync.Mutex
	last    error         // The failure that counted last.
	until   time.Time     // Nobody asks before; zero when closed.
	wait    time.Duration // How long it stays open next time.
	probing bool
	changed chan struct{} // Closed, and replaced, when somebody who waits may go on.
}

// New makes a closed breaker. onChange, when set, hears of every opening, with its cause, and of every closing. It must not call
// the breaker.
func New(name string, onChange func(open bool, cause error)) *Breaker {
	b := &Breaker{onChange: onChange, wait: minOpen, changed: make(chan struct{})}
	b.inner = gobreaker.NewCircuitBreaker[verdict.Verdict](gobreaker.Settings{
		Name:          name,
		MaxRequests:   1,
		Timeout:       innerOpen,
		ReadyToTrip:   b.readyToTrip,
		OnStateChange: b.stateChanged,
		IsSuccessful:  b.successful,
		IsExcluded:    excluded,
	})
	return b
}

// Wait returns when somebody may ask, or gives the cause of the end of ctx.
func (b *Breaker) Wait(ctx context.Context) error {
	for {
		left, changed := b.left()
		if left <= 0 || ctx.Err() != nil {
			return context.Cause(ctx)
		}
		timer := time.NewTimer(left)
		select {
		case <-timer.C:
		case <-changed:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// Open tells whether the provider is out of reach: nobody asks, but for a probe.
func (b *Breaker) Open() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.until.IsZero()
}

// Do asks, or gives ErrOpen when nobody may.
func (b *Breaker) Do(ask func() (verdict.Verdict, error)) (verdict.Verdict, error) {
	leave, ok := b.enter()
	if !ok {
		return verdict.Verdict{}, fault.New(fault.Quota, ErrOpen)
	}
	defer leave()
	v, err := b.inner.Execute(ask)
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return v, fault.New(fault.Quota, ErrOpen) // It opened in this moment.
	}
	return v, err
}
