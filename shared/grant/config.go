package grant

import (
	"fmt"
	"strings"
)

// ConfigFile is what the configuration is called.
const ConfigFile = "vtq.conf"

// KeysFile is the file beside the configuration that defines the Variable of each role.
const KeysFile = "keys.conf"

// account is the account of all users, and system that of the server itself, into which nobody can log in.
const (
	account = "VTQ"
	system  = "SYS"
)

// Config is the part of a server's configuration that says who may log in, and what each may do. It includes KeysFile.
func Config() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Who may log in to the NATS server of vtq, and what each may do.
# Generated from the package shared/grant, which gives the reasons; "make
# generate" brings it up to date. The public keys are those that
# "vtq credentials" makes; no secret stands here.

include ./%s

system_account: %s

accounts {
  # The server's own. It has no users: add one to ask the server about itself.
  %[2]s { users: [] }

  %s {
%s
    users: [
`, KeysFile, system, account, limits())
	for _, role := range Roles() {
		user(&b, role)
	}
	b.WriteString("    ]\n  }\n}\n")
	return b.String()
}

// user writes one user.
func user(b *strings.Builder, role Role) {
	p := Of(role)
	fmt.Fprintf(b, "      # %s: %s\n      {\n        nkey: $%s\n        permissions: {\n          publish: { allow: [\n",
		role, role.purpose(), role.Variable())
	for _, right := range p.Publish {
		fmt.Fprintf(b, "            # %s\n", right.Why)
		for _, subject := range right.Subjects {
			fmt.Fprintf(b, "            %q\n", subject)
		}
	}
	b.WriteString("          ] }\n          subscribe: { allow: [\n")
	for _, subject := range p.Subscribe {
		fmt.Fprintf(b, "            %q\n", subject)
	}
	b.WriteString("          ] }\n        }\n      }\n")
}
