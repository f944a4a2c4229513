package apply

import (
	"context"
	"fmt"
	"math"

	"vtq.internal/shared/verdict"
)

// A Scoring says what a verdict does to an indicator's score.
type Scoring string

// The ways of scoring. A score that is set by hand freezes what ThreatQ's own policy computes, which is why it is off by default.
const (
	ScoreOff       Scoring = "off"
	ScoreRaiseOnly Scoring = "raise-only" // Never lowers a score.
	ScoreReplace   Scoring = "replace"
)

// worth is the score of the verdict's class, nil when there is none or the setting allows none.
func (a *Applier) worth(v verdict.Verdict) *int {
	if a.Scoring != ScoreRaiseOnly && a.Scoring != ScoreReplace {
		return nil
	}
	return a.Mapping.Policy.Meaning(a.Mapping.Policy.Classify(v)).Score
}

// scored tells whether the score was seen to already. Whoever changes it afterwards, a person or ThreatQ's policy, has the last word
// until a verdict is worth another one.
func (a *Applier) scored(v verdict.Verdict, last *int) bool {
	wanted := a.worth(v)
	return wanted == nil || last != nil && *last == *wanted
}

// score sets the score that a verdict is worth.
func (a *Applier) score(ctx context.Context, id int64, v verdict.Verdict, known Known, r *Result) error {
	wanted := a.worth(v)
	if a.scored(v, known.Score) {
		r.Score = known.Score
		return nil
	}
	stands, err := a.Library.Score(ctx, id)
	if err != nil {
		return err
	}
	if stands == nil || !a.leaves(int(math.Floor(*stands)), *wanted) { // What counts of a generated score, by ThreatQ's own SDK.
		r.Scoring = true
		if err := a.Library.SetScore(ctx, id, *wanted); err != nil {
			return fmt.Errorf("scoring: %w", err)
		}
		r.Scored = true
	}
	r.Score = wanted
	return nil
}

// leaves tells whether a score may stay as it is.
func (a *Applier) leaves(shown, wanted int) bool {
	return shown == wanted || a.Scoring == ScoreRaiseOnly && shown > wanted
}
