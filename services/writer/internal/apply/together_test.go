package apply_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/services/writer/internal/apply"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/threatq"
)

// A fakeBulk is a ThreatQ of several indicators, the first of them number 1.
type fakeBulk struct {
	rows     map[int64][]threatq.Row // What the search shows.
	hidden   map[int64]bool          // What it does not.
	lost     error                   // Of the search.
	fail     map[int64]error         // Of the write.
	firstRow int64                   // Of the rows that are told; 0 for none told.
	sent     map[int64][]string      // The values that were written.
}

func (f *fakeBulk) Standings(_ context.Context, asked []threatq.Asked) (map[int64]threatq.Standing, error) {
	all := map[int64]threatq.Standing{}
	for _, a := range asked {
		if !f.hidden[a.ID] {
			all[a.ID] = threatq.Standing{ID: a.ID, Type: "FQDN", Value: a.Value, Status: 1, Rows: f.rows[a.ID]}
		}
	}
	return all, f.lost
}

func (f *fakeBulk) Consume(_ context.Context, items []threatq.Enrichment) []threatq.Consumed {
	f.sent = map[int64][]string{}
	all := make([]threatq.Consumed, len(items))
	for i, item := range items {
		all[i].Err = f.fail[item.ID]
		for _, a := range item.Attributes {
			f.sent[item.ID] = append(f.sent[item.ID], a.Name+"="+a.Value)
			told := threatq.Row{Name: a.Name, Value: a.Value}
			if f.firstRow > 0 {
				told.ID = f.firstRow
				f.firstRow++
			}
			all[i].Rows = append(all[i].Rows, told)
		}
	}
	return all
}

// unnumbered are the rows of a first verdict, of which no ids were told.
func unnumbered() []threatq.Row {
	return []threatq.Row{row(0, "Verdict", "Malicious"), row(0, "Severity", "High"), row(0, "Malicious Count", "9")}
}

// TestTogether has one indicator among three neighbours that are new.
func TestTogether(t *testing.T) {
	refused := fault.New(fault.Permanent, errors.New("refused"))
	feeds := threatq.Row{ID: 7, Name: "vt severity", Value: "High", Sources: []string{"Feed"}}
	cases := map[string]struct {
		bulk  fakeBulk
		again bool
		want  apply.Share
	}{
		"new": {fakeBulk{}, false, apply.Share{Known: told(unnumbered()...), Created: 3}},
		"with another's rows": {fakeBulk{rows: map[int64][]threatq.Row{1: {feeds, theirs(9, "Port")}}}, false, apply.Share{Known: told(
			threatq.Row{ID: 7, Name: "vt severity", Value: "High", Sources: []string{"Feed", "VirusTotal"}}, unnumbered()[0], unnumbered()[2],
		), Created: 3}},
		"with rows of ours":              {fakeBulk{rows: map[int64][]threatq.Row{1: {row(5, "Severity", "High")}}}, false, apply.Share{}},
		"with rows of nobody knows whom": {fakeBulk{rows: map[int64][]threatq.Row{1: {{ID: 5, Name: "VT Severity", Value: "High"}}}}, false, apply.Share{}},
		"with rows to be changed, again": {fakeBulk{rows: map[int64][]threatq.Row{1: {row(5, "Severity", "Low")}}}, true, apply.Share{}},
		"with what it wrote before":      {fakeBulk{rows: map[int64][]threatq.Row{1: {row(5, "Severity", "High")}}}, true, apply.Share{Known: told(row(5, "Severity", "High"), unnumbered()[0], unnumbered()[2]), Created: 2}},
		"with all that it wrote before":  {fakeBulk{rows: map[int64][]threatq.Row{1: written()}}, true, apply.Share{Known: told(written()...)}},
		"that the search does not show":  {fakeBulk{hidden: map[int64]bool{1: true}}, false, apply.Share{}},
		"that is refused":                {fakeBulk{fail: map[int64]error{1: refused}}, false, apply.Share{Err: refused}},
		"of which the answer is silent":  {fakeBulk{fail: map[int64]error{1: broken(fault.Transient)}}, false, apply.Share{Err: broken(fault.Transient)}},
		"of which the answer tells rows": {fakeBulk{firstRow: 100}, false, apply.Share{Known: told(row(100, "Verdict", "Malicious"), row(101, "Severity", "High"), row(102, "Malicious Count", "9")), Created: 3}},
		"whose row went up in another's": {fakeBulk{firstRow: 7, rows: map[int64][]threatq.Row{1: {{ID: 7, Name: "VT Verdict", Value: "malicious ", Sources: []string{"Feed"}}}}}, false, apply.Share{Known: told(
			threatq.Row{ID: 7, Name: "VT Verdict", Value: "malicious ", Sources: []string{"Feed", "VirusTotal"}}, row(8, "Severity", "High"), row(9, "Malicious Count", "9"),
		), Created: 3}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			a := (&fake{}).onto(apply.ScoreOff)
			firsts := []apply.First{a.NewFirst(1, "1.com", malicious(), c.again)}
			for _, id := range []int64{2, 3, 4} {
				firsts = append(firsts, a.NewFirst(id, "x.com", malicious(), false))
			}
			shares, err := a.Together(t.Context(), &c.bulk, firsts)
			if err != nil || len(shares) != 4 {
				t.Fatalf("Together = %+v, %v; want four shares", shares, err)
			}
			if diff := cmp.Diff(c.want, shares[0], cmp.Comparer(func(a, b error) bool { return fault.KindOf(a) == fault.KindOf(b) })); diff != "" {
				t.Errorf("share (-want +got):\n%s", diff)
			}
			for i, share := range shares[1:] {
				if !share.Told || share.Created != 3 || len(share.Rows) != 3 || len(c.bulk.sent[firsts[i+1].ID]) != 3 {
					t.Errorf("the share of a neighbour = %+v, want it written", share)
				}
			}
		})
	}
}

// TestTogetherFailsAsAWhole where nothing was taken, and it may be no matter of the indicators.
func TestTogetherFailsAsAWhole(t *testing.T) {
	all := func(err error) map[int64]error { return map[int64]error{1: err, 2: err} }
	cases := map[string]struct {
		bulk fakeBulk
		want error
	}{
		"the search fails":      {fakeBulk{lost: broken(fault.Transient)}, broken(fault.Transient)},
		"the write fails":       {fakeBulk{fail: all(broken(fault.Transient))}, broken(fault.Transient)},
		"bulk is no way":        {fakeBulk{fail: all(threatq.ErrNoBulk)}, threatq.ErrNoBulk},
		"all are refused":       {fakeBulk{fail: all(broken(fault.Permanent))}, nil},
		"all are misplaced":     {fakeBulk{fail: all(threatq.ErrMisplaced)}, nil},
		"one fails":             {fakeBulk{fail: map[int64]error{1: broken(fault.Transient)}}, nil},
		"nothing is to be done": {fakeBulk{hidden: map[int64]bool{1: true, 2: true}}, nil},
	}
	for name, c := range cases {
		a := (&fake{}).onto(apply.ScoreOff)
		_, err := a.Together(t.Context(), &c.bulk, []apply.First{a.NewFirst(1, "1.com", malicious(), false), a.NewFirst(2, "2.com", malicious(), false)})
		if (err == nil) != (c.want == nil) || fault.KindOf(err) != fault.KindOf(c.want) || errors.Is(c.want, threatq.ErrNoBulk) != errors.Is(err, threatq.ErrNoBulk) {
			t.Errorf("%s: Together = %v, want %v", name, err, c.want)
		}
	}
}
