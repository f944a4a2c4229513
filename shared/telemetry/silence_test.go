package telemetry_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// child is set in a process that only makes a tracer.
const child = "VTQ_TELEMETRY_CHILD"

// TestTheLibrariesAreSilent makes tracers in processes of their own, since the libraries print to the standard error that a process
// began with. Each is given everything that is wrong with one variable, with a collector and without.
func TestTheLibrariesAreSilent(t *testing.T) {
	if os.Getenv(child) != "" {
		sent(t, 3, os.Environ()...)
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	listener, _ := collect(t)
	for n := 0; len(nth(wrong(), n)) > 0; n++ {
		env := nth(wrong(), n)
		for _, more := range []string{"OTEL_TRACES_EXPORTER=otlp", "OTEL_TRACES_EXPORTER=none", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=" + listener} {
			command := exec.CommandContext(t.Context(), self, "-test.run=^TestTheLibrariesAreSilent$")
			command.Env = append(append(append(os.Environ(), child+"=1"), env...), more)
			output, err := command.CombinedOutput()
			if said := string(output); err != nil || !strings.HasPrefix(said, "PASS") || strings.Contains(said, secret) {
				t.Errorf("with %q and %s a process says, %v:\n%s", env, more, err, said)
			}
		}
	}
}

// nth are the nth settings of all variables that have so many.
func nth(all []string, n int) []string {
	var some []string
	seen := map[string]int{}
	for _, one := range all {
		name, _, _ := strings.Cut(one, "=")
		if seen[name] == n {
			some = append(some, one)
		}
		seen[name]++
	}
	return some
}
