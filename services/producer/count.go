package producer

import (
	"cmp"
	"maps"
	"slices"

	"github.com/rs/zerolog"

	"vtq.internal/services/producer/internal/enqueue"
	"vtq.internal/shared/wire"
)

// Reasons to skip an indicator, beside those not to admit it.
const (
	reasonFresh      = "fresh"      // Its verdict is.
	reasonPending    = "pending"    // Its job waits already.
	reasonDead       = "dead"       // Its job died, and would again.
	reasonUnreadable = "unreadable" // A row of ThreatQ without id or value.
)

// What may become of an indicator, as its log line names it.
const (
	published = "published" // By lane.
	skipped   = "skipped"   // By reason.
)

// An end is what became of an indicator.
type end struct {
	became string // One of the above.
	label  string // A lane or a reason.
}

// A count says how many indicators ended how. What did not happen is not in it; nil is empty.
type count map[end]int

func (c count) skip(reason string, n int) { c.add(end{skipped, reason}, n) }

// queued adds what became of those that were admitted.
func (c count) queued(t enqueue.Tally) {
	c.add(end{published, string(wire.Fresh)}, t.Fresh)
	c.add(end{published, string(wire.Refresh)}, t.Refresh)
	c.skip(reasonFresh, t.Current)
	c.skip(reasonPending, t.Pending)
	c.skip(reasonDead, t.Dead)
}

func (c count) add(e end, n int) {
	if n > 0 {
		c[e] += n
	}
}

// plus gives the sum of two.
func (c count) plus(other count) count {
	sum := count{}
	for _, one := range []count{c, other} {
		for e, n := range one {
			sum.add(e, n)
		}
	}
	return sum
}

// MarshalZerologObject adds what was published by lane, and what was skipped by reason: most indicators are skipped for a reason
// that somebody has to know before asking why they bear no verdict.
func (c count) MarshalZerologObject(to *zerolog.Event) {
	for _, became := range []string{published, skipped} {
		parts := zerolog.Dict()
		for _, e := range slices.SortedFunc(maps.Keys(c), byLabel) {
			if e.became == became {
				parts.Int(e.label, c[e])
			}
		}
		to.Dict(became, parts)
	}
}

func byLabel(a, b end) int { return cmp.Compare(a.label, b.label) }
