package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"vtq.internal/services/vtq"
	"vtq.internal/services/vtq/internal/deadletter"
	"vtq.internal/shared/config"
	"vtq.internal/shared/stream"
)

// defaultLetters bounds a list: a table is held in memory until it is known how wide it is.
const defaultLetters = 1000

func (c *cli) deadletters() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "deadletters",
		Short: "List, show, redrive or drop messages that need a person",
		Long: `A message that cannot be worked on, because it is bad or because it failed too
often, is a dead letter: kept whole, with its reason, for 90 days. Once what was
wrong is mended it can be redriven; what is beyond help can be dropped.

The pipeline is the one whose NATS server NATS_URL names, else the vtq up that
keeps its data in VTQ_DATA_DIR. It can go on meanwhile.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(c.listLetters(), c.showLetter(), c.redriveLetters(), c.dropLetters())
	return cmd
}

// A letterFilter is the flags that choose dead letters.
type letterFilter struct {
	stage, reason, fault string
	olderThan, newerThan time.Duration
}

func filterFlags(cmd *cobra.Command) *letterFilter {
	f := &letterFilter{}
	flags := cmd.Flags()
	flags.StringVar(&f.stage, "stage", "", "those that died at this `stage`: lookup or writer")
	flags.StringVar(&f.reason, "reason", "", "those whose reason has this `part`, in capitals or not")
	flags.StringVar(&f.fault, "fault", "", "those with this `kind` of fault: permanent, or silent for what the server delivers no more")
	flags.DurationVar(&f.olderThan, "older-than", 0, "those that died longer ago than this `time`, such as 36h")
	flags.DurationVar(&f.newerThan, "newer-than", 0, "those that died no longer ago than this `time`")
	return f
}

// filter is what the flags and the numbers mean at some time.
func (f letterFilter) filter(numbers []string, now time.Time) (deadletter.Filter, error) {
	all := deadletter.Filter{Stage: f.stage, Reason: f.reason, Fault: f.fault}
	if f.olderThan < 0 || f.newerThan < 0 {
		return all, misuseError{errors.New("--older-than, --newer-than: want a time that is not negative")}
	}
	if f.olderThan > 0 {
		all.Before = now.Add(-f.olderThan)
	}
	if f.newerThan > 0 {
		all.After = now.Add(-f.newerThan)
	}
	for _, number := range numbers {
		id, err := strconv.ParseUint(number, 10, 64)
		if err != nil {
			return all, misuseError{fmt.Errorf("%q is no number of a dead letter; vtq deadletters list shows them", number)}
		}
		all.IDs = append(all.IDs, id)
	}
	slices.Sort(all.IDs)
	all.IDs = slices.Compact(all.IDs)
	return all, nil
}

// withLetters opens the dead letters for as long as f works.
func (c *cli) withLetters(cmd *cobra.Command, f func(context.Context, *deadletter.Box) error) error {
	var s vtq.Settings
	if err := config.Load(c.process.Env, &s.NATS, &s.Data); err != nil {
		return err
	}
	return c.operate(cmd, s, func(ctx context.Context, js jetstream.JetStream) error {
		box, err := deadletter.Open(ctx, js)
		if err != nil {
			return err
		}
		return f(ctx, box)
	})
}

func (c *cli) listLetters() *cobra.Command {
	var f *letterFilter
	var output *format
	var limit int
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List dead letters, oldest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			filter, err := f.filter(nil, time.Now())
			if err != nil {
				return err
			}
			if limit < 1 {
				return misuseError{fmt.Errorf("--limit: want at least 1 (got %d)", limit)}
			}
			return c.withLetters(cmd, func(ctx context.Context, box *deadletter.Box) error {
				return c.printLetters(ctx, box, filter, limit, output.chosen)
			})
		},
	}
	f = filterFlags(cmd)
	output = formatFlag(cmd, formatTable, formatJSON)
	cmd.Flags().IntVar(&limit, "limit", defaultLetters, "how many to list at most")
	return cmd
}

// printLetters prints up to so many letters.
func (c *cli) printLetters(ctx context.Context, box *deadletter.Box, filter deadletter.Filter, limit int, chosen string) error {
	report := lettersReport{Letters: []letterEntry{}}
	for letter, err := range box.List(ctx, filter) {
		if err != nil {
			return err
		}
		if report.More = len(report.Letters) == limit; report.More {
			c.complain("There are more than %d; --limit lists more of them.\n", limit)
			break
		}
		report.Letters = append(report.Letters, entryOfLetter(letter))
	}
	if len(report.Letters) == 0 {
		c.complain("no dead letters\n")
	}
	if chosen == formatJSON {
		return printJSON(c.process.Stdout, report)
	}
	c.printTable(report.Letters)
	return nil
}

func (c *cli) showLetter() *cobra.Command {
	var output *format
	cmd := &cobra.Command{
		Use:   "show NUMBER",
		Short: "Show a dead letter: why and when it died, and the message, whole",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			filter, err := letterFilter{}.filter(args, time.Now())
			if err != nil {
				return err
			}
			return c.withLetters(cmd, func(ctx context.Context, box *deadletter.Box) error {
				letter, err := box.Show(ctx, filter.IDs[0])
				if err != nil {
					return err
				}
				if output.chosen == formatJSON {
					return printJSON(c.process.Stdout, wholeOf(letter))
				}
				c.printLetter(letter)
				return nil
			})
		},
	}
	output = formatFlag(cmd, formatText, formatJSON)
	return cmd
}

// lettersDone counts what became of letters.
type lettersDone map[deadletter.Fate]int

func (d lettersDone) total() (n int) {
	for fate, count := range d {
		if fate.Done() {
			n += count
		}
	}
	return n
}

// String is such as "redriven 3, pending 1".
func (d lettersDone) String() string {
	var parts []string
	for _, fate := range deadletter.Fates() {
		if n := d[fate]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", fate, n))
		}
	}
	return strings.Join(parts, ", ")
}

// reportDone says what became of letters, and of those that are still there why. The error, which ended it, comes last.
func (c *cli) reportDone(done lettersDone, err error) error {
	if len(done) > 0 {
		_, _ = fmt.Fprintln(c.process.Stdout, done) // Whoever closed it does not want it.
	}
	switch {
	case errors.Is(err, stream.ErrFull):
		return fmt.Errorf("%d done, then: %w; the others wait, whole: redrive them when the pipeline has worked some off", done.total(), err)
	case err != nil:
		return fmt.Errorf("%d done, then: %w", done.total(), err)
	case len(done) == 0:
		c.complain("no dead letters\n")
	case done[deadletter.Dying]+done[deadletter.Kept] > 0:
		return errors.New("some dead letters are still there")
	}
	return nil
}
