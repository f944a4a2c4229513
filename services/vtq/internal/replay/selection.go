package replay

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

// A Selection says which verdicts are asked about again. The zero value takes all that are past their age.
type Selection struct {
	Kinds   []indicator.Kind // Of the object. Defaults to all.
	Classes []verdict.Class  // Of the verdict. Defaults to all.
	Since   time.Time        // Published at that time or after.
	Before  time.Time        // Given by the provider before.
	// IgnoreFresh takes verdicts as well that are still good.
	IgnoreFresh bool
}

// String says what is selected.
func (s Selection) String() string {
	parts := []string{"those past their age"}
	if s.IgnoreFresh {
		parts[0] = "whatever their age"
	}
	if len(s.Kinds) > 0 {
		parts = append(parts, fmt.Sprintf("kinds %v", s.Kinds))
	}
	if len(s.Classes) > 0 {
		parts = append(parts, fmt.Sprintf("classes %v", s.Classes))
	}
	if !s.Since.IsZero() {
		parts = append(parts, "published since "+s.Since.UTC().Format(time.RFC3339))
	}
	if !s.Before.IsZero() {
		parts = append(parts, "given before "+s.Before.UTC().Format(time.RFC3339))
	}
	return strings.Join(parts, ", ")
}

func (s Selection) takes(v verdict.Verdict, kind indicator.Kind, class verdict.Class) bool {
	switch {
	case len(s.Kinds) > 0 && !slices.Contains(s.Kinds, kind),
		len(s.Classes) > 0 && !slices.Contains(s.Classes, class),
		!s.Before.IsZero() && !v.Asked.Before(s.Before):
		return false
	}
	return true
}

// again makes the job of a verdict. The job's object stands in the verdict's subject. The answer is about another where the scheme of a
// URL was a guess and the provider knew only the other one: then the guess is made again. Not ok is a verdict that does not say what was
// asked about.
//
// The job is as old as what is known of the indicator: were it new, its verdict would look newer than one about what the indicator has
// become since. A verdict that does not tell was at least asked for when it was given.
func again(k known) (job wire.Job, ok bool) {
	at, message := k.at, k.verdict
	job = wire.Job{Created: message.Asking(at).NotAfter(k.stored).Created, Indicator: message.Indicator, Object: message.Object, After: message.Verdict.Asked}
	if job.Created.IsZero() {
		job.Created = message.Verdict.Asked
	}
	if job.Object.Key() != at.Key {
		parsed, err := indicator.Parse(message.Indicator.Type, message.Indicator.Value, "")
		if err != nil {
			return wire.Job{}, false
		}
		job.Object, job.Other = parsed.Object, parsed.Other
	}
	return job, job.Object.Key() == at.Key && job.Indicator.ID == at.ID
}
