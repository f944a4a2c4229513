package stream

import "vtq.internal/shared/fault"

// faultless is the fault of a delivery with which nothing went wrong.
const faultless = "none"

// A Label is how a delivery ended, as metrics spell it: two words of closed lists.
type Label struct {
	Fault  string // The kind, or "none" of a delivery without an error.
	Settle string // As of an Outcome.
}

// Label gives an outcome's label, which is one of Labels.
func (o Outcome) Label() Label {
	if o.Err == nil {
		return Label{faultless, o.Settle}
	}
	return Label{o.Kind.String(), o.Settle}
}

// Labels lists every label there can be, once, for metrics that start at zero.
func Labels() []Label {
	all := []Label{{faultless, "ack"}, {fault.Transient.String(), "lost"}}
	for _, kind := range fault.Kinds() {
		all = append(all, Label{kind.String(), settles(kind)})
	}
	return all
}

// settles is how a Settler ends a delivery with a fault of this kind, when the server confirms it.
func settles(kind fault.Kind) string {
	switch kind {
	case fault.Gone:
		return "ack"
	case fault.Permanent:
		return "term"
	case fault.Unknown, fault.Transient, fault.Quota, fault.Denied, fault.Interrupted:
	}
	return "nak"
}
