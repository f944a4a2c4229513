package wire

// Headers of the trace context of W3C, in lower case: NATS keeps the case of a header's name, and other programs of the trade, the
// server among them, look for these very names. They say in which span a message was published, so that whoever works on it can link to
// that, which may be days later.
const (
	HeaderTraceParent = "traceparent" // Version, trace id, span id and flags.
	HeaderTraceState  = "tracestate"  // What vendors of tracing add.
)

const (
	// maxTraceParent bounds a traceparent, in bytes: version 00 has 55, and no other is written anywhere yet.
	maxTraceParent = 55
	// MaxTraceState bounds a tracestate, in bytes: W3C asks to pass on at least 512 characters.
	MaxTraceState = 512
)

// A Trace is in which span a message was published, as its headers say it. The zero value says nothing. What the texts mean is for
// package telemetry to say: they are visible characters within their bounds, and no more is known of them.
type Trace struct{ Parent, State string }

// TraceOf reads the trace context of a message. What is longer than its bound, or holds anything but visible characters, is left out:
// half of it would mean something else. Without a parent there is no state.
func TraceOf(header map[string][]string) Trace {
	t := Trace{Parent: visible(first(header, HeaderTraceParent), maxTraceParent)}
	if t.Parent != "" {
		t.State = visible(first(header, HeaderTraceState), MaxTraceState)
	}
	return t
}

// Put writes a trace context into headers; the zero value leaves them as they are.
func (t Trace) Put(header map[string][]string) {
	if t.Parent != "" {
		header[HeaderTraceParent] = []string{t.Parent}
	}
	if t.State != "" {
		header[HeaderTraceState] = []string{t.State}
	}
}

// visible is a text of visible ASCII characters and spaces within a bound, else nothing.
func visible(text string, limit int) string {
	if len(text) > limit {
		return ""
	}
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return ""
		}
	}
	return text
}
