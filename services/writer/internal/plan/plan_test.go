package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"vtq.internal/services/writer/internal/attribute"
	"vtq.internal/services/writer/internal/plan"
	"vtq.internal/shared/threatq"
)

const (
	us   = "VirusTotal"
	name = "VirusTotal Verdict"
)

// owner is us, by default.
func owner() plan.Owner { return plan.Owner{Source: us, Prefix: us} }

// row is one under our name.
func row(id int64, value string, sources ...string) threatq.Row {
	return threatq.Row{ID: id, Name: name, Value: value, Sources: sources}
}

func TestMake(t *testing.T) {
	create := func(value string) []threatq.NewAttribute {
		return []threatq.NewAttribute{{Name: name, Value: value, Source: us}}
	}
	cases := map[string]struct {
		rows  []threatq.Row
		value string
		want  plan.Plan
	}{
		"nothing stands there": {nil, "Malicious", plan.Plan{Create: create("Malicious")}},
		"its value stands there": {
			[]threatq.Row{row(1, "Malicious", us)}, "Malicious", plan.Plan{Unchanged: 1},
		},
		"another value stands there": {
			[]threatq.Row{row(1, "Harmless", us)}, "Malicious", plan.Plan{Update: []plan.Update{{Row: 1, Value: "Malicious"}}},
		},
		"several values stand there": {
			[]threatq.Row{row(3, "c", us), row(1, "a", us), row(2, "b", us)},
			"Malicious",
			plan.Plan{Update: []plan.Update{{Row: 1, Value: "Malicious"}}, Delete: []int64{2, 3}},
		},
		"its value stands there, and others": {
			[]threatq.Row{row(1, "a", us), row(2, "Malicious", us), row(3, "b", us)},
			"Malicious",
			plan.Plan{Unchanged: 1, Delete: []int64{1, 3}},
		},
		"its value stands there twice": {
			[]threatq.Row{row(2, "Malicious", us), row(1, "Malicious", us)}, "Malicious", plan.Plan{Unchanged: 1, Delete: []int64{2}},
		},
		"it has no value now": {
			[]threatq.Row{row(1, "a", us), row(2, "b", us)}, "", plan.Plan{Delete: []int64{1, 2}},
		},
		"it has no value, and had none": {nil, "", plan.Plan{}},
		"it has no value, and a blank row": {
			[]threatq.Row{row(1, "", us)}, "", plan.Plan{Delete: []int64{1}},
		},

		"somebody else's value stands there": {
			[]threatq.Row{row(1, "Harmless", "Analyst")}, "Malicious", plan.Plan{Create: create("Malicious")},
		},
		"somebody else's stays when ours goes": {
			[]threatq.Row{row(1, "Harmless", "Analyst"), row(2, "Harmless too", us, "Analyst")}, "", plan.Plan{},
		},
		"a shared row is not changed": {
			[]threatq.Row{row(1, "Harmless", us, "Analyst")}, "Malicious", plan.Plan{Create: create("Malicious")},
		},
		"a shared row says the same": {
			[]threatq.Row{row(1, "Malicious", "Analyst", us)}, "Malicious", plan.Plan{Unchanged: 1},
		},
		"a shared row says what ours said otherwise": {
			[]threatq.Row{row(1, "Harmless", us), row(2, "Malicious", "Analyst", us)}, "Malicious", plan.Plan{Unchanged: 1, Delete: []int64{1}},
		},
		"somebody else says the same": {
			[]threatq.Row{row(1, "Harmless", us), row(2, "Malicious", "Analyst")},
			"Malicious",
			plan.Plan{Create: create("Malicious"), Delete: []int64{1}},
		},
		"nobody's row": {
			[]threatq.Row{{ID: 1, Name: name, Value: "Harmless", Sources: []string{}}}, "Malicious", plan.Plan{Create: create("Malicious")},
		},

		"sources that were not told": {
			[]threatq.Row{row(1, "Harmless")}, "Malicious", plan.Plan{Update: []plan.Update{{Row: 1, Value: "Malicious"}}},
		},
		"our source in another case": {
			[]threatq.Row{row(1, "Harmless", "VIRUSTOTAL")}, "Malicious", plan.Plan{Update: []plan.Update{{Row: 1, Value: "Malicious"}}},
		},
		"our source twice": {
			[]threatq.Row{row(1, "Harmless", us, "virustotal")}, "Malicious", plan.Plan{Update: []plan.Update{{Row: 1, Value: "Malicious"}}},
		},
		"our name in another case": {
			[]threatq.Row{{ID: 1, Name: "virustotal VERDICT", Value: "Harmless", Sources: []string{us}}},
			"Malicious",
			plan.Plan{Update: []plan.Update{{Row: 1, Value: "Malicious"}}},
		},
		"a name that only begins like ours": {
			[]threatq.Row{{ID: 1, Name: name + " 2", Value: "Harmless", Sources: []string{us}}}, "", plan.Plan{},
		},

		"our value in another case": {
			[]threatq.Row{row(1, "a", us), row(2, "MALICIOUS", us)},
			"Malicious",
			plan.Plan{Update: []plan.Update{{Row: 2, Value: "Malicious"}}, Delete: []int64{1}},
		},
		"a shared row says the same in another case": {
			[]threatq.Row{row(1, "MALICIOUS", us, "Analyst")}, "Malicious", plan.Plan{Unchanged: 1},
		},
		"somebody else says the same in another case": {
			[]threatq.Row{row(1, "a", us), row(2, " malicious", "Analyst")},
			"Malicious",
			plan.Plan{Create: create("Malicious"), Delete: []int64{1}},
		},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			got := plan.Make(c.rows, []attribute.Attribute{{Name: name, Value: c.value}}, owner())
			if diff := cmp.Diff(c.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("Make(%v, %q) (-want +got):\n%s", c.rows, c.value, diff)
			}
			if empty := len(got.Create)+len(got.Update)+len(got.Delete) == 0; got.Empty() != empty {
				t.Errorf("%+v.Empty() = %t, want %t", got, got.Empty(), empty)
			}
		})
	}
}

// TestMakeOfManyAttributes keeps each to itself.
func TestMakeOfManyAttributes(t *testing.T) {
	rows := []threatq.Row{
		{ID: 1, Name: "A", Value: "1", Sources: []string{us}},
		{ID: 2, Name: "B", Value: "1", Sources: []string{us}},
		{ID: 3, Name: "C", Value: "1", Sources: []string{us}},
		{ID: 4, Name: "Theirs", Value: "1", Sources: []string{us}},
	}
	wanted := []attribute.Attribute{{Name: "D", Value: "1"}, {Name: "C"}, {Name: "B", Value: "2"}, {Name: "A", Value: "1"}}
	want := plan.Plan{
		Create: []threatq.NewAttribute{{Name: "D", Value: "1", Source: us}}, Update: []plan.Update{{Row: 2, Value: "2"}},
		Delete: []int64{3}, Unchanged: 1,
	}
	if diff := cmp.Diff(want, plan.Make(rows, wanted, owner())); diff != "" {
		t.Errorf("Make (-want +got):\n%s", diff)
	}
}
