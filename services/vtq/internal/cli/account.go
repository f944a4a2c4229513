package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/config"
	"vtq.internal/shared/fleet"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// accountsOf are the settings that tell which accounts the workers use.
type accountsOf struct {
	Routing       config.Routing
	VirusTotal    string `env:"VT_ACCOUNT" envDefault:"main"`
	ReversingLabs string `env:"RL_ACCOUNT" envDefault:"main"`
}

// Validate wants what can stand in a subject.
func (a accountsOf) Validate() error {
	return errors.Join(validAccount("VT_ACCOUNT", a.VirusTotal), validAccount("RL_ACCOUNT", a.ReversingLabs))
}

func validAccount(variable, name string) error {
	if !wire.Token(name) {
		return fmt.Errorf("%s: wants lower-case letters, digits and hyphens (got %.70q)", variable, name)
	}
	return nil
}

// of is the account of a provider in use, and the variable that names it.
func (a accountsOf) of(name string) (account wire.Account, variable string) {
	if name == a.Routing.VirusTotal.Name() {
		return wire.Account{Provider: name, Name: a.VirusTotal}, "VT_ACCOUNT"
	}
	return wire.Account{Provider: name, Name: a.ReversingLabs}, "RL_ACCOUNT"
}

// routes are those that a provider is on, as the state of its account knows them.
func (a accountsOf) routes(name string) []fleet.Route {
	var on []fleet.Route
	for _, route := range a.Routing.Table().Routes() {
		if !slices.Contains(route.Providers, name) {
			continue
		}
		fellows := fleet.Route{Name: route.Name}
		for _, other := range route.Providers {
			account, _ := a.of(other)
			fellows.Accounts = append(fellows.Accounts, account)
		}
		on = append(on, fellows)
	}
	return on
}

// knownAccount refuses a name that no worker goes by while they go by others: to pause it would pause nobody. An account that was never
// limited leaves no trace, so that there has to be a way round.
func (c *cli) knownAccount(ctx context.Context, js jetstream.JetStream, workers *fleet.Fleet, of wire.Account, variable string, force bool) error {
	name := of.Name
	used, err := usedAccounts(ctx, js, of.Provider)
	if err != nil {
		return err
	}
	state, err := workers.State(ctx)
	switch {
	case err != nil:
		return err
	case force, slices.Contains(used, name), state.Outage != nil, len(state.Spent) > 0, state.Probes != (wire.Probes{}):
		return nil
	case len(used) == 0:
		c.complain("No worker has asked with any account yet; this is about account %q, as %s has it.\n", name, variable)
		return nil
	case state.Operator != nil: // Somebody has paused it on purpose, or wants to end what was a mistake.
		c.complain("No worker has asked with account %q; known are: %s.\n", name, strings.Join(used, ", "))
		return nil
	}
	return misuseError{fmt.Errorf("no worker has asked with account %q; known are: %s; set %s to the one that is meant, or say --force",
		name, strings.Join(used, ", "), variable)}
}

// usedAccounts are those of a provider that have spent something, or hold a slot of a window.
func usedAccounts(ctx context.Context, js jetstream.JetStream, of string) ([]string, error) {
	var names []string
	for _, at := range []struct{ stream, subjects string }{{stream.Spend, wire.AllSpend}, {stream.Quota, wire.AllQuotas}} {
		traces, err := subjectsOf(ctx, js, at.stream, at.subjects)
		if err != nil {
			return nil, fmt.Errorf("looking for accounts: %w", err)
		}
		for subject := range traces {
			if account, err := wire.ParseAccount(subject); err == nil && account.Provider == of {
				names = append(names, account.Name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// subjectsOf tells how many messages stand under each subject of a stream.
func subjectsOf(ctx context.Context, js jetstream.JetStream, name, filter string) (map[string]uint64, error) {
	from, err := js.Stream(ctx, name)
	if err != nil {
		return nil, err
	}
	info, err := from.Info(ctx, jetstream.WithSubjectFilter(filter))
	if err != nil {
		return nil, err
	}
	return info.State.Subjects, nil
}
