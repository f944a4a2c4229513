package apply

import (
	"errors"
	"slices"

	"vtq.internal/services/writer/internal/plan"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/threatq"
)

// errContradicted tells that ThreatQ did what it was asked, and that what was known of the rows is wrong.
var errContradicted = errors.New("other rows stand there than were known of")

// contradicts tells an answer that may come of going by rows that are not those that stand there.
func contradicts(err error) bool {
	return err != nil && (errors.Is(err, errContradicted) || errors.Is(err, threatq.ErrNoRow) || fault.KindOf(err) == fault.Permanent)
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

// A sheet is what stands on an indicator while a plan is carried out.
type sheet struct {
	owner   plan.Owner
	rows    []threatq.Row
	guessed bool // The rows were not read, but known from before.
	tally   Tally
}

// created notes a row that was sent. Where it stood already it bears our source now as well.
func (s *sheet) created(row threatq.Row, sent threatq.NewAttribute) {
	s.tally.Created++
	if i := s.find(row.ID); i >= 0 {
		if old := s.rows[i]; old.Sources != nil && !s.owner.Bears(old) {
			s.rows = slices.Clone(s.rows)
			s.rows[i].Sources = append(slices.Clone(old.Sources), sent.Source)
		}
		return
	}
	sources := row.Sources
	if sources == nil {
		sources = []string{sent.Source}
	}
	s.rows = append(slices.Clone(s.rows), threatq.Row{ID: row.ID, Name: sent.Name, Value: sent.Value, Sources: sources})
}

func (s *sheet) updated(update plan.Update) {
	s.tally.Updated++
	if i := s.find(update.Row); i >= 0 {
		s.rows = slices.Clone(s.rows)
		s.rows[i].Value = update.Value
	}
}

func (s *sheet) deleted(row int64) {
	s.tally.Deleted++
	if i := s.find(row); i >= 0 {
		s.rows = slices.Delete(slices.Clone(s.rows), i, i+1)
	}
}

func (s *sheet) find(row int64) int {
	return slices.IndexFunc(s.rows, func(r threatq.Row) bool { return r.ID == row })
}
