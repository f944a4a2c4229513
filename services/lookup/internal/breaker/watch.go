package breaker

import (
	"context"
	"errors"
	"time"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/wire"
)

// Watch follows the outages that this worker knows of, until ctx ends: it looks whether others have ended them, and asks the provider's
// free page when it is this worker's turn. Without it a worker would neither hear of an end nor ask the page. It always returns nil.
func (b *Breaker) Watch(ctx context.Context) error {
	b.begin(ctx)
	for ctx.Err() == nil {
		state, changed := b.view()
		if state.Outage == nil && b.resting(state) <= 0 {
			select {
			case <-changed:
			case <-ctx.Done():
			}
			continue
		}
		if o := state.Outage; o != nil && b.options.FreeFunc != nil && !o.Page.After(b.options.NowFunc()) && b.turn(ctx) {
			b.page(ctx)
		}
		wait(ctx, lookWait, nil)
		b.refresh(ctx)
	}
	return nil
}

// begin reads the state for the first time, until that works or ctx ends: before, nothing is known of what others have met.
func (b *Breaker) begin(ctx context.Context) {
	for ctx.Err() == nil {
		if _, ok := b.refresh(ctx); ok {
			return
		}
		wait(ctx, lookWait, nil)
	}
}

// resting is for how long a person wants nothing to be asked.
func (b *Breaker) resting(state wire.ProviderState) time.Duration {
	if state.Operator == nil {
		return 0
	}
	return state.Operator.Until.Sub(b.options.NowFunc())
}

// refresh reads the state. What cannot be read is taken to be as it was.
func (b *Breaker) refresh(ctx context.Context) (state wire.ProviderState, ok bool) {
	state, err := b.options.Fleet.State(ctx)
	if err == nil {
		return b.see(state), true
	}
	if !errors.Is(ctx.Err(), context.Canceled) {
		b.trouble(err)
	}
	state, _ = b.view()
	return state, false
}

// turn takes the turn to ask the free page, for as long as nobody else is to ask it.
func (b *Breaker) turn(ctx context.Context) bool {
	now := b.options.NowFunc()
	return b.change(ctx, false, func(o *wire.Outage) bool {
		if o.Page.After(now) {
			return false
		}
		o.Page = now.Add(freeWait)
		return true
	})
}

// page asks the provider's free page.
func (b *Breaker) page(ctx context.Context) {
	err := b.options.FreeFunc(ctx)
	if err != nil && ctx.Err() != nil {
		return
	}
	if answered(err) || fault.KindOf(err) == fault.Quota { // Whatever it says.
		b.lit(ctx)
	} else {
		b.dark(ctx)
	}
}

// lit notes that the page answers. After a silence a request may probe at once, if the day has any left for that: a page that comes and
// goes must not spend it all.
func (b *Breaker) lit(ctx context.Context) {
	now := b.options.NowFunc()
	b.tell(ctx, true, func(state *wire.ProviderState) bool {
		if o := state.Outage; o == nil || o.Free && !o.Dark {
			return false
		}
		o := *state.Outage
		if o.Dark && spentOn(state, now) < b.options.Pace.probes {
			o.Until = now
		}
		o.Free, o.Dark = true, false
		state.Outage = &o
		return true
	})
}

// dark notes that the page is silent. If it has answered before, that keeps requests away, but not for ever.
func (b *Breaker) dark(ctx context.Context) {
	now := b.options.NowFunc()
	b.change(ctx, true, func(o *wire.Outage) bool {
		told := o.Dark
		o.Dark = true
		until := now.Add(darkWait)
		if blind := o.Tried.Add(b.options.Pace.blind()); blind.Before(until) {
			until = blind
		}
		if !o.Free || o.Until.Sub(now) > darkLeft || !until.After(o.Until) {
			return !told
		}
		o.Until = until
		return true
	})
}
