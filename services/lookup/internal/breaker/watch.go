package breaker

import (
	"context"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/wire"
)

// Watch follows the outages that this worker knows of, until ctx ends: it looks whether others have ended them, and asks the provider's
// free page when it is this worker's turn. Without it a worker would neither hear of an end nor ask the page. It always returns nil.
func (b *Breaker) Watch(ctx context.Context) error {
	b.refresh(ctx)
	for ctx.Err() == nil {
		state, changed := b.view()
		if state.Outage == nil && state.Operator == nil {
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

// refresh reads the state. What cannot be read is taken to be as it was.
func (b *Breaker) refresh(ctx context.Context) wire.ProviderState {
	state, err := b.options.Fleet.State(ctx)
	if err == nil {
		b.see(state)
		return state
	}
	if ctx.Err() == nil {
		b.trouble(err)
	}
	state, _ = b.view()
	return state
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

// page asks the provider's free page. While it is silent, and has answered before, no request is spent. When it answers after a silence
// a request may probe at once.
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

func (b *Breaker) lit(ctx context.Context) {
	now := b.options.NowFunc()
	b.change(ctx, true, func(o *wire.Outage) bool {
		if o.Free && !o.Dark {
			return false
		}
		if o.Dark {
			o.Until = now
		}
		o.Free, o.Dark = true, false
		return true
	})
}

func (b *Breaker) dark(ctx context.Context) {
	now := b.options.NowFunc()
	b.change(ctx, true, func(o *wire.Outage) bool {
		told := o.Dark
		o.Dark = true
		if !o.Free || o.Until.Sub(now) > darkLeft {
			return !told
		}
		o.Until = now.Add(darkWait)
		return true
	})
}
