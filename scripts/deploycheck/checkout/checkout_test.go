package checkout_test

import (
	"strings"
	"testing"

	"vtq.internal/scripts/deploycheck/checkout"
)

func TestSettings(t *testing.T) {
	all, err := checkout.Settings("../../..")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"VTQ_SWEEP": "24h", "VT_API_KEY_FILE": "", "NATS_REPLICAS": "1"} {
		if got, known := all[name]; !known || got != want {
			t.Errorf("Settings()[%s] = %q, %t, want %q", name, got, known, want)
		}
	}
	if _, err := checkout.Settings(t.TempDir()); err == nil {
		t.Error("Settings() of an empty folder = nil, want an error")
	}
}

func TestBuildSaysWhatIsWrong(t *testing.T) {
	err := checkout.Build(t.Context(), "../../..", t.TempDir(), checkout.Program("vtq-nothing"))
	if err == nil || !strings.Contains(err.Error(), "vtq.internal/services/nothing/cmd/vtq-nothing") {
		t.Errorf("Build() = %v, want the package that is not there", err)
	}
}
