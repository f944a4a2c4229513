package grant

import "strings"

// A Role is what a process does on the NATS server.
type Role string

// The roles.
const (
	Admin    Role = "admin"    // Sets up, and operates.
	Producer Role = "producer" // The stages.
	Lookup   Role = "lookup"
	Writer   Role = "writer"
)

// Roles lists the roles.
func Roles() []Role { return []Role{Admin, Producer, Lookup, Writer} }

// Variable is what the public key of the role is called in the server's configuration, where whoever makes the keys defines it.
func (r Role) Variable() string { return "VTQ_" + strings.ToUpper(string(r)) }

// purpose is what the role does, for whoever reads the configuration.
func (r Role) purpose() string {
	switch r {
	case Admin:
		return "vtq setup and the other commands of an operator. No stage needs it."
	case Producer:
		return "Reads ThreatQ, and publishes jobs."
	case Lookup:
		return "Takes jobs, asks providers within the quota, and publishes verdicts."
	case Writer:
		return "Takes verdicts, and writes them to ThreatQ."
	}
	return ""
}

// inboxes are the prefixes of the subjects on which a role hears answers: package dial makes one of the name that a process goes by,
// and the operator's commands go by several.
func (r Role) inboxes() []string {
	if r == Admin {
		return []string{"setup", "check", "operator", "inquiry"}
	}
	return []string{string(r)}
}
