// Package apply writes verdicts onto indicators.
//
// For one indicator it reads the rows that stand there, plans, and does what the plan says: creations in one request, updates and
// deletions one by one. Every step can be repeated: what was done before a crash is found in place.
package apply

import (
	"context"
	"errors"
	"fmt"
	"math"

	"vtq.internal/services/writer/internal/attribute"
	"vtq.internal/services/writer/internal/plan"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/threatq"
	"vtq.internal/shared/verdict"
)

// A Library is ThreatQ, as far as a writer needs it.
type Library interface {
	Attributes(ctx context.Context, id int64) ([]threatq.Row, error)
	CreateAttributes(ctx context.Context, id int64, items []threatq.NewAttribute) ([]threatq.Row, error)
	UpdateAttribute(ctx context.Context, id, row int64, value string) (threatq.Row, error)
	DeleteAttribute(ctx context.Context, id, row int64) error
	Score(ctx context.Context, id int64) (*float64, error)
	SetScore(ctx context.Context, id int64, points int) error
}

// A Scoring says what a verdict does to an indicator's score.
type Scoring string

// The ways of scoring. A score that is set by hand freezes what ThreatQ's own policy computes, which is why it is off by default.
const (
	ScoreOff       Scoring = "off"
	ScoreRaiseOnly Scoring = "raise-only" // Never lowers a score.
	ScoreReplace   Scoring = "replace"
)

// An Applier writes the verdicts of one provider.
type Applier struct {
	Library Library
	Mapping attribute.Mapping
	Source  string // Who is shown as the source of every attribute.
	Scoring Scoring
}

// A Tally is what was done to an indicator.
type Tally struct {
	Created, Updated, Deleted, Unchanged int
	Scored                               bool
}

// After adds what an earlier try has done: rows that it wrote stood there in this one.
func (t Tally) After(earlier Tally) Tally {
	return Tally{
		Created: t.Created + earlier.Created, Updated: t.Updated + earlier.Updated, Deleted: t.Deleted + earlier.Deleted,
		Unchanged: max(t.Unchanged-earlier.Created-earlier.Updated, 0), Scored: t.Scored || earlier.Scored,
	}
}

// Changed tells that ThreatQ took a write.
func (t Tally) Changed() bool { return t.Created+t.Updated+t.Deleted > 0 || t.Scored }

// Apply writes a verdict onto an indicator. The tally counts what was done before an error, too.
func (a *Applier) Apply(ctx context.Context, id int64, v verdict.Verdict) (Tally, error) {
	rows, err := a.Library.Attributes(ctx, id)
	if err != nil {
		return Tally{}, err
	}
	p := plan.Make(rows, a.Mapping.Of(v), plan.Owner{Source: a.Source, Prefix: a.Mapping.Prefix})
	tally := Tally{Unchanged: p.Unchanged}
	refused := a.do(ctx, id, p, &tally)
	if refused != nil && fault.KindOf(refused) != fault.Permanent {
		return tally, refused
	}
	tally.Scored, err = a.score(ctx, id, v)
	return tally, errors.Join(err, refused) // What is worth another try goes before what is not.
}

// do carries out a plan: first what is new, so that a crash leaves an indicator with too much rather than too little. A row that
// ThreatQ refuses does not keep the others from being written, nor the score: what an analyst reads beside it must not be old.
func (a *Applier) do(ctx context.Context, id int64, p plan.Plan, tally *Tally) error {
	var refused []error
	if len(p.Create) > 0 {
		rows, err := a.Library.CreateAttributes(ctx, id, p.Create)
		tally.Created = there(rows)
		if err != nil && fault.KindOf(err) != fault.Permanent {
			return err
		}
		refused = append(refused, err)
	}
	for _, update := range p.Update {
		_, err := a.Library.UpdateAttribute(ctx, id, update.Row, update.Value)
		switch {
		case err == nil:
			tally.Updated++
		case fault.KindOf(err) != fault.Permanent:
			return err
		}
		refused = append(refused, err)
	}
	for _, row := range p.Delete {
		err := a.Library.DeleteAttribute(ctx, id, row)
		switch {
		case err == nil:
			tally.Deleted++
		case fault.KindOf(err) != fault.Permanent:
			return err
		}
		refused = append(refused, err)
	}
	return errors.Join(refused...)
}

// there counts the rows that exist: the others have no id.
func there(rows []threatq.Row) int {
	n := 0
	for _, row := range rows {
		if row.ID > 0 {
			n++
		}
	}
	return n
}

// score sets the score of the verdict's class, when there is one and the setting allows it.
func (a *Applier) score(ctx context.Context, id int64, v verdict.Verdict) (bool, error) {
	wanted := a.Mapping.Policy.Meaning(a.Mapping.Policy.Classify(v)).Score
	if wanted == nil || a.Scoring != ScoreRaiseOnly && a.Scoring != ScoreReplace {
		return false, nil
	}
	stands, err := a.Library.Score(ctx, id)
	if err != nil {
		return false, err
	}
	if stands != nil {
		shown := int(math.Floor(*stands)) // What counts of a generated score, by ThreatQ's own SDK.
		if shown == *wanted || a.Scoring == ScoreRaiseOnly && shown > *wanted {
			return false, nil
		}
	}
	if err := a.Library.SetScore(ctx, id, *wanted); err != nil {
		return false, fmt.Errorf("scoring: %w", err)
	}
	return true, nil
}
