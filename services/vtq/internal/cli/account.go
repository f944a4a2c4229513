package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/fleet"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// accountOf is the one setting that tells which account the workers use.
type accountOf struct {
	Name string `env:"VT_ACCOUNT" envDefault:"main"`
}

// Validate wants what can stand in a subject.
func (a accountOf) Validate() error {
	if !wire.Token(a.Name) {
		return fmt.Errorf("VT_ACCOUNT: wants lower-case letters, digits and hyphens (got %.70q)", a.Name)
	}
	return nil
}

// knownAccount refuses a name that no worker goes by while they go by others: to pause it would pause nobody. An account that was never
// limited leaves no trace, so that there has to be a way round.
func (c *cli) knownAccount(ctx context.Context, js jetstream.JetStream, workers *fleet.Fleet, name string, force bool) error {
	used, err := usedAccounts(ctx, js)
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
		c.complain("No worker has asked with any account yet; this is about account %q, as VT_ACCOUNT has it.\n", name)
		return nil
	case state.Operator != nil: // Somebody has paused it on purpose, or wants to end what was a mistake.
		c.complain("No worker has asked with account %q; known are: %s.\n", name, strings.Join(used, ", "))
		return nil
	}
	return misuseError{fmt.Errorf("no worker has asked with account %q; known are: %s; set VT_ACCOUNT to the one that is meant, or say --force",
		name, strings.Join(used, ", "))}
}

// usedAccounts are those of VirusTotal that have spent something, or hold a slot of a window.
func usedAccounts(ctx context.Context, js jetstream.JetStream) ([]string, error) {
	var names []string
	for _, at := range []struct{ stream, subjects string }{{stream.Spend, wire.AllSpend}, {stream.Quota, wire.AllQuotas}} {
		traces, err := subjectsOf(ctx, js, at.stream, at.subjects)
		if err != nil {
			return nil, fmt.Errorf("looking for accounts: %w", err)
		}
		for subject := range traces {
			if account, err := wire.ParseAccount(subject); err == nil && account.Provider == provider.VirusTotal {
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
