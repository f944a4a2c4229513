package credentials

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/nats-io/nkeys"

	"vtq.internal/shared/grant"
)

// A Set is all credentials of one NATS server, or of one cluster. It does not print.
type Set struct {
	authority, certificate, key []byte // PEM.
	logins                      map[grant.Role]login
}

// A login is the key of a role.
type login struct {
	seed   []byte
	public string
}

// New makes a set for servers that are reached by these names, which are host names, some with "*" for their first label, or IP
// addresses. It is good for Validity, which begins an hour
// before now, lest clocks differ.
func New(names []string, now time.Time) (Set, error) {
	if err := CheckNames(names); err != nil {
		return Set{}, err
	}
	authority, err := authorityOf(now)
	if err != nil {
		return Set{}, err
	}
	server, err := serverOf(authority, names, now)
	if err != nil {
		return Set{}, err
	}
	set := Set{authority: authority.certificatePEM(), certificate: server.certificatePEM(), logins: map[grant.Role]login{}}
	if set.key, err = server.keyPEM(); err != nil {
		return Set{}, err
	}
	for _, role := range grant.Roles() {
		if set.logins[role], err = newLogin(); err != nil {
			return Set{}, err
		}
	}
	return set, nil
}

func newLogin() (login, error) {
	pair, err := nkeys.CreateUser()
	if err != nil {
		return login{}, fmt.Errorf("making an nkey: %w", err)
	}
	seed, err := pair.Seed()
	if err != nil {
		return login{}, fmt.Errorf("making an nkey: %w", err)
	}
	public, err := pair.PublicKey()
	if err != nil {
		return login{}, fmt.Errorf("making an nkey: %w", err)
	}
	return login{seed: append(seed, '\n'), public: public}, nil
}

// Format prints nothing of it, whatever the verb.
func (s Set) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[redacted]") }

// keysConf defines the public keys for the server's configuration.
func (s Set) keysConf() []byte {
	var b strings.Builder
	b.WriteString("# Public keys of the roles, which vtq.conf reads. Made by vtq credentials.\n")
	for _, role := range grant.Roles() {
		fmt.Fprintf(&b, "%s: %s\n", role.Variable(), s.logins[role].public)
	}
	return []byte(b.String())
}
