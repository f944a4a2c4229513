package config

import (
	"errors"
	"fmt"
	"strings"
)

// NATS says how to reach the message server. The names are those of the nats
// command line tool.
type NATS struct {
	URL      []string `env:"NATS_URL" doc:"Servers, comma-separated, such as tls://nats-0:4222. Unset, vtq up brings its own server."`
	Creds    string   `env:"NATS_CREDS" doc:"Path of a credentials file."`
	User     string   `env:"NATS_USER" doc:"User name."`
	Password Secret   `env:"NATS_PASSWORD" doc:"Password of NATS_USER."`
	Token    Secret   `env:"NATS_TOKEN" doc:"Token, where the server asks for one."`
	NKey     string   `env:"NATS_NKEY" doc:"Path of an NKey seed file."`
	CA       string   `env:"NATS_CA" doc:"Path of a PEM file with the authority that signed the server's certificate."`
	Cert     string   `env:"NATS_CERT" doc:"Path of our PEM certificate, where the server asks for one."`
	Key      string   `env:"NATS_KEY" doc:"Path of the private key of NATS_CERT."`
	Replicas int      `env:"NATS_REPLICAS" envDefault:"1" doc:"Copies of every stream: 1, or 3 or 5 in a cluster of at least that many."`
}

// Heading names the block.
func (NATS) Heading() string { return "NATS" }

// Validate checks the servers' addresses, that there is one way to log in, and
// that files are there.
func (n NATS) Validate() error {
	return errors.Join(
		n.validateServers(),
		n.validateLogin(),
		together("NATS_USER", n.User != "", "NATS_PASSWORD", n.Password.IsSet()),
		together("NATS_CERT", n.Cert != "", "NATS_KEY", n.Key != ""),
		Readable("NATS_CREDS", n.Creds),
		Readable("NATS_NKEY", n.NKey),
		Readable("NATS_CA", n.CA),
		Readable("NATS_CERT", n.Cert),
		Readable("NATS_KEY", n.Key),
		// JetStream's consensus needs a majority: an even number costs a copy
		// and survives no more, and the server stops at 5.
		OneOf("NATS_REPLICAS", n.Replicas, 1, 3, 5),
	)
}

// validateServers accepts what nats.go does: a scheme of its own or none, which
// means nats://. Credentials in a URL are refused because nats.go repeats the
// URL in its errors.
func (n NATS) validateServers() error {
	for _, server := range n.URL {
		if !strings.Contains(server, "://") {
			server = "nats://" + server
		}
		u, err := ParseURL(server)
		switch {
		case err != nil:
			return errors.New("NATS_URL: wants addresses such as nats://host:4222, comma-separated")
		case u.parsed.User != nil:
			return errors.New("NATS_URL: wants addresses without user and password; set NATS_USER and NATS_PASSWORD, or NATS_TOKEN")
		}
		if err := OneOf("NATS_URL", u.parsed.Scheme+"://", "nats://", "tls://", "ws://", "wss://"); err != nil {
			return err
		}
	}
	return nil
}

// validateLogin checks that there is at most one way to log in: the server
// would take one of them, and which is not for the reader to guess.
func (n NATS) validateLogin() error {
	var ways []string
	for _, way := range []struct {
		name string
		set  bool
	}{
		{"NATS_CREDS", n.Creds != ""},
		{"NATS_USER", n.User != "" || n.Password.IsSet()},
		{"NATS_TOKEN", n.Token.IsSet()},
		{"NATS_NKEY", n.NKey != ""},
	} {
		if way.set {
			ways = append(ways, way.name)
		}
	}
	if len(ways) > 1 {
		return fmt.Errorf("%s: wants to be the only way to log in (%s are set); unset the others", ways[0], strings.Join(ways, ", "))
	}
	return nil
}

// together complains if one of two variables is set without the other.
func together(first string, firstSet bool, second string, secondSet bool) error {
	switch {
	case firstSet && !secondSet:
		return fmt.Errorf("%s: must be set along with %s", second, first)
	case secondSet && !firstSet:
		return fmt.Errorf("%s: must be set along with %s", first, second)
	}
	return nil
}
