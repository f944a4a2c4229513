package cli

import (
	"context"
	"fmt"
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
	var force bool
	cmd := &cobra.Command{
		Use:   "pause",
		Short: "Let no lookup worker ask, for a while",
		Long: `Pause keeps every lookup worker from asking VirusTotal, within seconds. Requests
under way are finished, jobs wait, and nothing is lost or counted against them.
It ends by itself, or with vtq resume. Reading ThreatQ and writing to it go on.

It pauses the account that VT_ACCOUNT names, main unless it is set, on the server
that NATS_URL names, or of the vtq up that runs in VTQ_DATA_DIR. A name that no
worker has asked with is refused when others are known; --force takes it.`,
		Example: `  vtq pause --for 2h --why "the key is needed for an incident"`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if last < time.Second || last > maxPause {
				return misuseError{fmt.Errorf("--for: wants 1s to %v (got %v)", maxPause, last)}
			}
			return c.setPause(cmd, force, func(now time.Time) *wire.Pause {
				return &wire.Pause{Since: now, Until: now.Add(last), Why: verdict.Clean(why, maxWhy)}
			})
		},
	}
	cmd.Flags().DurationVar(&last, "for", time.Hour, "how long")
	cmd.Flags().StringVar(&why, "why", "", "`reason`, for whoever wonders")
	forceFlag(cmd, &force)
	return cmd
}

func (c *cli) resume() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "resume",
		Short: "End a pause",
		Long: `Resume ends what vtq pause began, for the account that VT_ACCOUNT names. It does
not end what the pipeline does by itself: a day that is spent stays so, and a
provider that is down is waited for.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.setPause(cmd, force, func(time.Time) *wire.Pause { return nil })
		},
	}
	forceFlag(cmd, &force)
	return cmd
}

func forceFlag(cmd *cobra.Command, force *bool) {
	cmd.Flags().BoolVar(force, "force", false, "also for an account that no worker has asked with")
}

func (c *cli) setPause(cmd *cobra.Command, force bool, pauseFunc func(now time.Time) *wire.Pause) error {
	var s vtq.Settings
	var account accountOf
	if err := config.Load(c.process.Env, &s.NATS, &s.Data, &account); err != nil {
		return err
	}
	return c.operate(cmd, s, func(ctx context.Context, js jetstream.JetStream) error {
		// The workers go by the server's clock; to be off by what two machines differ in does no harm to a wish in hours.
		of := wire.Account{Provider: provider.VirusTotal, Name: account.Name}
		workers, err := fleet.Open(ctx, js, of, provider.VirusTotal, time.Now)
		if err != nil {
			return err
		}
		if err := c.knownAccount(ctx, js, workers, account.Name, force); err != nil {
			return err
		}
		state, err := setOperator(ctx, workers, pauseFunc(time.Now().UTC().Truncate(time.Second)))
		switch {
		case err != nil:
			return err
		case state.Operator != nil:
			c.complain("account %s: nobody asks until %s\n", account.Name, state.Operator.Until.Format(time.RFC3339))
		default:
			c.complain("account %s: the pause is over\n", account.Name)
		}
		return nil
	})
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
