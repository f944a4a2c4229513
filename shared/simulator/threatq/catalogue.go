package threatq

import (
	"maps"
	"math/rand/v2"
	"slices"
)

// A kind is an indicator type of this instance.
type kind struct {
	id          int
	name, class string
}

// A status is an indicator status.
type status struct {
	id                int
	name, description string
	protected         bool // consume does not move an indicator out of it
	builtIn           bool
}

// A catalogue lists the types and statuses of an instance.
type catalogue struct {
	kinds   []*kind           // by id
	classes map[string]string // of the types that are not of class host
	states  []*status         // by id
}

// builtInTypes are the 34 types that every instance has, in their alphabetical order: on the instances recorded 2020 to
// 2022 the rank is the id (FQDN 11, IP Address 15, MD5 18, URL 30).
func builtInTypes() []string {
	return []string{
		"ASN", "Binary String", "CIDR Block", "CVE", "Email Address", "Email Attachment", "Email Subject", "File Mapping",
		"File Path", "Filename", "FQDN", "Fuzzy Hash", "GOST Hash", "Hash ION", "IP Address", "IPv6 Address", "MAC Address",
		"MD5", "Mutex", "Password", "Registry Key", "Service Name", "SHA-1", "SHA-256", "SHA-384", "SHA-512", "String",
		"x509 Serial", "x509 Subject", "URL", "URL Path", "User-agent", "Username", "X-Mailer",
	}
}

// networkTypes have the class network, all others host.
func networkTypes() []string {
	return []string{
		"IP Address", "IPv6 Address", "URL", "FQDN", "Email Address", "Email Subject", "User-agent", "CIDR Block",
	}
}

// builtInStatuses have the same ids everywhere. Active and Expired are protected in recorded answers; that Whitelisted is,
// and Indirect and Review are not, is inferred from what the statuses are for.
func builtInStatuses() []*status {
	return []*status{
		{1, "Active", "Poses a threat and is being exported to detection tools.", true, true},
		{2, "Expired", "No longer poses a serious threat.", true, true},
		{3, "Indirect", "Associated to an active indicator or event (i.e. pDNS).", false, true},
		{4, "Review", "Requires further analysis.", false, true},
		{5, "Whitelisted", "Poses NO risk and should never be deployed.", true, true},
	}
}

// ShuffledTypeIDs returns a table for Server.TypeIDs in which the ids of the built-in types are shuffled, the same way for
// the same seed: a client that has any of them built in fails on it.
func ShuffledTypeIDs(seed uint64) map[string]int {
	names := builtInTypes()
	r := rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // shuffling needs repeatability, not secrecy
	ids := make(map[string]int, len(names))
	for i, rank := range r.Perm(len(names)) {
		ids[names[i]] = rank + 1
	}
	return ids
}

// newCatalogue sets an instance up with a table of type ids, with the ranks if it is nil.
func newCatalogue(ids map[string]int) catalogue {
	if ids == nil {
		ids = map[string]int{}
		for i, name := range builtInTypes() {
			ids[name] = i + 1
		}
	}
	c := catalogue{classes: map[string]string{}, states: builtInStatuses()}
	for _, name := range networkTypes() {
		c.classes[name] = "network"
	}
	for _, name := range slices.Sorted(maps.Keys(ids)) {
		c.kinds = append(c.kinds, c.newKind(ids[name], name))
	}
	slices.SortFunc(c.kinds, func(a, b *kind) int { return a.id - b.id })
	return c
}

// newKind gives a type its class. Custom types are taken to be of class host.
func (c *catalogue) newKind(id int, name string) *kind {
	class := "host"
	if known := c.classes[name]; known != "" {
		class = known
	}
	return &kind{id: id, name: name, class: class}
}

// kind finds a type by id or else by name; nil if the instance has none such.
func (c *catalogue) kind(id int, name string) *kind {
	for _, k := range c.kinds {
		if k.id == id || (id == 0 && k.name == name) {
			return k
		}
	}
	return nil
}

// install finds a type by name, or adds it as an administrator would: with the next id.
func (c *catalogue) install(name string) *kind {
	if k := c.kind(0, name); k != nil {
		return k
	}
	last := 0
	for _, k := range c.kinds {
		last = max(last, k.id)
	}
	k := c.newKind(last+1, name)
	c.kinds = append(c.kinds, k)
	return k
}

// state finds a status by id or else by name; nil if the instance has none such.
func (c *catalogue) state(id int, name string) *status {
	for _, s := range c.states {
		if s.id == id || (id == 0 && s.name == name) {
			return s
		}
	}
	return nil
}

// declare finds a status by name, or adds it as an administrator would.
func (c *catalogue) declare(name string) *status {
	if s := c.state(0, name); s != nil {
		return s
	}
	s := &status{id: len(c.states) + 1, name: name}
	c.states = append(c.states, s)
	return s
}
