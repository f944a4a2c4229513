package plan

import (
	"slices"
	"strings"

	"vtq.internal/shared/threatq"
)

// An Owner is us: how rows of ours are told from those of others.
type Owner struct {
	Source string   // That is shown on our rows.
	Prefix string   // Of our attributes' names. Empty for none.
	Others []string // That are shown on our rows as well, about what other providers say.
}

// standing finds the row that says what is wanted and may be left as it is: -1 if none does. It bears our source, or, where sources
// are not told, may do so: to leave it changes nobody's word.
func (o Owner) standing(rows []threatq.Row, value string) int {
	if value == "" {
		return -1
	}
	exact := slices.IndexFunc(rows, func(row threatq.Row) bool { return row.Value == value && o.Bears(row) })
	if exact >= 0 {
		return exact
	}
	return slices.IndexFunc(rows, func(row threatq.Row) bool {
		return alike(row.Value, value) && o.Bears(row) && !o.Only(row)
	})
}

// Bears tells whether our source stands on a row, or may.
func (o Owner) Bears(row threatq.Row) bool {
	return row.Sources == nil || slices.ContainsFunc(row.Sources, o.is)
}

// Only tells whether a row is ours alone, of whichever providers, to delete. Where sources are not told, its name has to say so.
func (o Owner) Only(row threatq.Row) bool {
	if row.Sources == nil {
		return o.marks(row.Name)
	}
	return o.Bears(row) && !slices.ContainsFunc(row.Sources, func(s string) bool { return !o.is(s) && !o.other(s) })
}

// changes tells whether a row that is ours alone says nothing for another provider, so that it may be given another value.
func (o Owner) changes(row threatq.Row) bool {
	return !slices.ContainsFunc(row.Sources, func(s string) bool { return !o.is(s) })
}

func (o Owner) is(source string) bool { return strings.EqualFold(source, o.Source) }

func (o Owner) other(source string) bool {
	return slices.ContainsFunc(o.Others, func(other string) bool { return strings.EqualFold(source, other) })
}

// marks tells whether a name begins with our prefix, as the names do that nobody has chosen by hand.
func (o Owner) marks(name string) bool {
	prefix := strings.TrimSpace(o.Prefix)
	return prefix != "" && strings.HasPrefix(strings.ToLower(name), strings.ToLower(prefix)+" ")
}
