package writer

import (
	"time"

	"vtq.internal/shared/wire"
)

// outdone tells that a newer verdict of the same provider was written before.
func (it *item) outdone() bool { return it.entry.Newest(it.provider).Outdoes(it.asking, it.revision) }

// asked says for what an indicator was asked about, of a verdict that was stored then.
func asked(v wire.Verdict, at wire.VerdictAddress, stored time.Time) wire.Asking {
	if at.Key == "" {
		return wire.Asking{}
	}
	return v.Asking(at).NotAfter(stored)
}

// since is an asking with the later time of two about the same object. A value that the indicator has got back may be answered last by
// the job that was made first: what it was in between must not come back with it.
func since(a, other wire.Asking) wire.Asking {
	if a.Key == other.Key && a.Created.Before(other.Created) {
		a.Created = other.Created
	}
	return a
}
