package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"vtq.internal/services/writer/internal/attribute"
	"vtq.internal/services/writer/internal/plan"
	"vtq.internal/shared/threatq"
)

// TestWhoseARowIsWithoutSources has a row that says "DE" while "FR" is wanted, and a ThreatQ that tells no sources: it is updated when
// it is ours, and left alone with ours beside it when it may be somebody else's.
func TestWhoseARowIsWithoutSources(t *testing.T) {
	cases := map[string]struct {
		prefix, name string
		ours         bool
	}{
		"our prefix":                     {us, "VirusTotal Country", true},
		"our prefix in another case":     {us, "VIRUSTOTAL Country", true},
		"our prefix with a blank":        {us + " ", "VirusTotal Country", true},
		"a name of the site":             {us, "Country", false},
		"a name without a prefix":        {"", "Country", false},
		"a blank prefix":                 {" ", "Country", false},
		"a word that begins like ours":   {"Vir", "Virus Name", false},
		"a name that is the prefix only": {us, "VirusTotal", false},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			rows := []threatq.Row{{ID: 1, Name: c.name, Value: "DE"}}
			want := plan.Plan{Create: []threatq.NewAttribute{{Name: c.name, Value: "FR", Source: us}}}
			gone := plan.Plan{}
			if c.ours {
				want = plan.Plan{Update: []plan.Update{{Row: 1, Value: "FR"}}}
				gone = plan.Plan{Delete: []int64{1}}
			}
			o := plan.Owner{Source: us, Prefix: c.prefix}
			for value, want := range map[string]plan.Plan{"FR": want, "": gone, "DE": {Unchanged: 1}} {
				got := plan.Make(rows, []attribute.Attribute{{Name: c.name, Value: value}}, o)
				if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("Make(%v, %q) (-want +got):\n%s", rows, value, diff)
				}
			}
		})
	}
}

// TestToldSourcesDecideUnderAnyName keeps a row of ours in place under a name that a site has chosen.
func TestToldSourcesDecideUnderAnyName(t *testing.T) {
	rows := []threatq.Row{{ID: 1, Name: "Country", Value: "US", Sources: []string{"Analyst"}}, {ID: 2, Name: "Country", Value: "DE", Sources: []string{us}}}
	got := plan.Make(rows, []attribute.Attribute{{Name: "Country", Value: "FR"}}, owner())
	if diff := cmp.Diff(plan.Plan{Update: []plan.Update{{Row: 2, Value: "FR"}}}, got); diff != "" {
		t.Errorf("Make (-want +got):\n%s", diff)
	}
}

// TestOurOtherSource is that of another provider, under a name that a site has chosen for both.
func TestOurOtherSource(t *testing.T) {
	const other, name = "ReversingLabs", "Verdict"
	row := func(id int64, value string, sources ...string) threatq.Row {
		return threatq.Row{ID: id, Name: name, Value: value, Sources: sources}
	}
	create := []threatq.NewAttribute{{Name: name, Value: "bad", Source: us}}
	cases := map[string]struct {
		rows []threatq.Row
		want plan.Plan
	}{
		"of both, another value":             {[]threatq.Row{row(1, "good", us, other)}, plan.Plan{Create: create, Delete: []int64{1}}},
		"of both, the same value":            {[]threatq.Row{row(1, "bad", other, us)}, plan.Plan{Unchanged: 1}},
		"of both, in another case":           {[]threatq.Row{row(1, "BAD", us, "reversinglabs")}, plan.Plan{Update: []plan.Update{{Row: 1, Value: "bad"}}}},
		"of both, and of a person":           {[]threatq.Row{row(1, "good", us, other, "Analyst")}, plan.Plan{Create: create}},
		"of the other alone":                 {[]threatq.Row{row(1, "good", other)}, plan.Plan{Create: create}},
		"of the other alone, the same value": {[]threatq.Row{row(1, "bad", other)}, plan.Plan{Create: create}},
		"of both, and one of ours": {
			[]threatq.Row{row(1, "good", us, other), row(2, "odd", us)}, plan.Plan{Update: []plan.Update{{Row: 2, Value: "bad"}}, Delete: []int64{1}},
		},
		"the same value beside one of both": {
			[]threatq.Row{row(1, "good", us, other), row(2, "bad", us)}, plan.Plan{Unchanged: 1, Delete: []int64{1}},
		},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			o := plan.Owner{Source: us, Others: []string{us, other}}
			got := plan.Make(c.rows, []attribute.Attribute{{Name: name, Value: "bad"}}, o)
			if diff := cmp.Diff(c.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("Make(%v) (-want +got):\n%s", c.rows, diff)
			}
		})
	}
}
