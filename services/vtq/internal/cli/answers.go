package cli

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"vtq.internal/services/vtq/internal/inquiry"
	"vtq.internal/services/vtq/internal/screen"
	"vtq.internal/services/vtq/internal/summary"
	"vtq.internal/shared/config"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/verdict"
)

// An answersReport is what `vtq lookup -o json` prints.
type answersReport struct {
	OK      bool          `json:"ok"`
	Answers []answerEntry `json:"answers"`
}

// An answerEntry is one value, with what is known about it or with an error. The kind and the object are those that were asked about.
type answerEntry struct {
	Value       string           `json:"value"`
	Type        string           `json:"type,omitempty"`
	Kind        indicator.Kind   `json:"kind,omitempty"`
	Object      string           `json:"object,omitempty"`
	Class       verdict.Class    `json:"class,omitempty"`
	Severity    verdict.Severity `json:"severity,omitempty"`
	Detections  string           `json:"detections,omitempty"`
	Counts      verdict.Counts   `json:"counts,omitempty"`
	Engines     []verdict.Engine `json:"engines,omitempty"`
	ThreatLabel string           `json:"threat_label,omitempty"`
	FileName    string           `json:"file_name,omitempty"`
	Link        string           `json:"link,omitempty"`
	Asked       time.Time        `json:"asked,omitzero"`
	Cached      bool             `json:"cached"`
	Error       string           `json:"error,omitempty"`

	failing failing
}

// failing is why a value has no answer: a word or two for its row, and what else there is to say.
type failing struct{ short, detail string }

// showAnswers prints what came of each value.
func (c *cli) showAnswers(answers []inquiry.Answer, settings config.Verdicts, chosen string) error {
	policy, err := settings.Policy()
	if err != nil {
		return err
	}
	report := answersReport{OK: true}
	for _, a := range answers {
		entry := entryOf(a, policy)
		report.OK = report.OK && entry.Error == ""
		report.Answers = append(report.Answers, entry)
	}
	if chosen == formatJSON {
		return printJSON(c.process.Stdout, report)
	}
	stdout := screen.Of(c.process.Stdout, c.process.Env)
	answersTable(report.Answers, time.Now()).Write(stdout)
	showDetails(stdout, report.Answers)
	return nil
}

// showDetails says once what several values may have in common, and what no row has the room for beside a whole hash.
func showDetails(s screen.Screen, entries []answerEntry) {
	said := map[failing]bool{}
	for _, e := range entries {
		if e.failing.detail == "" || said[e.failing] {
			continue
		}
		if len(said) == 0 {
			s.Printf("\n")
		}
		said[e.failing] = true
		head := "  " + e.failing.short + ": "
		s.Paragraph(head, len(head), screen.Plain, e.failing.detail)
	}
}

// entryOf cleans what came from outside: a provider's words were bounded when they came, but a message can be forged.
func entryOf(a inquiry.Answer, policy verdict.Policy) answerEntry {
	entry := answerEntry{Value: a.Value, Type: a.Type, Kind: a.Object.Kind, Object: a.Object.Value}
	if a.Err != nil {
		entry.failing = failingOf(a.Err)
		entry.Error = strings.TrimSuffix(entry.failing.short+": "+entry.failing.detail, ": ")
		return entry
	}
	v := a.Verdict
	entry.Class = policy.Classify(v)
	entry.Severity = policy.Meaning(entry.Class).Severity
	entry.Detections = v.Counts.Detections()
	entry.Counts, entry.Asked, entry.Cached = v.Counts, v.Asked, a.Cached
	for _, e := range v.Engines[:min(len(v.Engines), verdict.MaxEngines)] {
		e.Name, e.Result = verdict.Clean(e.Name, verdict.MaxName), verdict.Clean(e.Result, verdict.MaxItem)
		entry.Engines = append(entry.Engines, e)
	}
	entry.ThreatLabel = verdict.Clean(v.Facts.ThreatLabel, verdict.MaxText)
	entry.FileName = verdict.Clean(v.Facts.FileName, verdict.MaxText)
	entry.Link = verdict.Clean(v.Facts.Link, verdict.MaxURL)
	return entry
}

// failingOf words why a value has no answer.
func failingOf(err error) failing {
	if refusal, ok := errors.AsType[*indicator.Refusal](err); ok {
		return failing{strings.ReplaceAll(string(refusal.Reason), "_", " "), refusal.Detail}
	}
	for _, known := range []struct {
		err   error
		short string
	}{
		{inquiry.ErrNoAnswer, "no answer"},
		{inquiry.ErrNotKnown, "not known"},
		{inquiry.ErrGivenUp, "given up"},
	} {
		if errors.Is(err, known.err) {
			detail := strings.TrimPrefix(err.Error(), known.err.Error())
			return failing{known.short, strings.TrimPrefix(detail, ": ")}
		}
	}
	return failing{"failed", err.Error()}
}

func answersTable(entries []answerEntry, now time.Time) *screen.Table {
	t := &screen.Table{Columns: []screen.Column{
		{Title: "VALUE", Flexible: true},
		{Title: "VERDICT"},
		{Title: "DETECTIONS", Right: true},
		{Title: "ASKED"},
		{Title: "FROM, OR WHY NOT"},
	}}
	for _, e := range entries {
		value := screen.Cell{Text: indicator.Defang(e.Value)}
		if e.Error != "" {
			t.Row(value, screen.Cell{Text: "-"}, screen.Cell{}, screen.Cell{}, screen.Cell{Text: e.failing.short, Style: screen.Yellow})
			continue
		}
		from := "provider"
		if e.Cached {
			from = "cache"
		}
		t.Row(value, screen.Cell{Text: string(e.Class), Style: summary.Style(e.Class)}, screen.Cell{Text: e.Detections},
			screen.Cell{Text: age(now.Sub(e.Asked))}, screen.Cell{Text: from, Style: screen.Dim})
	}
	return t
}

// age words how long ago something was, in its largest unit. Clocks differ: what is yet to come is now.
func age(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return "now"
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", d/time.Minute)
	case d < 2*day:
		return fmt.Sprintf("%d h ago", d/time.Hour)
	}
	return fmt.Sprintf("%d days ago", d/day)
}
