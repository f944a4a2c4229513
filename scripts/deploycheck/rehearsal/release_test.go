package rehearsal_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vtq.internal/scripts/deploycheck/rehearsal"
	"vtq.internal/shared/grant"
)

func newRelease(t *testing.T) *rehearsal.Release {
	t.Helper()
	files := map[string]string{"ca.pem": "PEM"}
	for _, role := range grant.Roles() {
		files[string(role)+".nk"] = "seed of the " + string(role)
	}
	r, err := rehearsal.NewRelease(10, t.TempDir(), write(t, files), map[string]string{"NATS_URL": "tls://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestCommand replaces addresses and nothing else.
func TestCommand(t *testing.T) {
	r := newRelease(t)
	for component, program := range map[string]string{
		"producer": "vtq-producer", "lookup": "vtq-lookup", "writer": "vtq-writer", "setup": "vtq", "test": "vtq",
	} {
		c, err := r.Command("bin", component, "some", map[string]string{"VTQ_ADMIN_ADDRESS": "127.0.0.1:2"})
		if err != nil || c.Path != filepath.Join("bin", program) {
			t.Errorf("Command(%s) = %s, %v, want %s", component, c.Path, err, program)
		}
		for _, want := range []string{
			"NATS_URL=tls://127.0.0.1:1", "VTQ_ADMIN_ADDRESS=127.0.0.1:2", "NATS_REPLICAS=3", "VT_REQUESTS_PER_DAY=10", "VT_QUOTA_WINDOW=" + rehearsal.Window.String(),
		} {
			if !slices.Contains(c.Env, want) {
				t.Errorf("the environment of %s is %q, want %s among it", component, c.Env, want)
			}
		}
	}
	if _, err := r.Command("bin", "reader", "some", nil); err == nil {
		t.Error("Command(reader) = nil, want an error: the chart has none")
	}
}

func TestHowStagesAreRolled(t *testing.T) {
	r := newRelease(t)
	for stage, want := range map[string]bool{"producer": false, "lookup": true, "writer": true} {
		surges, err := r.Surges(stage)
		if surges != want || err != nil {
			t.Errorf("Surges(%s) = %t, %v, want %t", stage, surges, err, want)
		}
		if grace, err := r.Grace(stage); grace <= 0 || err != nil {
			t.Errorf("Grace(%s) = %v, %v, want some time", stage, grace, err)
		}
	}
	if _, err := r.Grace("setup"); err == nil || !strings.Contains(err.Error(), "no such deployment") {
		t.Errorf("Grace(setup) = %v, want an error: a Job is not rolled", err)
	}
}
