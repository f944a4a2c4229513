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

// Make compares rows with what is wanted.
func Make(rows []threatq.Row, wanted []attribute.Attribute, owner Owner) Plan {
	var p Plan
	for _, want := range wanted {
		p.attribute(named(rows, want.Name), want, owner)
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

func (p *Plan) attribute(rows []threatq.Row, want attribute.Attribute, owner Owner) {
	stands := owner.standing(rows, want.Value)
	var ours []threatq.Row
	taken := false // By a row that is not ours to change.
	for i, row := range rows {
		switch {
		case i == stands:
		case owner.Only(row):
			ours = append(ours, row)
		default:
			taken = taken || alike(row.Value, want.Value)
		}
	}
	home := home(ours, want.Value, owner)
	switch {
	case want.Value == "":
	case stands >= 0:
		p.Unchanged++
	case taken, home < 0:
		p.Create = append(p.Create, threatq.NewAttribute{Name: want.Name, Value: want.Value, Source: owner.Source})
	default:
		p.Update = append(p.Update, Update{Row: ours[home].ID, Value: want.Value})
		ours = slices.Delete(ours, home, home+1)
	}
	for _, row := range ours {
		p.Delete = append(p.Delete, row.ID)
	}
}

// home finds the row of ours that is given a value: -1 if none is. One that says the same in another case comes first: to create it
// beside that one may come to the same row, which is not to be deleted then.
func home(ours []threatq.Row, value string, owner Owner) int {
	if same := slices.IndexFunc(ours, func(row threatq.Row) bool { return alike(row.Value, value) }); same >= 0 {
		return same
	}
	return slices.IndexFunc(ours, owner.changes)
}

// alike compares as ThreatQ's database may.
func alike(a, b string) bool { return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b)) }
