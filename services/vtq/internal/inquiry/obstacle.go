package inquiry

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/provider"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

// moment is how a time is told to a person.
const moment = "2006-01-02 15:04:05 MST"

// Obstacle tells, for a person, what keeps urgent questions from being answered: the providers' state, the server that holds a
// lane, or that no worker takes from it. It is "" when nothing of that is so: then the questions wait their turn.
//
// The state of every account of a provider counts. Which one the workers use is their setting.
func (q *Inquirer) Obstacle(ctx context.Context) (string, error) {
	states, err := q.states(ctx)
	if err != nil || states != "" {
		return states, err
	}
	for _, route := range q.Routes.Routes() {
		if obstacle, err := q.idle(ctx, route.Name); err != nil || obstacle != "" {
			return obstacle, err
		}
	}
	return "", nil
}

// idle says why nobody takes the urgent jobs of a route.
func (q *Inquirer) idle(ctx context.Context, route string) (string, error) {
	consumer, err := q.JS.Consumer(ctx, stream.LaneStream(wire.Urgent), stream.LookupConsumer(wire.Urgent, route))
	if err != nil {
		return "", fmt.Errorf("looking for workers: %w", err)
	}
	info := consumer.CachedInfo()
	switch {
	case info.Paused:
		return fmt.Sprintf("the server holds urgent questions for another %v", info.PauseRemaining.Round(time.Second)), nil
	case info.NumWaiting == 0 && info.NumAckPending == 0: // Whoever works has a pull open, or a job in hand.
		return "no lookup worker is there to take urgent questions", nil
	}
	return "", nil
}

// states reads the state of each account, and says what is in the way.
func (q *Inquirer) states(ctx context.Context) (string, error) {
	bucket, err := q.JS.KeyValue(ctx, stream.State)
	if err != nil {
		return "", fmt.Errorf("reading the provider's state: %w", err)
	}
	every := wire.Account{Provider: "*", Name: "*"}
	watcher, err := bucket.Watch(ctx, every.StateKey(), jetstream.IgnoreDeletes())
	if err != nil {
		return "", fmt.Errorf("reading the provider's state: %w", err)
	}
	defer func() { _ = watcher.Stop() }() // It has told everything.
	var all []string
	for {
		select {
		case entry := <-watcher.Updates():
			if entry == nil { // That was all that is there.
				return strings.Join(all, "; "), nil
			}
			who := q.who(entry.Key())
			if state, err := wire.DecodeState(entry.Value()); who != "" && err == nil { // A newer one is for newer readers.
				all = append(all, reasons(state, who)...)
			}
		case <-ctx.Done():
			return "", fmt.Errorf("reading the provider's state: %w", context.Cause(ctx))
		}
	}
}

// who is the provider that a state is about; "" for one that nobody here is to ask.
func (q *Inquirer) who(key string) string {
	for _, route := range q.Routes.Routes() {
		for _, name := range route.Providers {
			if account, ok := strings.CutPrefix(key, wire.Account{Provider: name}.StateKey()); ok && account != "" {
				return provider.Title(name)
			}
		}
	}
	return ""
}

// reasons words a state. The times are the server's: that ours differ by a little does no harm here.
func reasons(state wire.ProviderState, who string) []string {
	var all []string
	now := time.Now()
	if p := state.Operator; p != nil && p.Until.After(now) {
		all = append(all, because("an operator has paused "+who+" until "+told(p.Until), p.Why))
	}
	if o := state.Outage; o != nil {
		all = append(all, because(fmt.Sprintf("%s has not been answering since %s", who, told(o.Since)), o.Cause))
	}
	if until := state.Spent[wire.Urgent]; until.After(now) {
		all = append(all, fmt.Sprintf("the quota of %s is spent until %s", who, told(until)))
	}
	return all
}

func told(t time.Time) string { return t.UTC().Format(moment) }

// because adds a reason from outside, if there is one.
func because(what, why string) string {
	if why = verdict.Clean(why, maxReason); why == "" {
		return what
	}
	return what + ": " + why
}
