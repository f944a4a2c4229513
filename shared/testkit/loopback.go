package testkit

import (
	"crypto/tls"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
)

// Access says whom a server lets in. The zero value lets everybody in; of User, Token and NKey at most one is set.
type Access struct {
	User, Password string
	// Refused is a subject to which User may not publish.
	Refused string
	Token   string
	// NKey is the public key of a user.
	NKey string
	// TLS is what the server asks of everybody, if it is set.
	TLS *tls.Config
}

// Loopback starts an embedded server in real time, on a loopback port that the system picks, and stops it when the test ends. It is
// for what a bubble cannot show: addresses, logins and certificates.
func Loopback(tb testing.TB, a Access) *Server {
	tb.Helper()
	options := &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, Authorization: a.Token}
	if a.User != "" {
		options.Users = []*server.User{{Username: a.User, Password: a.Password, Permissions: a.permissions()}}
	}
	if a.NKey != "" {
		options.Nkeys = []*server.NkeyUser{{Nkey: a.NKey}}
	}
	if a.TLS != nil {
		options.TLSConfig, options.TLS, options.TLSTimeout = a.TLS, true, startTimeout.Seconds()
	}
	s := start(tb, tb.TempDir(), options)
	tb.Cleanup(s.Stop)
	return s
}

func (a Access) permissions() *server.Permissions {
	if a.Refused == "" {
		return nil
	}
	return &server.Permissions{Publish: &server.SubjectPermission{Deny: []string{a.Refused}}}
}

// URL is where a Loopback server listens.
func (s *Server) URL() string { return s.current().ClientURL() }
