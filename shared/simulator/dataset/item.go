package dataset

import "vtq.internal/shared/verdict"

// An Item is one indicator as an administrator would find it in ThreatQ, and what the provider knows about it.
type Item struct {
	Type       string // ThreatQ's name of the type: "SHA-256", "FQDN".
	Value      string // As ThreatQ stores it, which is not always how the provider would.
	Status     string // "Active", "Review", "Indirect", "Expired" or "Whitelisted".
	Sources    []Source
	Attributes []Attribute // What is there before anybody enriches.

	// Object is what the provider is asked about: the SHA-256 of a file, a canonical URL, a domain in A-labels, an address.
	// Items with the same Object are answered by one request. Empty where nobody may ask.
	Object string
	// Class is what the default policy makes of the provider's answer. Empty where nobody may ask.
	Class verdict.Class
	// Report is the body of the provider's answer: about Object, except for the one that is known under another scheme than
	// the one tried first. nil where the provider knows nothing, and in what Many gives: see Synthesize.
	Report []byte
	// Note says why the item is here, in a few words.
	Note string
}

// A Source is who reported an indicator, and how widely it may be shared.
type Source struct {
	Name string
	TLP  string // "WHITE", "GREEN", "AMBER", "RED", or empty where nobody said.
}

// An Attribute is a name and a value on an indicator.
type Attribute struct {
	Name, Value string
}

// The types that a provider can be asked about, in ThreatQ's words.
const (
	typeMD5    = "MD5"
	typeSHA1   = "SHA-1"
	typeSHA256 = "SHA-256"
	typeURL    = "URL"
	typeFQDN   = "FQDN"
	typeIP     = "IP Address"
	typeIPv6   = "IPv6 Address"
)

// sources are invented feeds, by the roll.
func sources(d *dice) []Source {
	all := []Source{
		{"Lighthouse Feed", "GREEN"}, {"Partner Exchange", "AMBER"}, {"Phishing Mailbox", ""}, {"Harbor Watch Weekly", "WHITE"},
	}
	first := d.below(len(all))
	if d.below(4) > 0 {
		return all[first : first+1]
	}
	return []Source{all[first], all[(first+1)%len(all)]}
}

// status favours what most indicators are.
func status(d *dice) string {
	return pick(d, []string{"Active", "Active", "Active", "Active", "Review", "Indirect", "Expired"})
}
