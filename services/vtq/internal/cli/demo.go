package cli

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"vtq.internal/services/vtq/internal/demo"
	"vtq.internal/services/vtq/internal/screen"
	"vtq.internal/services/vtq/internal/simulation"
	"vtq.internal/services/vtq/internal/summary"
	"vtq.internal/shared/lifecycle"
	vtsim "vtq.internal/shared/simulator/virustotal"
)

// demoFlags are the flags of `vtq demo`.
type demoFlags struct {
	format  *format
	asked   *simulated
	reports string
	all     bool
	verbose bool
}

func (c *cli) demo() *cobra.Command {
	var f demoFlags
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show the whole pipeline at work, on simulators",
		Long: `Demo runs the whole pipeline on a simulated ThreatQ and a simulated VirusTotal, and
shows what was written to ThreatQ. It needs no configuration, reads none, and
leaves nothing behind. Then it passes over the same indicators again, unchanged,
which costs no request.

With --provider reversinglabs ReversingLabs takes VirusTotal's place, by another
address and key: it answers for files and URLs. With --provider both VirusTotal
has a small day, which is gone in the middle: files and URLs go on through
ReversingLabs, what only VirusTotal answers waits for the next day.

With --reports it runs on report files as VirusTotal's API v3 returns them, one
indicator for each.

-o json prints one document: an entry for each indicator (id, type, value,
provider, class, severity, detections, link, attributes, or skipped with the
reason, or waits_for with the providers) and the figures (classes, skipped,
waiting, providers, failovers, asked_twice, provider_requests, threatq_requests,
threatq_writes, second_pass, took_s).`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.runDemo(cmd, f) },
	}
	f.format = formatFlag(cmd, formatTable, formatJSON)
	f.asked = providerFlag(cmd)
	cmd.Flags().StringVar(&f.reports, "reports", "", "run on the report files (*.json) below this `directory`")
	cmd.Flags().BoolVar(&f.all, "all", false, "show every indicator in the table")
	cmd.Flags().BoolVarP(&f.verbose, "verbose", "v", false, "show what the stages log")
	_ = cmd.MarkFlagDirname("reports") // The flag is there.
	return cmd
}

func (c *cli) runDemo(cmd *cobra.Command, f demoFlags) error {
	rounds, skipped, err := seeds(f.reports)
	if err != nil {
		return err
	}
	for _, skip := range skipped {
		c.complain("skipped %s: %s\n", skip.Path, skip.Reason)
	}
	ctx, stop := c.signals(cmd)
	defer stop()
	// Progress and results may lead to different places: a bar moves while the document goes into a file.
	stderr := screen.Of(c.process.Stderr, c.process.Env)
	logs := c.stageLogs(stderr, f.verbose)
	stderr.Terminal = stderr.Terminal && !f.verbose // A bar and log lines would overwrite each other.
	bar := screen.NewProgress(stderr)
	outcome, err := demo.Run(ctx, demo.Options{
		Providers: f.asked.providers(), Rounds: rounds, Logs: logs,
		TellFunc: func(p demo.Progress) { bar.Show(label(p), p.Done(), p.Total, note(p)) },
	})
	bar.Clear()
	if errors.Is(err, lifecycle.ErrShutdown) {
		return errors.New("interrupted")
	}
	if err != nil {
		return err
	}
	for _, skip := range skipped {
		outcome.FilesSkipped = append(outcome.FilesSkipped, demo.File{Path: skip.Path, Reason: skip.Reason})
	}
	return c.show(outcome, f)
}

// seeds are the synthetic ones, or those of the report files below a directory. There is at least one round.
func seeds(dir string) (rounds [][]simulation.Seed, skipped []vtsim.Skip, err error) {
	if dir == "" {
		return [][]simulation.Seed{simulation.Synthetic()}, nil, nil
	}
	rounds, skipped, err = simulation.Load(dir)
	switch {
	case err != nil:
		return nil, nil, misuseError{err}
	case len(rounds) == 0:
		return nil, nil, misuseError{errors.New("no file below the directory is a report")}
	}
	return rounds, skipped, nil
}

// stageLogs is where the log lines of the stages go.
func (c *cli) stageLogs(stderr screen.Screen, verbose bool) io.Writer {
	if !verbose {
		return io.Discard
	}
	return zerolog.ConsoleWriter{Out: c.process.Stderr, NoColor: !stderr.Color, TimeFormat: time.TimeOnly}
}

func (c *cli) show(outcome demo.Outcome, f demoFlags) error {
	if f.format.chosen == formatJSON {
		if err := printJSON(c.process.Stdout, outcome); err != nil {
			return err
		}
	} else {
		summary.Write(screen.Of(c.process.Stdout, c.process.Env), outcome, f.all)
	}
	if n := outcome.Warnings; n > 0 && !f.verbose {
		c.complain("the stages logged %d warnings; -v shows them\n", n)
	}
	if n := outcome.Failed(); n > 0 {
		return fmt.Errorf("%d of %d indicators were neither enriched nor skipped", n, len(outcome.Indicators))
	}
	return nil
}

// label says what is under way.
func label(p demo.Progress) string {
	text := "enriching"
	if p.Again {
		text = "second pass"
	}
	if p.Rounds > 1 {
		text += fmt.Sprintf(" (round %d of %d)", p.Round, p.Rounds)
	}
	return text
}

// note says how far the enriching is, and how long the quota lets it take.
func note(p demo.Progress) string {
	if p.Again {
		return "over unchanged data"
	}
	text := fmt.Sprintf("asked %d, written %d, skipped %d", p.Asked, p.Written, p.Skipped)
	if p.Waiting > 0 {
		text += fmt.Sprintf(", %d wait for the quota", p.Waiting)
	}
	if p.Left >= time.Second {
		text += fmt.Sprintf(", up to %d s left", int(p.Left.Round(time.Second).Seconds()))
	}
	return text
}
