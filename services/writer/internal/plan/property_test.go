package plan_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vtq.internal/services/writer/internal/attribute"
	"vtq.internal/services/writer/internal/plan"
	"vtq.internal/shared/threatq"
)

// TestPlansLeadToWhatIsWanted writes verdicts, one after the other, onto an indicator on which others write as well.
func TestPlansLeadToWhatIsWanted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &model{T: t, folds: rapid.Bool().Draw(t, "folds"), mute: rapid.Bool().Draw(t, "mute")}
		m.plain = !m.mute && rapid.Bool().Draw(t, "plain") // Who is whose is told by one of the two at least.
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "others") {
				m.disturb()
				continue
			}
			m.write([]attribute.Attribute{{Name: m.name("Verdict"), Value: value(t)}, {Name: m.name("Tags"), Value: value(t)}})
		}
	})
}

// value draws one of few, so that they meet.
func value(t *rapid.T) string {
	return rapid.SampledFrom([]string{"", "a", "A", "b", "c"}).Draw(t, "value")
}

// disturb lets somebody else say something: something new, or what is there already. Whoever forges our source may do so as well.
func (m *model) disturb() {
	named := m.name(rapid.SampledFrom([]string{"Verdict", "verdict", "Tags", "Country"}).Draw(m.T, "name"))
	source := rapid.SampledFrom([]string{"Analyst", "Feed", us}).Draw(m.T, "source")
	if said := value(m.T); said != "" {
		m.create(named, said, source)
	}
}

// write plans, carries out, and looks at what came of it.
func (m *model) write(wanted []attribute.Attribute) {
	before := &model{T: m.T, rows: m.told(), folds: m.folds, mute: m.mute, plain: m.plain}
	m.carryOut(plan.Make(m.told(), wanted, m.owner()))
	for _, w := range wanted {
		m.holds(w)
		m.inPlace(before, w)
	}
	m.othersStay(before)
	again := plan.Make(m.told(), wanted, m.owner())
	if !again.Empty() {
		m.Errorf("a second plan is %+v, want it to be empty", again)
	}
	if n := len(slices.DeleteFunc(slices.Clone(wanted), func(a attribute.Attribute) bool { return a.Value == "" })); again.Unchanged != n {
		m.Errorf("a second plan leaves %d unchanged, want %d", again.Unchanged, n)
	}
}

// holds checks that an attribute stands there once, as ours or as one that we share, and nothing else of ours.
func (m *model) holds(w attribute.Attribute) {
	ours, others := m.under(w.Name)
	shared := slices.ContainsFunc(others, func(r threatq.Row) bool {
		return slices.Contains(r.Sources, us) && strings.EqualFold(r.Value, w.Value)
	})
	switch {
	case w.Value == "" && len(ours) == 0:
	case w.Value != "" && shared && len(ours) == 0:
	case w.Value != "" && len(ours) == 1 && ours[0].Value == w.Value:
	default:
		m.Errorf("%+v is wanted, ours are %v and others' %v", w, ours, others)
	}
}

// inPlace checks that a changed value stays in its row, unless somebody else has that value.
func (m *model) inPlace(before *model, w attribute.Attribute) {
	old, others := before.under(w.Name)
	meets := func(r threatq.Row) bool { return strings.EqualFold(r.Value, w.Value) }
	if w.Value == "" || len(old) != 1 || slices.ContainsFunc(others, meets) {
		return
	}
	if ours, _ := m.under(w.Name); len(ours) != 1 || ours[0].ID != old[0].ID {
		m.Errorf("%+v is wanted, row %v became %v", w, old, ours)
	}
}

// othersStay checks that no row under somebody else's word was changed, but for our source.
func (m *model) othersStay(before *model) {
	if m.mute {
		return // Nobody can tell which these are.
	}
	for _, old := range before.rows {
		others := slices.DeleteFunc(slices.Clone(old.Sources), func(s string) bool { return s == us })
		if len(others) == 0 && m.written(old.Name) {
			continue
		}
		i := m.byID(old.ID)
		if i < 0 {
			m.Errorf("row %v is gone", old)
			continue
		}
		now := m.rows[i]
		kept := slices.DeleteFunc(slices.Clone(now.Sources), func(s string) bool { return s == us })
		if now.Name != old.Name || now.Value != old.Value || !slices.Equal(kept, others) {
			m.Errorf("row %v became %v", old, now)
		}
	}
}

// written tells the names that we write.
func (m *model) written(name string) bool {
	return strings.EqualFold(name, m.name("Verdict")) || name == m.name("Tags")
}

// TestUnderAChosenNameNobodyLosesARow has sources that are not told, and names without our prefix: no row that stood there may change
// or go, and what is wanted stands there as well.
func TestUnderAChosenNameNobodyLosesARow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &model{T: t, folds: rapid.Bool().Draw(t, "folds"), mute: true, plain: true}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "others") {
				m.disturb()
				continue
			}
			before := m.told()
			wanted := []attribute.Attribute{{Name: "Country", Value: value(t)}, {Name: "Tags", Value: value(t)}}
			m.carryOut(plan.Make(m.told(), wanted, m.owner()))
			for _, old := range before {
				if i := m.byID(old.ID); i < 0 || m.rows[i].Value != old.Value {
					t.Errorf("row %v was changed or is gone: %v", old, m.rows)
				}
			}
			for _, w := range wanted {
				if w.Value != "" && !slices.ContainsFunc(m.rows, func(r threatq.Row) bool {
					return strings.EqualFold(r.Name, w.Name) && strings.EqualFold(r.Value, w.Value)
				}) {
					t.Errorf("%+v is wanted, there are %v", w, m.rows)
				}
			}
			if again := plan.Make(m.told(), wanted, m.owner()); !again.Empty() {
				t.Errorf("a second plan is %+v, want it to be empty", again)
			}
		}
	})
}
