package cli

import (
	"context"
	"strconv"
	"time"

	"vtq.internal/services/vtq/internal/replay"
	"vtq.internal/services/vtq/internal/screen"
)

// A replayReport is what `vtq replay -o json` prints, but for --dry-run.
type replayReport struct {
	Replays []replay.Record `json:"replays"`
	Done    *int            `json:"done,omitempty"`     // Of the one that is under way.
	LeftOut *uint64         `json:"left_out,omitempty"` // Of the one that was cancelled.
	Note    string          `json:"note,omitempty"`     // Why nothing moves.

	// Jobs are the replays of jobs, of --history.
	Jobs []replay.JobsRecord `json:"jobs,omitempty"`
}

// reportOf is a list, of nothing as well.
func reportOf(records ...replay.Record) replayReport {
	return replayReport{Replays: append([]replay.Record{}, records...)}
}

// A surveyReport is what `vtq replay --dry-run -o json` prints.
type surveyReport struct {
	Verdicts uint64 `json:"verdicts"`
	From     uint64 `json:"from"`
	To       uint64 `json:"to"`
	Floor    uint64 `json:"floor"`
	Waiting  uint64 `json:"waiting"`
	Clipped  bool   `json:"clipped"`
	PausedS  int    `json:"paused_s"`
}

func surveyOf(s replay.Survey) surveyReport {
	return surveyReport{
		Verdicts: s.Verdicts, From: s.From, To: s.To, Floor: s.Floor, Waiting: s.Waiting, Clipped: s.Clipped,
		PausedS: int(s.Paused / time.Second),
	}
}

// stamp spells a time as in the notes.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func (c *cli) replayStatus(ctx context.Context, r *replay.Replayer, chosen string) error {
	record, p, under, err := r.Current(ctx)
	if err != nil {
		return err
	}
	report := reportOf()
	if under {
		report = reportOf(record)
		report.Done, report.Note = &p.Done, standstill(p)
	}
	if chosen == formatJSON {
		return printJSON(c.process.Stdout, report)
	}
	out := screen.Of(c.process.Stdout, c.process.Env)
	if !under {
		out.Printf("no replay is under way\n")
		return nil
	}
	out.Printf("replay %d: %d of %d verdicts since %s, %s\n", record.Number, p.Done, p.Total, moment(record.Started), trust(record))
	if report.Note != "" {
		c.complain("%s\n", report.Note)
	}
	return nil
}

func (c *cli) replayHistory(ctx context.Context, r *replay.Replayer, chosen string) error {
	all, err := r.History(ctx)
	if err != nil {
		return err
	}
	jobs, err := r.JobsHistory(ctx)
	if err != nil {
		return err
	}
	if chosen == formatJSON {
		report := reportOf(all...)
		report.Jobs = jobs
		return printJSON(c.process.Stdout, report)
	}
	if len(all)+len(jobs) == 0 {
		c.complain("no replays\n")
		return nil
	}
	historyTable(all, jobs).Write(screen.Of(c.process.Stdout, c.process.Env))
	return nil
}

// historyTable has replays of verdicts first, which bear numbers, and those of jobs behind them.
func historyTable(all []replay.Record, jobs []replay.JobsRecord) *screen.Table {
	t := &screen.Table{Columns: []screen.Column{
		{Title: "REPLAY"},
		{Title: "STARTED"},
		{Title: "OUTCOME"},
		{Title: "COUNT", Right: true},
		{Title: "BY"},
		{Title: "OF", Flexible: true},
		{Title: "REASON", Flexible: true},
	}}
	for _, record := range all {
		of := record.Asked
		if record.Verify {
			of += ", verify"
		}
		t.Row(
			screen.Cell{Text: strconv.FormatUint(record.Number, 10), Style: screen.Bold}, screen.Cell{Text: moment(record.Started)},
			screen.Cell{Text: string(record.Outcome)}, screen.Cell{Text: strconv.FormatUint(record.Verdicts, 10)},
			screen.Cell{Text: record.By}, screen.Cell{Text: of}, screen.Cell{Text: record.Reason},
		)
	}
	for _, record := range jobs {
		t.Row(
			screen.Cell{Text: "jobs", Style: screen.Bold}, screen.Cell{Text: moment(record.Started)},
			screen.Cell{Text: string(record.Outcome)}, screen.Cell{Text: strconv.Itoa(record.Published)},
			screen.Cell{Text: record.By}, screen.Cell{Text: record.Asked}, screen.Cell{},
		)
	}
	return t
}
