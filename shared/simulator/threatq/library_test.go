package threatq_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"vtq.internal/shared/simulator/threatq"
)

func TestAddIndicatorDefaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := &threatq.Server{}
		now := time.Now().UTC()
		id := sim.AddIndicator(threatq.Indicator{Type: "FQDN", Value: "x.org"})
		got, ok := sim.Indicator(id)
		if !ok {
			t.Fatalf("Indicator(%d) is not there", id)
		}
		diff(t, "indicator", threatq.Indicator{
			ID: id, Type: "FQDN", Value: "x.org", Status: "Active", CreatedAt: now, UpdatedAt: now, TouchedAt: now, PublishedAt: now,
		}, got)
	})
}

func TestAddIndicatorKeepsWhatItIsGiven(t *testing.T) {
	at := func(day int) time.Time { return time.Date(2026, 1, day, 1, 2, 3, 456e6, time.UTC) }
	three := 3
	src := []threatq.Source{{Name: "A", TLP: "RED"}, {Name: "B"}}
	in := threatq.Indicator{
		ID: 500, Type: "FQDN", Value: "x.org", Status: "Odd", Score: 2.5, ManualScore: &three, Description: "d",
		Tags: []string{"t"}, Sources: src, CreatedAt: at(1), UpdatedAt: at(2), TouchedAt: at(3), PublishedAt: at(4), ExpiresAt: at(5),
		Attributes: []threatq.Attribute{{Name: "N", Value: "V"}, {Name: "O", Value: "W", Sources: src[1:]}},
	}
	sim := &threatq.Server{}
	id := sim.AddIndicator(in)
	got, _ := sim.Indicator(id)
	in.Attributes = []threatq.Attribute{
		{ID: got.Attributes[0].ID, Name: "N", Value: "V", Sources: src, CreatedAt: at(1), TouchedAt: at(1)},
		{ID: got.Attributes[1].ID, Name: "O", Value: "W", Sources: src[1:], CreatedAt: at(1), TouchedAt: at(1)},
	}
	diff(t, "indicator", in, got)
	if next := sim.AddIndicator(threatq.Indicator{Type: "FQDN", Value: "y.org"}); next != 501 {
		t.Errorf("next id = %d, want 501", next)
	}
	if taken := sim.AddIndicator(threatq.Indicator{ID: 500, Type: "FQDN", Value: "z.org"}); taken != 502 {
		t.Errorf("id for a taken one = %d, want 502", taken)
	}
}

func TestIdentityOfIndicators(t *testing.T) {
	sim := &threatq.Server{}
	add := func(kind, value string, keep bool) int64 {
		return sim.AddIndicator(threatq.Indicator{Type: kind, Value: value, KeepScheme: keep})
	}
	url := add("URL", "http://x.org/a", false)
	for name, tc := range map[string]struct {
		kind, value string
		keep, same  bool
	}{
		"again":              {"URL", "http://x.org/a", false, true},
		"as stored":          {"URL", "x.org/a", false, true},
		"of another scheme":  {"URL", "HTTPS://x.org/a", false, true},
		"with its scheme":    {"URL", "http://x.org/a", true, false},
		"of another type":    {"String", "x.org/a", false, false},
		"in another case":    {"URL", "x.org/A", false, false},
		"no URL keeps it":    {"String", "http://x.org/a", false, false},
		"nothing but scheme": {"URL", "http://", false, false},
	} {
		if id := add(tc.kind, tc.value, tc.keep); (id == url) != tc.same {
			t.Errorf("%s: AddIndicator(%s, %s) = %d, the same as %d: want %t", name, tc.kind, tc.value, id, url, tc.same)
		}
	}
}

func TestIndicatorsYieldsByID(t *testing.T) {
	sim := mixed(time.Unix(0, 0))
	var ids []int64
	for in := range sim.Indicators() {
		ids = append(ids, in.ID)
		sim.DeleteIndicator(3) // the loop may change the library
		if in.ID == 4 {
			break
		}
	}
	if !slices.Equal(ids, []int64{1, 2, 4}) {
		t.Errorf("Indicators = %v, want 1, 2, 4", ids)
	}
	for in := range (&threatq.Server{}).Indicators() {
		t.Errorf("an empty library has %v", in)
	}
}

// What was handed out does not change under the reader.
func TestSnapshotsStay(t *testing.T) {
	sim := &threatq.Server{}
	id := sim.AddIndicator(threatq.Indicator{Type: "FQDN", Value: "x.org", Attributes: []threatq.Attribute{{Name: "A", Value: "1"}}})
	before := sim.Attributes(id)
	sim.AddAttribute(id, threatq.Attribute{Name: "A", Value: "1", Sources: []threatq.Source{{Name: "S"}}})
	sim.DeleteAttribute(id, before[0].ID)
	if before[0].Value != "1" || before[0].Sources != nil {
		t.Errorf("snapshot = %+v, want it as it was", before[0])
	}
}
