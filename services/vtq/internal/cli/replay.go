package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"vtq.internal/services/vtq"
	"vtq.internal/services/vtq/internal/replay"
	"vtq.internal/shared/config"
)

// replayFlags are the flags of `vtq replay`.
type replayFlags struct {
	since                   string
	from                    uint64
	all, dry                bool
	verify, noWait          bool
	reason                  string
	cancel, status, history bool
	output                  *format
}

func (c *cli) replay() *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use:   "replay",
		Short: "Write verdicts again, or ask again about what was asked before",
		Long: `Replay hands the writer verdicts that it has written before, of a time, from a
place in the stream on, or all. No provider is asked and no quota spent. What
stands in ThreatQ as it was written costs nothing there either.

--verify does not trust what vtq remembers of ThreatQ: each indicator's rows are
read once and put right. That is for a ThreatQ that was restored from a backup.

The work is the writer's: it goes on when this command ends. --status tells how
far it is, and --cancel puts the writer forward to where it stood. What was not
written yet is never left out. --history tells who asked for what, and when.

vtq replay jobs asks the providers again.

The pipeline is the one whose NATS server NATS_URL names, else the vtq up that
keeps its data in VTQ_DATA_DIR.

Exit code 1 when the replay was cancelled, or taken over by another, before its
end; 0 when it is done, goes on without this command, or has nothing to do.`,
		Example: `  vtq replay --since 48h --dry-run
  vtq replay --all --verify --reason "ThreatQ restored from the backup of Sunday"`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.runReplay(cmd, f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.since, "since", "", "verdicts since a `time`: 2026-03-01T00:00:00Z, or how long ago: 48h, 30d")
	flags.Uint64Var(&f.from, "from-seq", 0, "verdicts from this `number` in the stream on")
	flags.BoolVar(&f.all, "all", false, "all verdicts that stand")
	flags.BoolVar(&f.verify, "verify", false, "read each indicator's rows in ThreatQ, and put them right")
	flags.BoolVar(&f.dry, "dry-run", false, "only tell how many it would be, and where the writer stands")
	flags.BoolVar(&f.noWait, "no-wait", false, "do not follow it to its end")
	flags.StringVar(&f.reason, "reason", "", "a `text` for --history")
	flags.BoolVar(&f.cancel, "cancel", false, "end the replay that is under way")
	flags.BoolVar(&f.status, "status", false, "tell how far the replay is that is under way")
	flags.BoolVar(&f.history, "history", false, fmt.Sprintf("list the last %d replays", replay.Kept))
	f.output = formatFlag(cmd, formatTable, formatJSON)
	cmd.AddCommand(c.replayJobs())
	return cmd
}

// start is where the flags begin.
func (f replayFlags) start(cmd *cobra.Command, now time.Time) (start replay.Start, err error) {
	if err := oneOf(cmd, "since", "from-seq", "all", "cancel", "status", "history"); err != nil {
		return start, err
	}
	if f.cancel || f.status || f.history {
		for _, how := range []string{"verify", "dry-run", "no-wait", "reason"} {
			if cmd.Flags().Changed(how) {
				return start, misuseError{fmt.Errorf("--%s: wants a replay that begins, not --cancel, --status or --history", how)}
			}
		}
	}
	if cmd.Flags().Changed("from-seq") && f.from == 0 {
		return start, misuseError{errors.New("--from-seq: want at least 1; --all begins with the first")}
	}
	if cmd.Flags().Changed("since") {
		start.Since, err = timeOf("--since", f.since, now)
	}
	start.Sequence = f.from
	return start, err
}

// oneOf wants exactly one of some flags.
func oneOf(cmd *cobra.Command, names ...string) error {
	set := 0
	for _, name := range names {
		if flag := cmd.Flags().Lookup(name); flag.Changed && flag.Value.String() != "false" {
			set++
		}
	}
	if set != 1 {
		return misuseError{fmt.Errorf("want one of --%s (got %d of them)", strings.Join(names, ", --"), set)}
	}
	return nil
}

// timeOf reads a time, or how long ago it was.
func timeOf(flag, text string, now time.Time) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	ago, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n uint16
		_, err = fmt.Sscanf(days+";", "%d;", &n)
		ago = time.Duration(n) * 24 * time.Hour
	}
	if err != nil || ago < 0 {
		return time.Time{}, misuseError{fmt.Errorf("%s: want a time such as 2026-03-01T00:00:00Z, or how long ago it was, such as 48h or 30d (got %q)", flag, text)}
	}
	return now.Add(-ago), nil
}

func (c *cli) runReplay(cmd *cobra.Command, f replayFlags) error {
	start, err := f.start(cmd, time.Now())
	if err != nil {
		return err
	}
	var s vtq.Settings
	if err := config.Load(c.process.Env, &s.NATS, &s.Data); err != nil {
		return err
	}
	return c.withReplayer(cmd, s, func(ctx context.Context, r *replay.Replayer) error {
		switch {
		case f.history:
			return c.replayHistory(ctx, r, f.output.chosen)
		case f.status:
			return c.replayStatus(ctx, r, f.output.chosen)
		case f.cancel:
			return c.cancelReplay(ctx, r, f.output.chosen)
		case f.dry:
			return c.surveyReplay(ctx, r, start, f.output.chosen)
		}
		return c.beginReplay(ctx, r, start, f)
	})
}

// withReplayer opens the verdicts for as long as f works.
func (c *cli) withReplayer(cmd *cobra.Command, s vtq.Settings, f func(context.Context, *replay.Replayer) error) error {
	err := c.operate(cmd, s, func(ctx context.Context, js jetstream.JetStream) error {
		r, err := replay.Open(ctx, js)
		if err != nil {
			return err
		}
		return f(ctx, r)
	})
	if errors.Is(err, replay.ErrNothing) {
		c.complain("%v: nothing to do\n", err)
		return nil
	}
	return err
}
