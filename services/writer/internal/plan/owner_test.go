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
