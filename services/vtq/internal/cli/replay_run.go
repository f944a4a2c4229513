package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vtq.internal/services/vtq/internal/replay"
	"vtq.internal/services/vtq/internal/screen"
)

// stillAfter is when a writer that does not move is spoken of: its messages come again after a minute when it was killed.
const stillAfter = 90 * time.Second

func (c *cli) surveyReplay(ctx context.Context, r *replay.Replayer, start replay.Start, chosen string) error {
	s, err := r.Survey(ctx, start)
	if nothing := errors.Is(err, replay.ErrNothing); chosen == formatJSON && (err == nil || nothing) {
		return errors.Join(printJSON(c.process.Stdout, surveyOf(s)), err)
	}
	if err != nil {
		return err
	}
	out := screen.Of(c.process.Stdout, c.process.Env)
	out.Printf("%d verdicts would come again, from %d to %d\n", s.Verdicts, s.From, s.To)
	out.Printf("everything up to %d was written, and %d verdicts wait for the writer\n", s.Floor, s.Waiting)
	if s.Clipped {
		c.complain("What you ask for lies behind what was written: it comes anyway, and nothing before it may be left out.\n")
	}
	if s.Paused > 0 {
		c.complain("The writer is paused for %v.\n", s.Paused.Round(time.Second))
	}
	return nil
}

func (c *cli) beginReplay(ctx context.Context, r *replay.Replayer, start replay.Start, f replayFlags) error {
	record, err := r.Begin(ctx, start, replay.Options{Verify: f.verify, Reason: f.reason, By: operator()})
	if errors.Is(err, replay.ErrNothing) && f.output.chosen == formatJSON {
		return errors.Join(printJSON(c.process.Stdout, reportOf()), err)
	}
	if err != nil {
		return err
	}
	c.complain("replay %d: %d verdicts from %d on, %s\n", record.Number, record.Verdicts, record.From, trust(record))
	c.complain("replay %d: %s, asked for by %s at %s\n", record.Number, record.Asked, record.By, stamp(record.Started))
	if (start.Sequence > record.From) || record.From > record.Floor {
		c.complain("It begins at %d: nothing that was not written yet may be left out.\n", record.From)
	}
	if !f.noWait {
		record, err = c.followReplay(ctx, r, record)
	}
	if f.output.chosen == formatJSON {
		err = errors.Join(printJSON(c.process.Stdout, reportOf(record)), err)
	}
	return err
}

func trust(record replay.Record) string {
	if record.Verify {
		return "each indicator read once in ThreatQ"
	}
	return "what is unchanged costs ThreatQ nothing"
}

// followReplay follows a replay to its end, and says how it ended: as an error when that is not the end of its work. When the command is
// interrupted the replay goes on.
func (c *cli) followReplay(ctx context.Context, r *replay.Replayer, record replay.Record) (replay.Record, error) {
	began := time.Now()
	ended, err := c.watchReplay(ctx, r, record)
	switch {
	case err == nil && ended.Outcome == replay.Done:
		took := time.Since(began).Round(time.Second)
		c.complain("replay %d: done, %d verdicts in %v, ended at %s\n", ended.Number, ended.Verdicts, took, stamp(ended.Ended))
	case err == nil:
		err = fmt.Errorf("replay %d: %s at %s, before its end; --history tells more", ended.Number, ended.Outcome, stamp(ended.Ended))
	case ctx.Err() != nil:
		c.complain("replay %d goes on in the writer; --status tells how far it is, and --cancel ends it\n", record.Number)
		err = nil
	}
	return ended, err
}

// watchReplay shows how far a replay is, until it has ended.
func (c *cli) watchReplay(ctx context.Context, r *replay.Replayer, record replay.Record) (replay.Record, error) {
	bar := screen.NewProgress(screen.Of(c.process.Stderr, c.process.Env))
	defer bar.Clear()
	label, still := fmt.Sprintf("replay %d", record.Number), ""
	return r.Follow(ctx, record, func(p replay.Progress) {
		note := standstill(p)
		if note != still && note != "" {
			bar.Clear()
			c.complain("%s\n", note)
		}
		still = note
		bar.Show(label, p.Done, p.Total, "")
	})
}

// standstill says why nothing moves.
func standstill(p replay.Progress) string {
	switch {
	case p.Paused > 0:
		return "The writer is paused; the replay goes on afterwards."
	case p.Unattended, p.Still >= stillAfter && p.InHand == 0:
		return "Nobody takes verdicts: does the writer run?"
	case p.Still >= stillAfter:
		return "The writer does not get on: its log tells why."
	}
	return ""
}

func (c *cli) cancelReplay(ctx context.Context, r *replay.Replayer, chosen string) error {
	record, left, err := r.Cancel(ctx)
	report := reportOf()
	switch {
	case errors.Is(err, replay.ErrIdle):
		c.complain("%v\n", err)
	case err != nil:
		return err
	default:
		report = reportOf(record)
		c.complain("replay %d: cancelled by %s at %s, %d verdicts left out, which had been written before\n",
			record.Number, operator(), stamp(record.Ended), left)
		if record.Verify {
			c.complain("Their indicators were not read in ThreatQ. Replay them again with --verify if it was restored.\n")
		}
	}
	if chosen == formatJSON {
		report.LeftOut = &left
		return printJSON(c.process.Stdout, report)
	}
	return nil
}
