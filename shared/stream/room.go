package stream

import "github.com/nats-io/nats.go/jetstream"

// nearlyFull is how much of a bound may be used, in percent, before somebody should know: at the pace of a quota the rest lasts for
// days, and a backlog of a million jobs for months.
const nearlyFull = 80

// A Use is how much of one of its bounds a stream uses.
type Use struct {
	Used uint64
	Most int64
	Unit string // Bytes or messages.
}

// Uses tells it of every bound that the server goes by, which may have been changed by hand.
func Uses(info *jetstream.StreamInfo) []Use {
	var all []Use
	for _, use := range []Use{
		{info.State.Bytes, info.Config.MaxBytes, "bytes"},
		{info.State.Msgs, info.Config.MaxMsgs, "messages"},
	} {
		if use.Most > 0 { // No bound is -1.
			all = append(all, use)
		}
	}
	return all
}

// Share is what is used, as a part of the bound. Divided, not multiplied: a bound may be as large as a number can be.
func (u Use) Share() float64 { return float64(u.Used) / float64(u.Most) }

// NearlyFull tells that somebody should know: above 80 %.
func (u Use) NearlyFull() bool { return float64(u.Used) > float64(u.Most)/100*nearlyFull }
