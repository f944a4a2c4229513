package apply

import (
	"context"
	"errors"
	"slices"
	"strings"

	"vtq.internal/services/writer/internal/attribute"
	"vtq.internal/services/writer/internal/plan"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/threatq"
	"vtq.internal/shared/verdict"
)

// A BulkLibrary is ThreatQ, as far as writing onto many indicators at once needs it.
type BulkLibrary interface {
	Standings(ctx context.Context, asked []threatq.Asked) (map[int64]threatq.Standing, error)
	Consume(ctx context.Context, items []threatq.Enrichment) []threatq.Consumed
}

// A First is a verdict on an indicator on which, as far as is known, none was written before.
type First struct {
	threatq.Asked

	who    string // The provider.
	again  bool   // This very verdict was sent before, and what became of it is not known.
	wanted []attribute.Attribute
}

// A Share is what became of one First. With an Err, or when nothing is Told, it has to be written alone.
type Share struct {
	Known

	Created int
	Err     error
}

// NewFirst prepares a verdict for Together. Again tells that this very verdict was sent before, by a Together that failed.
func (a *Applier) NewFirst(id int64, value string, v verdict.Verdict, again bool) First {
	return First{Asked: threatq.Asked{ID: id, Value: value}, who: v.Provider, again: again, wanted: a.Mapping.Of(v)}
}

// Together writes first verdicts, up to threatq.MaxConsume of them, by one search and one bulk write, and tells what became of each. An
// error says why none of them was taken, where that was no matter of the indicators; there may be no shares then.
func (a *Applier) Together(ctx context.Context, library BulkLibrary, firsts []First) ([]Share, error) {
	asked := make([]threatq.Asked, len(firsts))
	for i, f := range firsts {
		asked[i] = f.Asked
	}
	standings, err := library.Standings(ctx, asked)
	if err != nil {
		return nil, err
	}
	shares := make([]Share, len(firsts))
	var items []threatq.Enrichment
	var whose []*Share
	for i, f := range firsts {
		standing, found := standings[f.ID]
		if !found {
			continue
		}
		rows := a.ours(standing.Rows)
		p := a.plan(rows, f.wanted, f.who)
		if !a.first(f, rows, p) {
			continue
		}
		shares[i].Known = Known{Told: true, Rows: rows}
		if len(p.Create) > 0 {
			items = append(items, threatq.Enrichment{Standing: standing, Attributes: p.Create})
			whose = append(whose, &shares[i])
		}
	}
	return shares, a.consume(ctx, library, items, whose)
}

// first tells whether a plan may be carried out in bulk. On an indicator that really is new to us stands no row of ours; where one does,
// the index, which lags, is not the one to say which, and a row that is to go cannot be taken away in bulk. What a repeated verdict
// finds is what it wrote itself.
func (a *Applier) first(f First, rows []threatq.Row, p plan.Plan) bool {
	if len(p.Update)+len(p.Delete) > 0 {
		return false
	}
	return f.again || !slices.ContainsFunc(rows, a.bears)
}

// bears tells whether a source of ours stands on a row, of whichever provider.
func (a *Applier) bears(row threatq.Row) bool {
	return slices.ContainsFunc(provider.Names(), func(who string) bool { return a.owner(who).Bears(row) })
}

// consume sends what is to be created and writes down what stands there then.
func (a *Applier) consume(ctx context.Context, library BulkLibrary, items []threatq.Enrichment, whose []*Share) error {
	if len(items) == 0 {
		return nil
	}
	var failed []error
	for i, done := range library.Consume(ctx, items) {
		if done.Err != nil {
			*whose[i] = Share{Err: done.Err}
			failed = append(failed, done.Err)
			continue
		}
		whose[i].Created = len(done.Rows)
		whose[i].Rows = with(whose[i].Rows, items[i].Attributes, done.Rows)
		for _, row := range done.Rows {
			a.Saw(row.ID)
		}
	}
	return whole(failed, len(items))
}

// whole is the failure of a bulk write of which nothing was taken, if that may be no matter of the indicators.
func whole(failed []error, sent int) error {
	for _, err := range failed {
		if len(failed) < sent || fault.KindOf(err) == fault.Permanent || errors.Is(err, threatq.ErrMisplaced) {
			return nil
		}
	}
	return errors.Join(failed[:min(len(failed), 1)]...)
}

// with adds the rows that were sent to those that stood there. One that somebody else had reported bears our source now, too. A row whose
// id was not told is kept without it: before a row is changed its indicator is read anyway.
func with(rows []threatq.Row, sent []threatq.NewAttribute, told []threatq.Row) []threatq.Row {
	rows = slices.Clone(rows)
	for i, item := range sent {
		at := slices.IndexFunc(rows, func(row threatq.Row) bool {
			return row.ID > 0 && row.ID == told[i].ID || strings.EqualFold(row.Name, item.Name) && row.Value == item.Value
		})
		if at < 0 {
			rows = append(rows, threatq.Row{ID: told[i].ID, Name: item.Name, Value: item.Value, Sources: []string{item.Source}})
			continue
		}
		rows[at].Sources = append(slices.Clone(rows[at].Sources), item.Source)
	}
	return rows
}
