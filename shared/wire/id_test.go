package wire_test

import (
	"testing"
	"time"

	"vtq.internal/shared/wire"
)

// The ids are compared with what servers remember from before an upgrade: they must never change.
func TestIDsAreStable(t *testing.T) {
	created := time.Date(2026, 3, 1, 9, 30, 15, 123456789, time.UTC)
	cases := map[string]struct{ got, want string }{
		"verdict":             {wire.VerdictID(created, 40213, "virustotal"), "v-1772357415123456789-40213-virustotal"},
		"verdict, other zone": {wire.VerdictID(created.In(time.FixedZone("", 3600)), 40213, "virustotal"), "v-1772357415123456789-40213-virustotal"},
		"verdict, largest":    {wire.VerdictID(created, 1<<64-1, "virustotal"), "v-1772357415123456789-18446744073709551615-virustotal"},
		"dead letter":         {wire.DeadID("writer", "VTQ_VERDICTS", created, 7), "d-writer-VTQ_VERDICTS-1772357415123456789-7"},
	}
	for name, c := range cases {
		if c.got != c.want {
			t.Errorf("%s: id = %q, want %q", name, c.got, c.want)
		}
	}
}
