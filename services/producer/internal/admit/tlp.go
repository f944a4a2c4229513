package admit

import (
	"errors"
	"strings"

	"vtq.internal/shared/threatq"
)

// A TLP is a marking of the Traffic Light Protocol, from the widest audience to the narrowest.
type TLP int

// The markings. CLEAR is what version 2 of the protocol calls WHITE; AMBER+STRICT stands above AMBER.
const (
	Clear TLP = iota
	Green
	Amber
	AmberStrict
	Red
)

// maxSent is the narrowest marking that may ever be sent to a provider: RED is for the eyes of its recipients only.
const maxSent = AmberStrict

// UnmarshalText reads a marking in any case, with or without the "TLP:" before it.
func (m *TLP) UnmarshalText(text []byte) error {
	marking, ok := parseTLP(string(text))
	if !ok {
		return errors.New("wants CLEAR, GREEN, AMBER, AMBER+STRICT or RED")
	}
	*m = marking
	return nil
}

// String spells the marking as the protocol does.
func (m TLP) String() string {
	switch m {
	case Clear:
		return "CLEAR"
	case Green:
		return "GREEN"
	case Amber:
		return "AMBER"
	case AmberStrict:
		return "AMBER+STRICT"
	case Red:
	}
	return "RED"
}

func parseTLP(text string) (TLP, bool) {
	name := strings.TrimSpace(strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(text)), "TLP:"))
	switch name {
	case "CLEAR", "WHITE":
		return Clear, true
	case "GREEN":
		return Green, true
	case "AMBER":
		return Amber, true
	case "AMBER+STRICT", "AMBER-STRICT", "AMBER STRICT":
		return AmberStrict, true
	case "RED":
		return Red, true
	}
	return 0, false
}

// strictest is the narrowest marking that any source puts on a record. A marking that nobody knows counts as RED: it was meant
// to restrict something.
func strictest(record threatq.Record, fallback TLP) TLP {
	marked, most := false, Clear
	for _, source := range record.Sources {
		if source.TLP == "" {
			continue
		}
		marking, ok := parseTLP(source.TLP)
		if !ok {
			marking = Red
		}
		marked, most = true, max(most, marking)
	}
	if !marked {
		return fallback
	}
	return most
}
