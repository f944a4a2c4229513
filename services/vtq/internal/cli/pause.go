package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"vtq.internal/services/vtq"
	"vtq.internal/shared/config"
	"vtq.internal/shared/fleet"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

const (
	// maxPause bounds a pause, which somebody may forget: a month of maintenance is a decision to be made again.
	maxPause = 31 * 24 * time.Hour
	// maxWhy bounds its reason, in runes: a line.
	maxWhy = 200
)

func (c *cli) pause() *cobra.Command {
	var last time.Duration
	var why string
	var f pauseFlags
	cmd := &cobra.Command{
		Use:   "pause",
		Short: "Let no lookup worker ask, for a while",
		Long: `Pause keeps every lookup worker from asking the providers in use, or the one that
--provider names, within seconds. Requests under way are finished, jobs wait, and
nothing is lost or counted against them. It ends by itself, or with vtq resume.
Reading ThreatQ and writing to it go on.

It pauses the account that VT_ACCOUNT names, and RL_ACCOUNT for ReversingLabs,
main unless they are set, on the server that NATS_URL names, or of the vtq up that
runs in VTQ_DATA_DIR. A name that no
worker has asked with is refused when others are known; --force takes it.`,
		Example: `  vtq pause --for 2h --why "the key is needed for an incident"`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if last < time.Second || last > maxPause {
				return misuseError{fmt.Errorf("--for: wants 1s to %v (got %v)", maxPause, last)}
			}
			return c.setPause(cmd, f, func(now time.Time) *wire.Pause {
				return &wire.Pause{Since: now, Until: now.Add(last), Why: verdict.Clean(why, maxWhy)}
			})
		},
	}
	cmd.Flags().DurationVar(&last, "for", time.Hour, "how long")
	cmd.Flags().StringVar(&why, "why", "", "`reason`, for whoever wonders")
	f.bind(cmd)
	return cmd
}

func (c *cli) resume() *cobra.Command {
	var f pauseFlags
	cmd := &cobra.Command{
		Use:   "resume",
		Short: "End a pause",
		Long: `Resume ends what vtq pause began, for the same accounts. It does
not end what the pipeline does by itself: a day that is spent stays so, and a
provider that is down is waited for.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.setPause(cmd, f, func(time.Time) *wire.Pause { return nil })
		},
	}
	f.bind(cmd)
	return cmd
}

// pauseFlags are those of both commands.
type pauseFlags struct {
	provider string
	force    bool
}

func (f *pauseFlags) bind(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.provider, "provider", "", "this one alone, of those in use")
	cmd.Flags().BoolVar(&f.force, "force", false, "also for an account that no worker has asked with")
}

func (c *cli) setPause(cmd *cobra.Command, f pauseFlags, pauseFunc func(now time.Time) *wire.Pause) error {
	var s vtq.Settings
	var accounts accountsOf
	if err := config.Load(c.process.Env, &s.NATS, &s.Data, &accounts); err != nil {
		return err
	}
	names := accounts.Routing.InUse()
	if f.provider != "" {
		if !slices.Contains(names, f.provider) {
			return misuseError{fmt.Errorf("--provider: wants of %s (got %.40q)", strings.Join(names, ", "), f.provider)}
		}
		names = []string{f.provider}
	}
	return c.operate(cmd, s, func(ctx context.Context, js jetstream.JetStream) error {
		for _, name := range names {
			if err := c.pauseProvider(ctx, js, accounts, name, f.force, pauseFunc(time.Now().UTC().Truncate(time.Second))); err != nil {
				return err
			}
		}
		return nil
	})
}

// pauseProvider pauses the account of one provider, or ends its pause.
func (c *cli) pauseProvider(ctx context.Context, js jetstream.JetStream, accounts accountsOf, name string, force bool, pause *wire.Pause) error {
	account, variable := accounts.of(name)
	// The workers go by the server's clock; to be off by what two machines differ in does no harm to a wish in hours.
	workers, err := fleet.Open(ctx, js, account, accounts.routes(name), time.Now)
	if err != nil {
		return err
	}
	if err := c.knownAccount(ctx, js, workers, account, variable, force); err != nil {
		return err
	}
	state, err := setOperator(ctx, workers, pause)
	switch {
	case err != nil:
		return err
	case state.Operator != nil:
		c.complain("%s, account %s: nobody asks until %s\n", provider.Title(name), account.Name, state.Operator.Until.Format(time.RFC3339))
	default:
		c.complain("%s, account %s: the pause is over\n", provider.Title(name), account.Name)
	}
	return nil
}

// setOperator puts the wish into the state, and has the consumers follow it.
func setOperator(ctx context.Context, workers *fleet.Fleet, pause *wire.Pause) (wire.ProviderState, error) {
	state, _, err := workers.Change(ctx, func(state *wire.ProviderState) bool {
		state.Operator = pause
		return true
	})
	if err != nil {
		return state, err
	}
	return state, workers.Pause(ctx, state)
}
