package wire_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/wire"
)

func death() wire.Death {
	stored := time.Date(2026, 3, 1, 9, 30, 15, 0, time.UTC)
	return wire.Death{
		Stage: "lookup", Reason: "InvalidArgumentError", Kind: "permanent", Attempts: 20, Subject: "vtq.job.fresh.virustotal.k.1",
		First: stored, Last: stored.Add(time.Hour),
	}
}

// TestDeathIsStable holds the headers to what letters of 90 days ago have.
func TestDeathIsStable(t *testing.T) {
	got := map[string][]string{}
	death().Put(got)
	want := map[string][]string{
		"Vtq-Stage": {"lookup"}, "Vtq-Reason": {"InvalidArgumentError"}, "Vtq-Fault": {"permanent"}, "Vtq-Attempts": {"20"},
		"Vtq-Subject": {"vtq.job.fresh.virustotal.k.1"}, "Vtq-First": {"2026-03-01T09:30:15Z"}, "Vtq-Last": {"2026-03-01T10:30:15Z"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(death(), wire.ParseDeath(got)); diff != "" {
		t.Errorf("ParseDeath (-want +got):\n%s", diff)
	}
}

func TestDeathIsBounded(t *testing.T) {
	long := death()
	long.Reason = strings.Repeat("ä", wire.MaxReason+1) + "\nNats-Msg-Id: x"
	header := map[string][]string{}
	long.Put(header)
	reason := header[wire.HeaderReason][0]
	if n := utf8.RuneCountInString(reason); n != wire.MaxReason || !strings.HasSuffix(reason, "…") {
		t.Errorf("the reason has %d characters, want %d: %s", n, wire.MaxReason, reason)
	}
}

func TestParseDeathTakesWhatIsThere(t *testing.T) {
	cases := map[string]struct {
		header map[string][]string
		want   wire.Death
	}{
		"nothing":      {nil, wire.Death{}},
		"empty values": {map[string][]string{wire.HeaderStage: {}}, wire.Death{}},
		"no number":    {map[string][]string{wire.HeaderAttempts: {"many"}}, wire.Death{}},
		"below zero":   {map[string][]string{wire.HeaderAttempts: {"-3"}}, wire.Death{}},
		"no time":      {map[string][]string{wire.HeaderFirst: {"yesterday"}, wire.HeaderStage: {"x"}}, wire.Death{Stage: "x"}},
		"beyond the calendar": {
			map[string][]string{wire.HeaderFirst: {"9999-12-31T23:59:59-00:01"}, wire.HeaderLast: {"0000-01-01T00:00:00+00:01"}}, wire.Death{},
		},
		"its last second": {
			map[string][]string{wire.HeaderFirst: {"9999-12-31T22:59:59-01:00"}}, wire.Death{First: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)},
		},
		"control":        {map[string][]string{wire.HeaderReason: {"\x1b[31mred\u202e"}}, wire.Death{Reason: "[31mred"}},
		"more than one":  {map[string][]string{wire.HeaderStage: {"a", "b"}}, wire.Death{Stage: "a"}},
		"a longer stage": {map[string][]string{wire.HeaderStage: {strings.Repeat("s", 64)}}, wire.Death{Stage: strings.Repeat("s", 62) + "…"}},
	}
	for name, c := range cases {
		if diff := cmp.Diff(c.want, wire.ParseDeath(c.header)); diff != "" {
			t.Errorf("%s: ParseDeath(%v) (-want +got):\n%s", name, c.header, diff)
		}
	}
}

func TestHistory(t *testing.T) {
	header := map[string][]string{}
	wire.HistoryOf(nil).Put(header)
	if len(header) != 0 {
		t.Errorf("no history puts %v", header)
	}
	h := wire.HistoryOf(nil)
	for n := 1; n <= 7; n++ {
		d := death()
		d.Attempts = n
		h = h.Redrive(d)
		header = map[string][]string{}
		h.Put(header)
		h = wire.HistoryOf(header)
	}
	want := wire.History{Redriven: 7}
	for n := 3; n <= 7; n++ {
		want.Deaths = append(want.Deaths, fmt.Sprintf("2026-03-01T10:30:15Z lookup permanent after %d: InvalidArgumentError", n))
	}
	if diff := cmp.Diff(want, h); diff != "" {
		t.Errorf("history of seven deaths (-want +got):\n%s", diff)
	}
}

// TestHistoryLeavesTheLastOneAlone redrives two messages from one history.
func TestHistoryLeavesTheLastOneAlone(t *testing.T) {
	shared := wire.HistoryOf(nil).Redrive(death())
	one, other := death(), death()
	one.Stage, other.Stage = "one", "other"
	first, second := shared.Redrive(one), shared.Redrive(other)
	if !strings.Contains(first.Deaths[1], " one ") || !strings.Contains(second.Deaths[1], " other ") || len(shared.Deaths) != 1 {
		t.Errorf("histories %v and %v of %v", first, second, shared)
	}
}

// TestHistoryIsBounded holds what anybody may have written to the room that streams leave for headers.
func TestHistoryIsBounded(t *testing.T) {
	hostile := map[string][]string{wire.HeaderRedriven: {strings.Repeat("9", 400)}}
	for range 100 {
		hostile[wire.HeaderHistory] = append(hostile[wire.HeaderHistory], strings.Repeat("ä", 5000), "\x00")
	}
	h := wire.HistoryOf(hostile).Redrive(death())
	if h.Redriven != 1 {
		t.Errorf("redriven %d times, want 1: the count before was none", h.Redriven)
	}
	header := map[string][]string{}
	h.Put(header)
	wire.PutReplay(header, strings.Repeat("r", 2*wire.MaxReplay))
	size := 0
	for name, values := range header {
		for _, value := range values {
			size += len(name) + len(": \r\n") + len(value)
		}
	}
	// What else a verdict bears: the name of a replay, a trace context, the first line, its id, the stream and the sequence that is
	// expected there.
	const traced = len("Vtq-Replay: \r\n") + wire.MaxReplay +
		len("traceparent: \r\n") + len(parent) + len("tracestate: \r\n") + wire.MaxTraceState
	const others = len("NATS/1.0\r\n\r\n") + len("Nats-Msg-Id: r-1772357415123456789-18446744073709551615\r\n") +
		len("Nats-Expected-Stream: VTQ_VERDICTS\r\n") + len("Nats-Expected-Last-Subject-Sequence: 18446744073709551615\r\n")
	if len(h.Deaths) > 5 || size+traced+others > 2<<10 {
		t.Errorf("%d deaths of %d bytes with %d of others, want 5 within 2,048", len(h.Deaths), size, traced+others)
	}
	for _, line := range h.Deaths {
		if len(line) > 120 || !utf8.ValidString(line) {
			t.Errorf("a death of %d bytes: %q", len(line), line)
		}
	}
}
