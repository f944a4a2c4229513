package fault

import (
	"context"
	"errors"
	"time"
)

// A Kind says what a fault means for the message being worked on.
type Kind int

// The closed list of kinds. Unknown is the zero value, so that what nobody classified shows as such.
const (
	Unknown     Kind = iota // Nobody classified it.
	Transient               // Try again: timeout, reset, 5xx, HTML where JSON was due.
	Quota                   // Not now, and nobody's fault: 429, day spent, window full.
	Permanent               // Never will work: a bad item, an undecodable message.
	Denied                  // We are broken: 401 or 403 on the key.
	Interrupted             // We are leaving.
	Gone                    // The indicator was deleted meanwhile.
)

// Kinds lists every kind, in the order of the table above Unknown first, for metrics that start at zero.
func Kinds() []Kind {
	return []Kind{Unknown, Transient, Quota, Permanent, Denied, Interrupted, Gone}
}

// String gives the kind's name as logs and metric labels spell it.
func (k Kind) String() string {
	switch k {
	case Transient:
		return "transient"
	case Quota:
		return "quota"
	case Permanent:
		return "permanent"
	case Denied:
		return "denied"
	case Interrupted:
		return "interrupted"
	case Gone:
		return "gone"
	case Unknown:
	}
	return "unknown"
}

// A Fault is an error of a known kind.
type Fault struct {
	Kind Kind
	// RetryAfter is the least time to wait, as the other side named it; zero when it named none.
	RetryAfter time.Duration
	// Err says what happened. It carries no secret and no raw indicator value.
	Err error
}

// New classifies err. A nil err gives nil.
func New(kind Kind, err error) error { return After(kind, 0, err) }

// After classifies err and keeps the time the other side asked us to wait. A nil err gives nil.
func After(kind Kind, wait time.Duration, err error) error {
	if err == nil {
		return nil
	}
	return &Fault{Kind: kind, RetryAfter: wait, Err: err}
}

// Error is the text of the wrapped error: the kind is for machines.
func (f *Fault) Error() string { return f.Err.Error() }

// Unwrap gives the wrapped error to errors.Is and errors.As.
func (f *Fault) Unwrap() error { return f.Err }

// KindOf tells the kind of err: the outermost classification wins, since the caller who classified again knew more.
// An unclassified cancellation is Interrupted, an unclassified deadline is Transient, anything else Unknown.
func KindOf(err error) Kind {
	var f *Fault
	switch {
	case errors.As(err, &f):
		return f.Kind
	case errors.Is(err, context.Canceled):
		return Interrupted
	case errors.Is(err, context.DeadlineExceeded):
		return Transient
	}
	return Unknown
}

// RetryAfter tells the wait that the other side named, zero when it named none.
func RetryAfter(err error) time.Duration {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f.RetryAfter
	}
	return 0
}
