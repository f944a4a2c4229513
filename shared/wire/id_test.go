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
		"verdict":             {wire.VerdictID(job(created, 40213), "virustotal"), "v-VTQ_JOBS-1772357415123456789-40213-virustotal"},
		"verdict, other zone": {wire.VerdictID(job(created.In(time.FixedZone("", 3600)), 40213), "virustotal"), "v-VTQ_JOBS-1772357415123456789-40213-virustotal"},
		"verdict, largest":    {wire.VerdictID(job(created, 1<<64-1), "virustotal"), "v-VTQ_JOBS-1772357415123456789-18446744073709551615-virustotal"},
		"dead letter":         {wire.DeadID("writer", "VTQ_VERDICTS", created, 7), "d-writer-VTQ_VERDICTS-1772357415123456789-7"},
		"redriven":            {wire.RedriveID(created, 17), "r-1772357415123456789-17"},
	}
	for name, c := range cases {
		if c.got != c.want {
			t.Errorf("%s: id = %q, want %q", name, c.got, c.want)
		}
	}
}

func job(created time.Time, sequence uint64) wire.Origin {
	return wire.Origin{Stream: "VTQ_JOBS", Created: created, Sequence: sequence}
}

func TestParseDeadID(t *testing.T) {
	created := time.Date(2026, 3, 1, 9, 30, 15, 123456789, time.UTC)
	for _, want := range []wire.Origin{
		{Stream: "VTQ_VERDICTS", Created: created, Sequence: 7},
		{Stream: "VTQ_JOBS", Created: time.Unix(0, 0), Sequence: 1<<64 - 1},
	} {
		for _, stage := range []string{"writer", "a-stage-with-hyphens"} {
			id := wire.DeadID(stage, want.Stream, want.Created, want.Sequence)
			got, ok := wire.ParseDeadID(id)
			if !ok || got.Stream != want.Stream || !got.Created.Equal(want.Created) || got.Sequence != want.Sequence {
				t.Errorf("ParseDeadID(%q) = %+v, %v; want %+v", id, got, ok, want)
			}
		}
	}
	for _, id := range []string{
		"", "d", "d-writer-VTQ_JOBS-1", "v-writer-VTQ_JOBS-1-2", "d-writer-VTQ_JOBS-x-2", "d-writer-VTQ_JOBS-1-x", "d-writer-VTQ_JOBS-1-",
		"d-writer-VTQ_JOBS-1-18446744073709551616", wire.VerdictID(job(created, 1), "virustotal"), wire.RedriveID(created, 1),
	} {
		if got, ok := wire.ParseDeadID(id); ok {
			t.Errorf("ParseDeadID(%q) = %+v, want none", id, got)
		}
	}
}
