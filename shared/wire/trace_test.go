package wire_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/wire"
)

// parent is the example of W3C's recommendation.
const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// TestTraceIsStable holds the headers to their names, which are not ours, and to their case, which NATS keeps.
func TestTraceIsStable(t *testing.T) {
	header := map[string][]string{}
	wire.Trace{Parent: parent, State: "rojo=00f067aa0ba902b7"}.Put(header)
	want := map[string][]string{"traceparent": {parent}, "tracestate": {"rojo=00f067aa0ba902b7"}}
	if diff := cmp.Diff(want, header); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestTraceOf(t *testing.T) {
	state := "a=" + strings.Repeat("x", wire.MaxTraceState-2)
	cases := map[string]struct {
		header map[string][]string
		want   wire.Trace
	}{
		"nothing":                  {nil, wire.Trace{}},
		"an empty one":             {map[string][]string{"traceparent": {}}, wire.Trace{}},
		"a parent":                 {map[string][]string{"traceparent": {parent}}, wire.Trace{Parent: parent}},
		"another case":             {map[string][]string{"Traceparent": {parent}}, wire.Trace{}},
		"a state alone":            {map[string][]string{"tracestate": {"a=b"}}, wire.Trace{}},
		"a state at its bound":     {map[string][]string{"traceparent": {parent}, "tracestate": {state}}, wire.Trace{Parent: parent, State: state}},
		"a state beyond its bound": {map[string][]string{"traceparent": {parent}, "tracestate": {state + "x"}}, wire.Trace{Parent: parent}},
		"a parent beyond its bound": {
			map[string][]string{"traceparent": {parent + "0"}, "tracestate": {"a=b"}}, wire.Trace{},
		},
		"control characters": {map[string][]string{"traceparent": {"00-\r\nNats-Msg-Id: x"}}, wire.Trace{}},
		"other letters":      {map[string][]string{"traceparent": {parent}, "tracestate": {"a=ä"}}, wire.Trace{Parent: parent}},
	}
	for name, c := range cases {
		if diff := cmp.Diff(c.want, wire.TraceOf(c.header)); diff != "" {
			t.Errorf("%s: TraceOf (-want +got):\n%s", name, diff)
		}
	}
}

// TestNoTracePutsNothing holds messages that nobody traces to the bytes that they had before.
func TestNoTracePutsNothing(t *testing.T) {
	header := map[string][]string{}
	if (wire.Trace{}).Put(header); len(header) > 0 {
		t.Errorf("no trace context puts %v", header)
	}
}
