package ledger_test

import (
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/writer/internal/ledger"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// proven is how many messages a ledger has before it is believed.
const proven = 200

// fill brings a ledger that far.
func (l *lab) fill(messages int) {
	l.Helper()
	for i := range messages {
		l.put(wire.WrittenSubject(int64(1000+i)), []byte(`{"schema":1,"epoch":1}`))
	}
}

// TestWhenAnIndicatorIsBare has a ledger that never heard of an indicator, and is believed or not.
func TestWhenAnIndicatorIsBare(t *testing.T) {
	cases := map[string]struct {
		begin  bool
		filled int
		then   func(l *lab, opened *ledger.Ledger)
		want   bool
	}{
		"it is the first":               {true, proven, nil, true},
		"it has not proven itself":      {true, proven - 1, nil, false},
		"it is not the first":           {false, proven + 1, nil, false},
		"it began late":                 {false, proven, func(l *lab, opened *ledger.Ledger) { l.must(opened.Begin(l.Context())) }, false},
		"it began twice":                {true, proven, func(l *lab, opened *ledger.Ledger) { l.must(opened.Begin(l.Context())) }, true},
		"it was found to be mistaken":   {true, proven, func(l *lab, opened *ledger.Ledger) { opened.Found(l.Context(), l.entry(opened)) }, false},
		"it forgot its first message":   {true, proven, func(l *lab, _ *ledger.Ledger) { l.forget(1) }, false},
		"another epoch has begun":       {true, proven, func(l *lab, _ *ledger.Ledger) { l.raise(2) }, false},
		"it has heard of the indicator": {true, proven, func(l *lab, _ *ledger.Ledger) { l.put(wire.WrittenSubject(id), []byte("x")) }, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				opened := l.open()
				if c.begin {
					l.must(opened.Begin(l.Context()))
				}
				l.fill(c.filled)
				opened = l.open()
				if c.then != nil {
					c.then(l, opened)
				}
				if got := l.entry(opened).Bare(); got != c.want {
					l.Errorf("Bare = %t, want %t", got, c.want)
				}
			})
		})
	}
}

// forget lets the stream keep no more than fits behind so many messages, as it does at its bound.
func (l *lab) forget(messages uint64) {
	l.Helper()
	written, err := l.js.Stream(l.Context(), stream.Written)
	l.must(err)
	l.must(written.Purge(l.Context(), jetstream.WithPurgeSequence(messages+1)))
}

// TestRowsThatAreKnownProveNothing against the ledger.
func TestRowsThatAreKnownProveNothing(t *testing.T) {
	inLab(t, func(l *lab) {
		opened := l.open()
		l.must(opened.Begin(l.Context()))
		l.fill(proven)
		e := l.entry(opened)
		l.must(opened.Keep(l.Context(), e, provider, verdict(5), rows()))
		opened.Found(l.Context(), l.entry(opened))
		page, err := opened.Read(l.Context(), []int64{8})
		l.must(err)
		if !page[8].Bare() {
			l.Error("another indicator is not bare any more, want it so")
		}
	})
}
