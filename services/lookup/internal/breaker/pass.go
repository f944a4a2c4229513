package breaker

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

// A Pass lets one request be asked. It is used with Do, or given back with Leave.
type Pass struct {
	breaker *Breaker
	claimed time.Time // Of a probe: until when it is this one's alone. The zero time of any other.
	spent   atomic.Bool
	once    sync.Once
}

// Enter waits until somebody may ask, and gives the pass to it, or the cause of the end of ctx. In an outage it waits until it is time
// for the next probe, and of all who wait, in all workers, one has the pass.
func (b *Breaker) Enter(ctx context.Context) (*Pass, error) {
	for ctx.Err() == nil {
		state, changed := b.view()
		left, due := b.closed(state)
		switch {
		case due:
			if until, ok := b.claim(ctx); ok {
				return &Pass{breaker: b, claimed: until}, nil
			}
		case left > 0:
			wait(ctx, left, changed)
		default:
			return &Pass{breaker: b}, nil
		}
	}
	return nil, context.Cause(ctx)
}

// Try gives a pass if somebody may ask now, a probe that is due among them, or ErrOpen at once: whoever can ask another provider does
// not wait for this one.
func (b *Breaker) Try(ctx context.Context) (*Pass, error) {
	state, _ := b.view()
	switch left, due := b.closed(state); {
	case due:
		if until, ok := b.claim(ctx); ok {
			return &Pass{breaker: b, claimed: until}, nil
		}
	case left <= 0:
		return &Pass{breaker: b}, nil
	}
	return nil, fault.New(fault.Quota, ErrOpen)
}

// Ready tells whether Try may give a pass.
func (b *Breaker) Ready() bool {
	state, _ := b.view()
	left, _ := b.closed(state)
	return left <= 0
}

// view gives the state as it was last read, and what is closed when another is read.
func (b *Breaker) view() (wire.ProviderState, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state, b.changed
}

// wait waits for a while at most, or for a change.
func wait(ctx context.Context, d time.Duration, changed <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-changed:
	case <-ctx.Done():
	}
}

// claim takes the probe that is due, by moving the time of the next one on.
func (b *Breaker) claim(ctx context.Context) (until time.Time, ok bool) {
	now := b.options.NowFunc()
	until = now.Add(minClaim + max(minClaim, b.options.PermitWait))
	return until, b.change(ctx, false, func(o *wire.Outage) bool {
		if o.Until.After(now) {
			return false
		}
		o.Until = until
		return true
	})
}

// Spent notes that the request went out: a probe that did not costs nothing.
func (p *Pass) Spent() { p.spent.Store(true) }

// Do asks, if the fleet still lets anybody, or gives ErrOpen.
func (p *Pass) Do(ctx context.Context, ask func() (verdict.Verdict, error)) (verdict.Verdict, error) {
	if p.claimed.IsZero() {
		return p.breaker.ask(ctx, ask)
	}
	defer p.Leave(ctx)                                  // Also when it panics.
	if !p.breaker.options.NowFunc().Before(p.claimed) { // The permit took too long: somebody else may have claimed it since.
		return verdict.Verdict{}, fault.New(fault.Quota, ErrOpen)
	}
	v, err := ask()
	if !excluded(err) {
		p.once.Do(func() { p.breaker.probed(ctx, err, p.spent.Load()) })
	}
	return v, err
}

// Leave gives back a pass that was not used, or has shown nothing: somebody else may probe.
func (p *Pass) Leave(ctx context.Context) {
	p.once.Do(func() {
		if p.claimed.IsZero() {
			return
		}
		now := p.breaker.options.NowFunc()
		p.breaker.change(ctx, false, func(o *wire.Outage) bool {
			mine := o.Until.Equal(p.claimed)
			if mine {
				o.Until = now
			}
			return mine
		})
	})
}

// probed ends the outage, or sets the time of the next probe. One that never went out has cost nothing, and comes again soon.
func (b *Breaker) probed(ctx context.Context, err error, spent bool) {
	now := b.options.NowFunc()
	b.tell(ctx, true, func(state *wire.ProviderState) bool {
		if state.Outage == nil {
			return false
		}
		if answered(err) {
			state.Outage = nil
			return true
		}
		o := *state.Outage
		o.Fault, o.Cause = fault.KindOf(err).String(), verdict.Clean(err.Error(), maxCause)
		o.Until = now.Add(freeWait)
		if spent {
			state.Probes = wire.Probes{Day: now.UTC().Format(probeDay), Spent: spentOn(state, now) + 1}
			o.Tried, o.Probes = now, o.Probes+1
			o.Until = b.options.Pace.next(now, o.Probes, state.Probes.Spent)
		}
		state.Outage = &o
		return true
	})
}

// change changes the outage, if there is one still.
func (b *Breaker) change(ctx context.Context, pause bool, change func(*wire.Outage) bool) bool {
	return b.tell(ctx, pause, func(state *wire.ProviderState) bool {
		if state.Outage == nil {
			return false
		}
		outage := *state.Outage
		if !change(&outage) {
			return false
		}
		state.Outage = &outage
		return true
	})
}
