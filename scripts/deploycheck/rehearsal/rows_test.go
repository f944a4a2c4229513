package rehearsal_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"vtq.internal/scripts/deploycheck/rehearsal"
)

// TestCompareSees plants what a cluster must not do to rows.
func TestCompareSees(t *testing.T) {
	want := func() rehearsal.Rows { return rehearsal.Rows{1: {"a = 1", "b = 2"}, 2: {"a = 1"}, 3: {}} }
	cases := map[string]struct {
		change func(rehearsal.Rows)
		want   rehearsal.Balance
	}{
		"nothing":              {func(rehearsal.Rows) {}, rehearsal.Balance{Indicators: 3, Rows: 3}},
		"a doubled row":        {func(r rehearsal.Rows) { r[2] = append(r[2], "a = 1") }, rehearsal.Balance{Indicators: 3, Rows: 4, Doubled: 1}},
		"a lost row":           {func(r rehearsal.Rows) { r[1] = r[1][:1] }, rehearsal.Balance{Indicators: 3, Rows: 2, Lost: 1}},
		"a stale row":          {func(r rehearsal.Rows) { r[2][0] = "a = 0" }, rehearsal.Balance{Indicators: 3, Rows: 3, Lost: 1, Foreign: 1}},
		"a row on another":     {func(r rehearsal.Rows) { r[3] = []string{"a = 1"} }, rehearsal.Balance{Indicators: 3, Rows: 4, Foreign: 1}},
		"a lost indicator":     {func(r rehearsal.Rows) { delete(r, 1) }, rehearsal.Balance{Indicators: 3, Rows: 1, Lost: 2}},
		"an indicator of ours": {func(r rehearsal.Rows) { r[4] = []string{"a = 1"} }, rehearsal.Balance{Indicators: 4, Rows: 4, Foreign: 1}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := want()
			c.change(got)
			b := rehearsal.Compare(want(), got)
			if diff := cmp.Diff(c.want, b, cmpopts.IgnoreFields(rehearsal.Balance{}, "First")); diff != "" {
				t.Errorf("balance (-want +got):\n%s", diff)
			}
			if wrong := c.want.Doubled+c.want.Lost+c.want.Foreign > 0; (b.Err() != nil) != wrong {
				t.Errorf("Err() = %v, want an error: %t", b.Err(), wrong)
			}
		})
	}
}

func TestBalanceTellsTheFirst(t *testing.T) {
	err := rehearsal.Compare(rehearsal.Rows{7: {"a = 1"}}, rehearsal.Rows{7: {"a = 1", "a = 1"}}).Err()
	if err == nil || !strings.Contains(err.Error(), `1 rows are doubled, 0 lost, 0 do not belong there; first of all indicator 7 bears "a = 1" 2 times, want 1`) {
		t.Errorf("Err() = %v, want the indicator and the row", err)
	}
}
