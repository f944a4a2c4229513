package plan_test

import (
	"slices"
	"strings"

	"pgregory.net/rapid"

	"vtq.internal/services/writer/internal/plan"
	"vtq.internal/shared/threatq"
)

// A model is one indicator in ThreatQ, as far as rows go: each is a name and a value, and who says so. What is not known of ThreatQ is
// a switch.
type model struct {
	*rapid.T
	rows  []threatq.Row
	last  int64
	folds bool // Names and values that differ in case only are the same.
	mute  bool // Sources are not told.
	plain bool // Our names bear no prefix.
}

// owner is us in this model.
func (m *model) owner() plan.Owner {
	if m.plain {
		return plan.Owner{Source: us}
	}
	return owner()
}

// name is how we call an attribute.
func (m *model) name(title string) string {
	if m.plain {
		return title
	}
	return us + " " + title
}

func (m *model) same(a, b string) bool { return a == b || m.folds && strings.EqualFold(a, b) }

func (m *model) find(name, value string) int {
	return slices.IndexFunc(m.rows, func(r threatq.Row) bool { return m.same(r.Name, name) && m.same(r.Value, value) })
}

func (m *model) byID(id int64) int {
	return slices.IndexFunc(m.rows, func(r threatq.Row) bool { return r.ID == id })
}

// told is what an API answers.
func (m *model) told() []threatq.Row {
	all := slices.Clone(m.rows)
	for i := range all {
		all[i].Sources = slices.Clone(all[i].Sources)
		if m.mute {
			all[i].Sources = nil
		}
	}
	return all
}

// create adds a row, or a source to the one that says the same.
func (m *model) create(name, value, source string) {
	i := m.find(name, value)
	if i < 0 {
		m.last++
		m.rows = append(m.rows, threatq.Row{ID: m.last, Name: name, Value: value, Sources: []string{source}})
		return
	}
	if !slices.Contains(m.rows[i].Sources, source) {
		m.rows[i].Sources = append(m.rows[i].Sources, source)
	}
}

// carryOut does what a plan says, in the order in which it is done, and fails where ThreatQ might.
func (m *model) carryOut(p plan.Plan) {
	for _, c := range p.Create {
		m.create(c.Name, c.Value, c.Source)
	}
	for _, u := range p.Update {
		i := m.byID(u.Row)
		if i < 0 {
			m.Fatalf("%+v updates a row that is not there: %v", p, m.rows)
		}
		if twin := m.find(m.rows[i].Name, u.Value); twin >= 0 && twin != i {
			m.Fatalf("%+v gives row %d a value that row %d has: %v", p, u.Row, m.rows[twin].ID, m.rows)
		}
		m.rows[i].Value = u.Value
	}
	for _, id := range p.Delete {
		i := m.byID(id)
		if i < 0 {
			m.Fatalf("%+v deletes a row that is not there: %v", p, m.rows)
		}
		m.rows = slices.Delete(m.rows, i, i+1)
	}
}

// under gives the rows of a name, those that only we bear apart from the others.
func (m *model) under(name string) (ours, others []threatq.Row) {
	for _, r := range m.told() {
		switch {
		case !strings.EqualFold(r.Name, name):
		case m.mute || slices.Equal(r.Sources, []string{us}):
			ours = append(ours, r)
		default:
			others = append(others, r)
		}
	}
	return ours, others
}
