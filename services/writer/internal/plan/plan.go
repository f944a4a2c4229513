package plan

import (
	"cmp"
	"slices"
	"strings"

	"vtq.internal/services/writer/internal/attribute"
	"vtq.internal/shared/threatq"
)

// An Update gives a row another value.
type Update struct {
	Row   int64
	Value string
}

// A Plan is what has to be done to one indicator.
type Plan struct {
	Create    []threatq.NewAttribute
	Update    []Update
	Delete    []int64
	Unchanged int
}

// Empty tells that there is nothing to do.
func (p Plan) Empty() bool { return len(p.Create)+len(p.Update)+len(p.Delete) == 0 }

// Make compares rows with what is wanted. Source is ours.
func Make(rows []threatq.Row, wanted []attribute.Attribute, source string) Plan {
	var p Plan
	for _, want := range wanted {
		p.attribute(named(rows, want.Name), want, source)
	}
	return p
}

// named gives the rows under a name, oldest first. ThreatQ's database compares names without regard to case.
func named(rows []threatq.Row, name string) []threatq.Row {
	var found []threatq.Row
	for _, row := range rows {
		if strings.EqualFold(row.Name, name) {
			found = append(found, row)
		}
	}
	slices.SortFunc(found, func(a, b threatq.Row) int { return cmp.Compare(a.ID, b.ID) })
	return found
}

func (p *Plan) attribute(rows []threatq.Row, want attribute.Attribute, source string) {
	stands := standing(rows, want.Value, source)
	var ours []threatq.Row
	taken := false // By a row that is not ours to change.
	for i, row := range rows {
		switch {
		case i == stands:
		case only(row, source):
			ours = append(ours, row)
		default:
			taken = taken || alike(row.Value, want.Value)
		}
	}
	switch {
	case want.Value == "":
	case stands >= 0:
		p.Unchanged++
	case taken, len(ours) == 0:
		p.Create = append(p.Create, threatq.NewAttribute{Name: want.Name, Value: want.Value, Source: source})
	default:
		home := max(0, slices.IndexFunc(ours, func(row threatq.Row) bool { return alike(row.Value, want.Value) }))
		p.Update = append(p.Update, Update{Row: ours[home].ID, Value: want.Value})
		ours = slices.Delete(ours, home, home+1)
	}
	for _, row := range ours {
		p.Delete = append(p.Delete, row.ID)
	}
}

// standing finds the row that says what is wanted under our source: -1 if none does.
func standing(rows []threatq.Row, value, source string) int {
	if value == "" {
		return -1
	}
	exact := slices.IndexFunc(rows, func(row threatq.Row) bool { return row.Value == value && bears(row, source) })
	if exact >= 0 {
		return exact
	}
	return slices.IndexFunc(rows, func(row threatq.Row) bool {
		return alike(row.Value, value) && bears(row, source) && !only(row, source)
	})
}

// alike compares as ThreatQ's database may.
func alike(a, b string) bool { return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b)) }

// bears tells whether our source stands on a row.
func bears(row threatq.Row, source string) bool {
	return row.Sources == nil || slices.ContainsFunc(row.Sources, func(s string) bool { return strings.EqualFold(s, source) })
}

// only tells whether no other source stands on a row.
func only(row threatq.Row, source string) bool {
	return bears(row, source) && !slices.ContainsFunc(row.Sources, func(s string) bool { return !strings.EqualFold(s, source) })
}
