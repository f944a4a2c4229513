package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

const (
	// accountTimeout bounds the questions of one status: somebody looks at it because something is slow.
	accountTimeout = 2 * time.Second
	// accountAge is for how long an answer is good: whoever reloads the page all the time asks NATS no more than that.
	accountAge = 5 * time.Second
)

// An accountStatus is how an account of a provider is, as all workers share it. The words of the provider and of operators are left to the
// log: nobody had to log in to read this.
type accountStatus struct {
	Provider string `json:"provider"`
	Account  string `json:"account"`
	// Unknown is set where NATS could not be asked; then nothing of the rest is.
	Unknown bool `json:"unknown,omitempty"`
	// Outage is set while nobody asks because the provider does not answer, or refuses the key.
	Outage *outageStatus `json:"outage,omitempty"`
	// PausedUntil is set while an operator wants nothing to be asked.
	PausedUntil time.Time `json:"paused_until,omitzero"`
	// SpentUntil tells by lane until when nothing is left of the day or the month.
	SpentUntil map[wire.Lane]time.Time `json:"spent_until,omitempty"`
	// Day and Month are what was spent of them; null where there are no limits, as nothing is counted then.
	Day   *int `json:"day"`
	Month *int `json:"month"`
}

// An outageStatus is a breaker that is open.
type outageStatus struct {
	Fault string    `json:"fault"`
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
}

// Account posts an account of a provider whose state /status tells. It is read from NATS when somebody wants to know, over the
// connection that was posted.
func (b *Board) Account(provider, name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.accounts = append(b.accounts, wire.Account{Provider: provider, Name: name})
}

// tellAccounts asks for all accounts, or remembers what it was told a moment ago. Whoever comes while another asks waits for that.
func (b *Board) tellAccounts(ctx context.Context) []accountStatus {
	select {
	case b.asking <- struct{}{}:
		defer func() { <-b.asking }()
	case <-ctx.Done():
		return nil
	}
	if b.asked.IsZero() || time.Since(b.asked) >= accountAge {
		b.told, b.asked = b.askAccounts(ctx), time.Now()
	}
	return b.told
}

func (b *Board) askAccounts(ctx context.Context) []accountStatus {
	ctx, cancel := context.WithTimeout(ctx, accountTimeout)
	defer cancel()
	b.mu.Lock()
	accounts := b.accounts
	b.mu.Unlock()
	var all []accountStatus
	for _, account := range accounts {
		told, err := b.askAccount(ctx, account, time.Now().UTC())
		if err != nil {
			told = accountStatus{Unknown: true}
		}
		told.Provider, told.Account = account.Provider, account.Name
		all = append(all, told)
	}
	return all
}

func (b *Board) askAccount(ctx context.Context, account wire.Account, now time.Time) (told accountStatus, err error) {
	nc := b.nats.Load()
	if nc == nil || !nc.IsConnected() {
		return told, errAway
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return told, err
	}
	if told, err = stateOf(ctx, js, account, now); err != nil {
		return told, err
	}
	spent, err := js.Stream(ctx, stream.Spend)
	if err != nil {
		return told, err
	}
	if told.Day, err = counted(ctx, spent, account.SpendSubject(now.Format("20060102"))); err != nil {
		return told, err
	}
	told.Month, err = counted(ctx, spent, account.SpendSubject(now.Format("200601")))
	return told, err
}

// stateOf reads what all workers share. An entry of a later version is unknown, like one that cannot be read.
func stateOf(ctx context.Context, js jetstream.JetStream, account wire.Account, now time.Time) (told accountStatus, err error) {
	bucket, err := js.KeyValue(ctx, stream.State)
	if err != nil {
		return told, err
	}
	entry, err := bucket.Get(ctx, account.StateKey())
	if isNone(err) {
		return told, nil
	}
	if err != nil {
		return told, err
	}
	state, err := wire.DecodeState(entry.Value())
	if err != nil {
		return told, err
	}
	return toldOf(state, now), nil
}

// toldOf leaves out what is over, which stands in the entry until somebody writes it again.
func toldOf(state wire.ProviderState, now time.Time) (told accountStatus) {
	if o := state.Outage; o != nil {
		told.Outage = &outageStatus{Fault: o.Fault, Since: o.Since, Until: o.Until}
	}
	if p := state.Operator; p != nil && p.Until.After(now) {
		told.PausedUntil = p.Until
	}
	told.SpentUntil = maps.Clone(state.Spent)
	maps.DeleteFunc(told.SpentUntil, func(_ wire.Lane, until time.Time) bool { return !until.After(now) })
	return told
}

// counted reads a counter of the server; nil where nothing was counted.
func counted(ctx context.Context, from jetstream.Stream, subject string) (*int, error) {
	message, err := from.GetLastMsgForSubject(ctx, subject)
	if isNone(err) {
		return nil, nil //nolint:nilnil // Nothing counted is neither zero nor wrong.
	}
	if err != nil {
		return nil, err
	}
	var counter struct{ Val string }
	if err := json.Unmarshal(message.Data, &counter); err != nil {
		return nil, fmt.Errorf("reading a counter: %w", err)
	}
	n, err := strconv.Atoi(counter.Val)
	return &n, err
}
