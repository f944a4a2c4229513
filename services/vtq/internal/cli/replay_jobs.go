package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vtq.internal/services/vtq"
	"vtq.internal/services/vtq/internal/replay"
	"vtq.internal/services/vtq/internal/screen"
	"vtq.internal/shared/config"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/verdict"
)

// againFlags are the flags of `vtq replay jobs`.
type againFlags struct {
	kinds, classes   []string
	since, olderThan string
	ignoreFresh, yes bool
}

func (c *cli) replayJobs() *cobra.Command {
	var f againFlags
	cmd := &cobra.Command{
		Use:   "jobs",
		Short: "Ask providers again about what they answered before",
		Long: `Jobs asks again about the objects of verdicts that stand: of those that are past
their age (VTQ_REFRESH_), or with --ignore-fresh of all that the filters take. It
says what that costs and, with --yes, puts the jobs behind everything that was
never asked about. While the queue is full it waits.

It may be interrupted and repeated: what waits already is not asked for twice.
With --ignore-fresh, repeat it with --older-than and the time that it names. That
time stands in the headers of all its jobs and of the verdicts that come of them,
and vtq replay --history tells who asked for it.

ThreatQ is not asked: markings and statuses count as they were when each was asked
about first, and deleted indicators are asked about in vain. Set the VTQ_REFRESH_,
VT_ and VTQ_INTERNAL_SUFFIXES variables as for the pipeline; no key is needed.`,
		Example: `  vtq replay jobs --kind file --class malicious,suspicious --older-than 30d
  vtq replay jobs --kind domain --ignore-fresh --yes`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.runJobs(cmd, f) },
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&f.kinds, "kind", nil, "of these `kinds`: "+listed(indicator.Kinds()))
	flags.StringSliceVar(&f.classes, "class", nil, "of these `classes`: "+listed(verdict.Classes()))
	flags.StringVar(&f.since, "since", "", "whose verdict was published since a `time`: 2026-03-01T00:00:00Z, or how long ago: 48h, 30d")
	flags.StringVar(&f.olderThan, "older-than", "", "whose answer was given before a `time`, likewise")
	flags.BoolVar(&f.ignoreFresh, "ignore-fresh", false, "also those that are still good")
	flags.BoolVar(&f.yes, "yes", false, "do it, and not only tell what it costs")
	return cmd
}

// word spells a kind or class as a flag does.
func word[W ~string](w W) string { return strings.ReplaceAll(strings.ToLower(string(w)), " ", "-") }

func listed[W ~string](all []W) string {
	words := make([]string, len(all))
	for i, w := range all {
		words[i] = word(w)
	}
	return strings.Join(words, ", ")
}

// chosenOf finds what is meant by words of a flag.
func chosenOf[W ~string](flag string, words []string, all []W) (chosen []W, err error) {
next:
	for _, text := range words {
		for _, w := range all {
			if word(w) == word(strings.TrimSpace(text)) {
				chosen = append(chosen, w)
				continue next
			}
		}
		return nil, misuseError{fmt.Errorf("%s: want %s (got %q)", flag, listed(all), text)}
	}
	return chosen, nil
}

// selection is what the flags mean at some time.
func (f againFlags) selection(now time.Time) (s replay.Selection, err error) {
	s.IgnoreFresh = f.ignoreFresh
	if s.Kinds, err = chosenOf("--kind", f.kinds, indicator.Kinds()); err != nil {
		return s, err
	}
	if s.Classes, err = chosenOf("--class", f.classes, verdict.Classes()); err != nil {
		return s, err
	}
	if f.since != "" {
		if s.Since, err = timeOf("--since", f.since, now); err != nil {
			return s, err
		}
	}
	if f.olderThan != "" {
		s.Before, err = timeOf("--older-than", f.olderThan, now)
	}
	return s, err
}

func (c *cli) runJobs(cmd *cobra.Command, f againFlags) error {
	began := time.Now()
	selection, err := f.selection(began)
	if err != nil {
		return err
	}
	var s vtq.Settings
	// The limits of a key are known without it.
	providers := &s.Providers
	if err := config.Load(c.process.Env, &s.NATS, &s.Verdicts, &providers.Routing, &providers.VirusTotal, &providers.ReversingLabs,
		&s.Lookup, &s.Producer, &s.Data); err != nil {
		return err
	}
	policy, err := s.Verdicts.Policy()
	if err != nil {
		return err
	}
	return c.withReplayer(cmd, s, func(ctx context.Context, r *replay.Replayer) error {
		jobs := &replay.Jobs{
			Replayer: r, Policy: policy, Refresh: s.Verdicts.Refresh(), Routes: s.Providers.Routing.Table(),
			InternalSuffixes: s.Producer.InternalSuffixes, OtherScheme: s.Lookup.OtherScheme,
		}
		plan, err := c.planJobs(ctx, jobs, selection, s.Providers.LimitsOf)
		if err != nil || plan.Jobs == 0 {
			return err
		}
		if !f.yes {
			c.complain("Nothing was published; add --yes to publish them.\n")
			return nil
		}
		return c.publishJobs(ctx, jobs, selection, plan, began)
	})
}

// planJobs tells what it would cost.
func (c *cli) planJobs(ctx context.Context, jobs *replay.Jobs, s replay.Selection, limits func(provider string) config.Limits) (replay.Plan, error) {
	bar := screen.NewProgress(screen.Of(c.process.Stderr, c.process.Env))
	plan, err := jobs.Plan(ctx, s, func(done, total int) { bar.Show("verdicts", done, total, "") })
	bar.Clear()
	if err != nil {
		return plan, fmt.Errorf("planning: %w", err)
	}
	out := screen.Of(c.process.Stdout, c.process.Env)
	out.Printf("%d jobs about %d objects: at most %d requests%s\n", plan.Jobs, plan.Objects, plan.Requests, durations(plan.Asked, limits))
	if plan.Internal > 0 {
		c.complain("%d are internal now, and are not asked about.\n", plan.Internal)
	}
	if plan.Outdated > 0 {
		c.complain("%d are about what indicators were before their values changed, and are left out.\n", plan.Outdated)
	}
	if plan.Odd > 0 {
		c.complain("%d verdicts cannot be read, or do not say what was asked.\n", plan.Odd)
	}
	return plan, nil
}

// durations says how long the requests to each provider take. Where several are asked it names them.
func durations(asked map[string]int, limits func(provider string) config.Limits) string {
	var all strings.Builder
	for _, name := range slices.Sorted(maps.Keys(asked)) {
		text := duration(asked[name], limits(name))
		if len(asked) > 1 {
			text = fmt.Sprintf("; %d to %s%s", asked[name], provider.Title(name), text)
		}
		all.WriteString(text)
	}
	return all.String()
}

// duration says how long so many requests take.
func duration(requests int, limits config.Limits) string {
	days := replay.Days(requests, limits)
	if days == 0 {
		return ""
	}
	text := fmt.Sprintf(", %d days", days)
	if days == 1 {
		text = ", within a day"
	}
	if limits.Day > 0 {
		text += fmt.Sprintf(" at %d a day", limits.Day)
	}
	return text + " when nothing else is asked for"
}

// publishJobs publishes them, and says and notes so at the beginning and in the end.
func (c *cli) publishJobs(ctx context.Context, jobs *replay.Jobs, s replay.Selection, plan replay.Plan, began time.Time) error {
	note := replay.JobsRecord{
		Name: replay.Name(began), Started: began.UTC().Truncate(time.Second), Outcome: replay.UnderWay,
		By: operator(), Asked: s.String(), Jobs: plan.Jobs,
	}
	if err := jobs.Replayer.NoteJobs(ctx, note); err != nil {
		return err
	}
	c.complain("replay of jobs %s: %d to publish\n", note.Name, plan.Jobs)
	c.complain("replay of jobs %s: %s, asked for by %s\n", note.Name, note.Asked, note.By)
	tally, err := c.watchJobs(ctx, jobs, s, plan, began)
	note.Ended, note.Outcome = time.Now().UTC().Truncate(time.Second), replay.Done
	note.Published, note.Pending = tally.Published, tally.Pending
	if err != nil {
		note.Outcome = replay.Interrupted
	}
	c.complain("replay of jobs %s: %d published, %d were pending, %s at %s\n", note.Name, tally.Published, tally.Pending, note.Outcome, stamp(note.Ended))
	if lost := c.noteEnd(ctx, jobs.Replayer, note); err == nil {
		return lost
	}
	if s.IgnoreFresh && s.Before.IsZero() {
		c.complain("To go on, repeat it with --older-than %s.\n", note.Name)
	}
	if ctx.Err() != nil {
		return fmt.Errorf("interrupted with %d of %d done", tally.Published+tally.Pending, plan.Jobs)
	}
	return err
}

// noteTimeout bounds the note about the end: an election takes up to 7 s.
const noteTimeout = 10 * time.Second

// noteEnd notes how it ended, even when the command was interrupted.
func (c *cli) noteEnd(ctx context.Context, r *replay.Replayer, note replay.JobsRecord) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTimeout)
	defer cancel()
	return r.NoteJobs(ctx, note)
}

// watchJobs publishes them and shows how far it is.
func (c *cli) watchJobs(ctx context.Context, jobs *replay.Jobs, s replay.Selection, plan replay.Plan, began time.Time) (replay.Tally, error) {
	bar := screen.NewProgress(screen.Of(c.process.Stderr, c.process.Env))
	defer bar.Clear()
	full := false
	return jobs.Publish(ctx, s, began, func(t replay.Tally) {
		if t.Full && !full {
			bar.Clear()
			c.complain("The queue is full; waiting until there is room.\n")
		}
		full = t.Full
		bar.Show("jobs", t.Published+t.Pending, plan.Jobs, "")
	})
}
