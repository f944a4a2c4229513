package threatq_test

import (
	"testing"
	"testing/synctest"
	"time"

	"vtq.internal/shared/simulator/threatq"
)

func TestRestore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := &threatq.Server{IndexLag: time.Hour}
		kept := sim.AddIndicator(threatq.Indicator{Type: "FQDN", Value: "kept.org", Tags: []string{"t"}})
		sim.AddAttribute(kept, threatq.Attribute{Name: "N", Value: "V"})
		want, _ := sim.Indicator(kept)
		backup := sim.Backup()
		for range 2 {
			row := sim.AddAttribute(kept, threatq.Attribute{Name: "M", Value: "W"})
			added := sim.AddIndicator(threatq.Indicator{Type: "FQDN", Value: "added.org"})
			if row != want.Attributes[0].ID+1 || added != kept+1 {
				t.Errorf("row %d and indicator %d were added, want %d and %d", row, added, want.Attributes[0].ID+1, kept+1)
			}
			sim.DeleteIndicator(kept)
			sim.Restore(backup)
			got, _ := sim.Indicator(kept)
			diff(t, "indicator", want, got)
			if sim.Len() != 1 {
				t.Errorf("%d indicators are there, want 1", sim.Len())
			}
		}
	})
}
