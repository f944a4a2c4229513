package apply

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"

	"vtq.internal/services/writer/internal/attribute"
	"vtq.internal/services/writer/internal/plan"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/provider"
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

// An Applier writes verdicts. It is safe for concurrent use.
type Applier struct {
	Library Library
	Mapping attribute.Mapping
	Source  string // Who is shown as the source of every attribute. A placeholder in it is filled in.
	Scoring Scoring

	newest atomic.Int64 // The highest row id that ThreatQ has told.
}

// Known is what is known of an indicator before anything is asked. The zero value is nothing.
type Known struct {
	// Told says that Rows are those that stand under our names, so that they need not be read.
	Told bool
	Rows []threatq.Row
	// Bare says that no row of ours can stand there, since we never wrote one.
	Bare bool
	// Score is the one that was seen to last; nil for none.
	Score *int
}

// A Result is what was done to an indicator, and what is known of it now.
type Result struct {
	Tally

	// Rows are those that stand under our names now; not to be relied upon after an error.
	Rows []threatq.Row
	// Score is the one that was seen to; nil for none.
	Score *int
	// Scoring tells that a score was sent, whatever became of it.
	Scoring bool
	// Read tells that the rows had to be read, and Found that some of ours stood there.
	Read, Found bool
}

// Settled tells whether a verdict asks for nothing of an indicator of which the rows are known, and how many of its rows stand.
func (a *Applier) Settled(v verdict.Verdict, known Known) (unchanged int, settled bool) {
	if !known.Told {
		return 0, false
	}
	p := a.plan(known.Rows, a.Mapping.Of(v), v.Provider)
	return p.Unchanged, p.Empty() && a.scored(v, known.Score)
}

// Apply writes a verdict onto an indicator. The result counts what was done before an error, too.
//
// It goes by what is known where that asks for nothing, or for new rows alone. Before a row is changed or deleted, when ThreatQ
// contradicts what is known, and when nothing is, the rows are read, once.
func (a *Applier) Apply(ctx context.Context, id int64, v verdict.Verdict, known Known) (Result, error) {
	r, refused := a.rows(ctx, id, v, known)
	if refused != nil && fault.KindOf(refused) != fault.Permanent {
		return r, refused
	}
	err := a.score(ctx, id, v, known, &r)
	return r, errors.Join(err, refused) // What is worth another try goes before what is not.
}

// rows brings the rows of an indicator to what is wanted.
func (a *Applier) rows(ctx context.Context, id int64, v verdict.Verdict, known Known) (Result, error) {
	wanted, owner := a.Mapping.Of(v), a.owner(v.Provider)
	var before Tally
	newest := a.newest.Load()
	p := a.plan(known.Rows, wanted, v.Provider)
	// Without a row that was seen the answer to a creation cannot be judged. A row that is changed or deleted is looked at before: since
	// it was written somebody may have put their source to it, or, where ThreatQ was restored, it may be another row altogether.
	guessed := (known.Told || known.Bare && newest > 0) && len(p.Update)+len(p.Delete) == 0
	if guessed {
		s := sheet{owner: owner, rows: known.Rows, guessed: true}
		err := a.do(ctx, id, p, &s)
		if !contradicts(err) {
			return Result{Tally: s.tally, Rows: s.rows}, err
		}
		before = s.tally
	}
	rows, err := a.Library.Attributes(ctx, id)
	if err != nil {
		return Result{Tally: before, Read: true}, err
	}
	for _, row := range rows {
		a.Saw(row.ID)
	}
	s := sheet{owner: owner, rows: a.ours(rows)}
	found := slices.ContainsFunc(s.rows, func(row threatq.Row) bool {
		return a.alone(row) && (!guessed || row.ID <= newest) // And not written by this very try.
	})
	err = a.do(ctx, id, a.plan(s.rows, wanted, v.Provider), &s)
	return Result{Tally: s.tally.After(before), Rows: s.rows, Read: true, Found: found}, err
}

func (a *Applier) plan(rows []threatq.Row, wanted []attribute.Attribute, who string) plan.Plan {
	return plan.Make(rows, wanted, a.owner(who))
}

// owner is us, as we write the verdicts of a provider.
func (a *Applier) owner(who string) plan.Owner {
	o := plan.Owner{Source: attribute.Fill(a.Source, who), Prefix: attribute.Fill(a.Mapping.Prefix, who)}
	for _, other := range provider.Names() {
		o.Others = append(o.Others, attribute.Fill(a.Source, other))
	}
	return o
}

// alone tells whether a row is ours alone, of whichever provider.
func (a *Applier) alone(row threatq.Row) bool {
	return slices.ContainsFunc(provider.Names(), func(who string) bool { return a.owner(who).Only(row) })
}

// ours keeps the rows whose names are ours to write, of whichever provider: the verdict of one must not make those of another unknown.
func (a *Applier) ours(rows []threatq.Row) []threatq.Row {
	names := map[string]bool{}
	for _, who := range provider.Names() {
		for _, name := range a.Mapping.NamesOf(who) {
			names[strings.ToLower(name)] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(rows), func(row threatq.Row) bool { return !names[strings.ToLower(row.Name)] })
}

// do carries out a plan: first what is new, so that a crash leaves an indicator with too much rather than too little. A row that
// ThreatQ refuses does not keep the others from being written, nor the score: what an analyst reads beside it must not be old. Where
// it goes by a guess, the first refusal ends it, since the guess may be wrong.
func (a *Applier) do(ctx context.Context, id int64, p plan.Plan, s *sheet) error {
	var refused []error
	s.tally.Unchanged = p.Unchanged
	for _, step := range a.steps(id, p, s) {
		err := step(ctx)
		if err != nil && (s.guessed || fault.KindOf(err) != fault.Permanent) {
			return err
		}
		refused = append(refused, err)
	}
	return errors.Join(refused...)
}

// steps lists the requests of a plan.
func (a *Applier) steps(id int64, p plan.Plan, s *sheet) []func(context.Context) error {
	var all []func(context.Context) error
	if len(p.Create) > 0 {
		all = append(all, func(ctx context.Context) error { return a.create(ctx, id, p.Create, s) })
	}
	for _, update := range p.Update {
		all = append(all, func(ctx context.Context) error { return a.update(ctx, id, update, s) })
	}
	for _, row := range p.Delete {
		all = append(all, func(ctx context.Context) error {
			err := a.Library.DeleteAttribute(ctx, id, row)
			if err == nil {
				s.deleted(row)
			}
			return err
		})
	}
	return all
}

// create adds rows. ThreatQ gives every new row a higher id than any before, so that a row that answers with a lower one than was seen
// before it was sent has stood there: of ours, which was forgotten, or of somebody else.
func (a *Applier) create(ctx context.Context, id int64, items []threatq.NewAttribute, s *sheet) error {
	newest := a.newest.Load()
	rows, err := a.Library.CreateAttributes(ctx, id, items)
	stood := false
	for i, row := range rows {
		if row.ID > 0 {
			s.created(row, items[i])
			stood = stood || row.ID <= newest || row.Sources != nil && !s.owner.Only(row)
		}
		a.Saw(row.ID)
	}
	if err == nil && s.guessed && stood {
		return errContradicted
	}
	return err
}

func (a *Applier) update(ctx context.Context, id int64, update plan.Update, s *sheet) error {
	_, err := a.Library.UpdateAttribute(ctx, id, update.Row, update.Value)
	if err == nil {
		s.updated(update)
	}
	return err
}

// Saw notes how far ThreatQ has come in giving ids to rows. Whoever makes an applier tells it of the newest row that is known.
func (a *Applier) Saw(row int64) {
	for {
		newest := a.newest.Load()
		if row <= newest || a.newest.CompareAndSwap(newest, row) {
			return
		}
	}
}
