package fleet

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/lifecycle"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

const (
	// timeout bounds one exchange with the server: longer than an election, which takes up to 7 s.
	timeout = 10 * time.Second
	// maxTries bounds how often a change is begun anew because somebody else has changed the entry: everybody who tries at once
	// succeeds one after another, and a fleet whose breakers open in one moment has some dozens of workers.
	maxTries = 50
	// maxPatience bounds the wait before a change is begun anew: what was read may come from a server that is slightly behind.
	maxPatience = 50 * time.Millisecond
)

// A Fleet is the workers of one account.
type Fleet struct {
	js      jetstream.JetStream
	bucket  jetstream.KeyValue
	account wire.Account
	routes  []Route
	now     func() time.Time
}

// A Route is a route that the account is on.
type Route struct {
	Name     string
	Accounts []wire.Account // All that can answer its jobs, this one among them.
}

// Open opens the state of an account, for the workers of its routes. The clock has to tell the server's time, in which all ends are.
func Open(ctx context.Context, js jetstream.JetStream, account wire.Account, routes []Route, now func() time.Time) (*Fleet, error) {
	bucket, err := js.KeyValue(ctx, stream.State)
	if err != nil {
		return nil, fmt.Errorf("opening bucket %s: %w", stream.State, err)
	}
	return &Fleet{js: js, bucket: bucket, account: account, routes: routes, now: now}, nil
}

// State reads the entry; the zero state when there is none.
func (f *Fleet) State(ctx context.Context) (wire.ProviderState, error) {
	return f.stateOf(ctx, f.account)
}

func (f *Fleet) stateOf(ctx context.Context, account wire.Account) (state wire.ProviderState, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	entry, err := f.bucket.Get(ctx, account.StateKey())
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return wire.ProviderState{}, nil
	}
	if err != nil {
		return wire.ProviderState{}, fmt.Errorf("reading the provider's state: %w", err)
	}
	state, err = wire.DecodeState(entry.Value())
	switch {
	case errors.Is(err, wire.ErrNewer):
		return wire.ProviderState{}, fmt.Errorf("reading the provider's state: %w", err) // To write it anew would lose what it says.
	case err != nil:
		state = wire.ProviderState{} // What cannot be read is written anew.
	}
	state.Revision = entry.Revision()
	return state, nil
}

// Change changes the entry, unless the change tells that there is nothing to do any more, and gives what stands there then. It is
// called again when somebody else was faster.
func (f *Fleet) Change(ctx context.Context, change func(*wire.ProviderState) bool) (state wire.ProviderState, changed bool, err error) {
	for range maxTries {
		state, err := f.State(ctx)
		if err != nil {
			return state, false, err
		}
		state.Spent = maps.Clone(state.Spent)
		if !change(&state) {
			return state, false, nil
		}
		f.prune(&state)
		if state.Revision, err = f.write(ctx, state); err == nil {
			return state, true, nil
		}
		if !stream.Conflict(err) {
			return state, false, fmt.Errorf("changing the provider's state: %w", err)
		}
		if !lifecycle.Sleep(ctx, rand.N(maxPatience)) { //nolint:gosec // Jitter, not a secret.
			return state, false, context.Cause(ctx)
		}
	}
	return state, false, errors.New("changing the provider's state: others change it all the time")
}

// prune forgets what is over.
func (f *Fleet) prune(state *wire.ProviderState) {
	now := f.now()
	maps.DeleteFunc(state.Spent, func(_ wire.Lane, until time.Time) bool { return !until.After(now) })
	if state.Operator != nil && !state.Operator.Until.After(now) {
		state.Operator = nil
	}
}

// write replaces the entry that the state was read from.
func (f *Fleet) write(ctx context.Context, state wire.ProviderState) (revision uint64, err error) {
	body, err := wire.EncodeState(state)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if state.Revision == 0 {
		return f.bucket.Create(ctx, f.account.StateKey(), body) // Also where somebody has deleted it.
	}
	return f.bucket.Update(ctx, f.account.StateKey(), body, state.Revision)
}

// Spend notes that nothing is left for a lane for a while, and pauses its consumer.
func (f *Fleet) Spend(ctx context.Context, lane wire.Lane, left time.Duration) error {
	until := f.now().Add(left)
	state, _, err := f.Change(ctx, func(state *wire.ProviderState) bool {
		if !state.Spent[lane].Before(until.Add(-grain)) {
			return false
		}
		if state.Spent == nil {
			state.Spent = map[wire.Lane]time.Time{}
		}
		state.Spent[lane] = until
		return true
	})
	if err != nil {
		return err
	}
	return f.pause(ctx, state, lane)
}

// grain is how much two workers' opinions of one end differ without being different.
const grain = time.Second

// Restore notes that something is left for a lane after all: a limit was raised, or a counter was wrong. The consumer is brought to
// what the state says in any case: whoever noted it before may have died over that.
func (f *Fleet) Restore(ctx context.Context, lane wire.Lane) error {
	state, _, err := f.Change(ctx, func(state *wire.ProviderState) bool {
		_, spent := state.Spent[lane]
		delete(state.Spent, lane)
		return spent
	})
	if err != nil {
		return err
	}
	return f.pause(ctx, state, lane)
}

// Pause brings the consumers of all lanes to what a state says: paused to the latest end, or at work.
func (f *Fleet) Pause(ctx context.Context, state wire.ProviderState) error {
	var all []error
	for _, lane := range wire.Lanes() {
		all = append(all, f.pause(ctx, state, lane))
	}
	return errors.Join(all...)
}

// pause brings the lane's consumers on all routes of the account to what the states of all its providers say.
func (f *Fleet) pause(ctx context.Context, state wire.ProviderState, lane wire.Lane) error {
	var all []error
	for _, route := range f.routes {
		until, err := f.until(ctx, route, state, lane)
		if err == nil {
			err = f.pauseUntil(ctx, stream.LaneStream(lane), stream.LookupConsumer(lane, route.Name), until)
		}
		all = append(all, err)
	}
	return errors.Join(all...)
}

// until is the end of the time in which nobody on a route can be asked: the first end of any. The state is that of the own account.
func (f *Fleet) until(ctx context.Context, route Route, state wire.ProviderState, lane wire.Lane) (time.Time, error) {
	until := state.Until(lane)
	for _, account := range route.Accounts {
		if account == f.account || !until.After(f.now()) {
			continue
		}
		other, err := f.stateOf(ctx, account)
		if err != nil {
			return until, err
		}
		if end := other.Until(lane); end.Before(until) {
			until = end
		}
	}
	return until, nil
}

// pauseUntil changes nothing where the consumer is as it should be: in a cluster a change is one for all servers.
func (f *Fleet) pauseUntil(ctx context.Context, from, name string, until time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	consumer, err := f.js.Consumer(ctx, from, name)
	if err != nil {
		return fmt.Errorf("pausing consumer %s: %w", name, err)
	}
	left, is := max(0, until.Sub(f.now())), consumer.CachedInfo().PauseRemaining
	switch {
	case (left-is).Abs() < grain && (left > 0) == (is > 0):
		return nil
	case left > 0:
		_, err = f.js.PauseConsumer(ctx, from, name, until)
	default:
		_, err = f.js.ResumeConsumer(ctx, from, name)
	}
	if err != nil {
		return fmt.Errorf("pausing consumer %s: %w", name, err)
	}
	return nil
}
