package apply_test

import (
	"cmp"
	"context"
	"fmt"

	"vtq.internal/services/writer/internal/apply"
	"vtq.internal/services/writer/internal/attribute"
	"vtq.internal/shared/threatq"
	"vtq.internal/shared/verdict"
)

const id = 7

// A fake is a ThreatQ of one indicator that writes down what it is told to do, and fails where it is told to.
type fake struct {
	rows  []threatq.Row
	score *float64
	fail  map[string]error // By the call, as it is written down.
	made  []threatq.Row    // What a creation that fails answers.
	first int64            // The id of the first row of a creation; 0 for 100.
	calls []string
}

func (f *fake) call(format string, args ...any) error {
	call := fmt.Sprintf(format, args...)
	f.calls = append(f.calls, call)
	return f.fail[call]
}

func (f *fake) Attributes(context.Context, int64) ([]threatq.Row, error) {
	return f.rows, f.call("read")
}

func (f *fake) CreateAttributes(_ context.Context, _ int64, items []threatq.NewAttribute) ([]threatq.Row, error) {
	if err := f.call("create %d", len(items)); err != nil {
		return f.made, err
	}
	rows := make([]threatq.Row, len(items))
	for i, item := range items {
		rows[i] = threatq.Row{ID: cmp.Or(f.first, 100) + int64(i), Name: item.Name, Value: item.Value, Sources: []string{item.Source}}
	}
	return rows, nil
}

func (f *fake) UpdateAttribute(_ context.Context, _, row int64, value string) (threatq.Row, error) {
	return threatq.Row{ID: row, Value: value}, f.call("update %d", row)
}

func (f *fake) DeleteAttribute(_ context.Context, _, row int64) error {
	return f.call("delete %d", row)
}

func (f *fake) Score(context.Context, int64) (*float64, error) { return f.score, f.call("score?") }

func (f *fake) SetScore(_ context.Context, _ int64, points int) error {
	return f.call("score %d", points)
}

// onto makes an applier of four fields.
func (f *fake) onto(scoring apply.Scoring) *apply.Applier {
	return &apply.Applier{
		Library: f, Source: "VirusTotal", Scoring: scoring,
		Mapping: attribute.Mapping{
			Policy: verdict.DefaultPolicy(), Prefix: "VT", Fields: []attribute.Field{"verdict", "severity", "malicious", "tags"},
		},
	}
}

// malicious is a verdict without tags.
func malicious() verdict.Verdict {
	return verdict.Verdict{Found: true, Counts: verdict.Counts{verdict.Malicious: 9}}
}

// row is one of ours.
func row(id int64, name, value string) threatq.Row {
	return threatq.Row{ID: id, Name: "VT " + name, Value: value, Sources: []string{"VirusTotal"}}
}

// stale is an indicator of which one row is missing, one right, two wrong and two too many.
func stale() []threatq.Row {
	return []threatq.Row{
		row(1, "Verdict", "Harmless"), row(2, "Malicious Count", "9"), row(3, "Tags", "old"), row(4, "Tags", "older"), row(5, "Verdict", "Undetected"),
	}
}
