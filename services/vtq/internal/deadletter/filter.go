package deadletter

import (
	"strings"
	"time"
)

// A Filter takes letters. The zero value takes all of them; what is set must all hold.
type Filter struct {
	IDs    []uint64  // By their number, in this order.
	Stage  string    // Where the message died, in full.
	Fault  string    // The kind of fault, in full; Silent is one.
	Reason string    // A part of the reason, in capitals or not.
	Before time.Time // Died before.
	After  time.Time // Died at that time or after.
}

func (f Filter) takes(l Letter) bool {
	switch {
	case f.Stage != "" && f.Stage != l.Death.Stage,
		f.Fault != "" && f.Fault != l.Death.Kind,
		!strings.Contains(strings.ToLower(l.Death.Reason), strings.ToLower(f.Reason)),
		!f.Before.IsZero() && !l.Died.Before(f.Before),
		!f.After.IsZero() && l.Died.Before(f.After):
		return false
	}
	return true
}
