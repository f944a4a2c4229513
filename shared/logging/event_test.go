package logging_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/config"
	"vtq.internal/shared/logging"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestEventGolden holds the line to its keys, which log users depend on.
func TestEventGolden(t *testing.T) {
	events := []logging.Event{
		{
			Stream: "VTQ_JOBS", Seq: 40213, Delivery: 2, IndicatorID: 88123, IndicatorType: "fqdn", Lane: "fresh", Provider: "virustotal",
			Outcome: logging.OutcomeTransient, Settle: "nak", RetryIn: 41200 * time.Millisecond, Cache: "miss",
			PermitWait: 4 * time.Millisecond, ProviderTook: 212 * time.Millisecond, ProviderStatus: 503,
			Replay:  "2026-03-01T09:30:15.000Z",
			TraceID: "0af7651916cd43dd8448eb211c80319c", LinkedTraceID: "4bf92f3577b34da6a3ce929d0e0e4736",
			QueueAge: 312 * time.Second, Took: 219 * time.Millisecond, Err: "asking virustotal: status 503",
		},
		{
			Stream: "VTQ_VERDICTS", Seq: 7, Delivery: 1, IndicatorID: 88123, Outcome: logging.OutcomeOK, Settle: "ack",
			Created: 1, Updated: 2, Deleted: 3, Unchanged: 4, Took: 1500 * time.Millisecond,
		},
		{Outcome: logging.OutcomeInterrupted},
	}
	got := logged(t, func(b *bytes.Buffer) {
		log := logging.New(b, config.Log{}, "lookup")
		for _, e := range events {
			e.Write(log)
		}
	})
	const golden = "testdata/event.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: -want +got\n%s", golden, diff)
	}
}

// fields writes an event and reads the line back.
func fields(t *testing.T, e logging.Event) map[string]any {
	t.Helper()
	var b bytes.Buffer
	e.Write(logging.New(&b, config.Log{}, "lookup"))
	var got map[string]any
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatalf("%q is not JSON: %v", b.String(), err)
	}
	return got
}

func TestEventLevels(t *testing.T) {
	levels := map[string]string{
		logging.OutcomeOK:          "info",
		logging.OutcomeGone:        "info",
		logging.OutcomeQuota:       "info",
		logging.OutcomeInterrupted: "info",
		logging.OutcomeTransient:   "warn",
		logging.OutcomeDead:        "error",
		logging.OutcomeDenied:      "error",
		logging.OutcomeUnknown:     "error",
		"permanent":                "error",
		"":                         "error",
	}
	for outcome, want := range levels {
		if got := fields(t, logging.Event{Outcome: outcome})["level"]; got != want {
			t.Errorf("outcome %q is written at level %v, want %v", outcome, got, want)
		}
	}
}

func TestEventDurations(t *testing.T) {
	cases := map[time.Duration]any{
		0:                                nil,
		499 * time.Microsecond:           nil,
		500 * time.Microsecond:           0.001,
		-time.Second:                     nil,
		1234567 * time.Microsecond:       1.235,
		49*time.Hour + 1*time.Nanosecond: 176400.0,
	}
	for d, want := range cases {
		if got := fields(t, logging.Event{Took: d})["took_s"]; got != want {
			t.Errorf("took_s of %v = %v, want %v", d, got, want)
		}
	}
}

func TestEventErrorIsBounded(t *testing.T) {
	const most = 1024
	cases := map[string]struct{ err, want string }{
		"short":             {"no route", "no route"},
		"at the bound":      {strings.Repeat("e", most), strings.Repeat("e", most)},
		"beyond the bound":  {strings.Repeat("e", most+1), strings.Repeat("e", most) + "..."},
		"between two bytes": {"e" + strings.Repeat("é", most/2), "e" + strings.Repeat("é", most/2-1) + "..."},
		"no character":      {strings.Repeat("\xbf", most+1), "..."},
		"control":           {"line\nbreak\x1b[31m", "line\nbreak\x1b[31m"}, // As JSON escapes give it back.
	}
	for name, c := range cases {
		if got := fields(t, logging.Event{Err: c.err})["error"]; got != c.want {
			t.Errorf("%s: error = %q, want %q", name, got, c.want)
		}
	}
}
