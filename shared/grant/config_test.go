package grant_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/grant"
)

var update = flag.Bool("update", false, "write the configuration that is shipped")

// TestFresh compares the configuration that is shipped with what the code says.
func TestFresh(t *testing.T) {
	shipped := filepath.Join("..", "..", "deployments", "nats", "vtq.conf")
	if *update {
		if err := os.WriteFile(shipped, []byte(grant.Config()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(shipped)
	if err != nil {
		t.Fatalf("reading the shipped configuration: %v; make generate makes it", err)
	}
	if diff := cmp.Diff(grant.Config(), string(got)); diff != "" {
		t.Errorf("vtq.conf is out of date; run: make generate\n(-want +got):\n%s", diff)
	}
}
