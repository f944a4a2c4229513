package dial

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"vtq.internal/shared/config"
	"vtq.internal/shared/logging"
)

const (
	// connectTimeout bounds one attempt to reach a NATS server.
	connectTimeout = 5 * time.Second
	// reconnectWait is the pause between two rounds over the servers, with jitter of its own in the client.
	reconnectWait = time.Second
)

// errNoServer is for the services, which bring no server of their own; the client library would try port 4222 of this machine.
var errNoServer = errors.New("NATS_URL: must be set to the servers' addresses, such as nats://localhost:4222")

// NATS connects, and stays connected: a server that goes away is waited for without end. Role names the service in the server's
// monitoring and in its inboxes, so that a role can be kept from reading another's replies. An attempt takes up to 5 s for each
// server; the end of ctx is heard after it.
func NATS(ctx context.Context, c config.NATS, role string, log zerolog.Logger) (*nats.Conn, error) {
	if len(c.URL) == 0 {
		return nil, fmt.Errorf("connecting to NATS: %w", errNoServer)
	}
	options := append(login(c), authority(c)...)
	options = append(options, Watched(log)...)
	options = append(options,
		nats.Name("vtq "+role), nats.CustomInboxPrefix("_INBOX_"+role), nats.Timeout(connectTimeout),
		nats.MaxReconnects(-1), nats.ReconnectWait(reconnectWait),
	)
	nc, err := nats.Connect(strings.Join(c.URL, ","), options...)
	if err != nil {
		return nil, fmt.Errorf("connecting to NATS: %w", blame(c, err))
	}
	if ctx.Err() != nil {
		nc.Close()
		return nil, context.Cause(ctx)
	}
	return nc, nil
}

// login is the way to log in, of which package config lets one pass. Should there be several, the most specific counts.
func login(c config.NATS) []nats.Option {
	switch {
	case c.Creds != "":
		return []nats.Option{named("NATS_CREDS", creds(c.Creds))}
	case c.NKey != "":
		return []nats.Option{named("NATS_NKEY", nkey(c.NKey))}
	case c.Token.IsSet():
		return []nats.Option{nats.Token(c.Token.Reveal())}
	case c.User != "":
		return []nats.Option{nats.UserInfo(c.User, c.Password.Reveal())}
	}
	return nil
}

// creds reads both halves of the file once when the option is applied, and again with every connection, so that it can be replaced
// meanwhile.
func creds(path string) nats.Option {
	return func(o *nats.Options) error {
		if err := nats.UserCredentials(path)(o); err != nil {
			return err
		}
		if _, err := o.UserJWT(); err != nil {
			return err
		}
		_, err := o.SignatureCB(nil)
		return err
	}
}

// nkey reads the seed when the option is applied, so that an unreadable file is an error of connecting.
func nkey(path string) nats.Option {
	return func(o *nats.Options) error {
		option, err := nats.NkeyOptionFromSeed(path)
		if err != nil {
			return err
		}
		return option(o)
	}
}

func authority(c config.NATS) []nats.Option {
	var options []nats.Option
	if c.CA != "" {
		options = append(options, named("NATS_CA", nats.RootCAs(c.CA)))
	}
	if c.Cert != "" {
		options = append(options, named("NATS_CERT, NATS_KEY", nats.ClientCert(c.Cert, c.Key)))
	}
	return options
}

// A settingError is about variables that are known already.
type settingError struct {
	variables string
	err       error
}

func (e *settingError) Error() string { return e.variables + ": " + e.err.Error() }
func (e *settingError) Unwrap() error { return e.err }

// named has the errors of an option, which come of the files that it reads, name their variables.
func named(variables string, option nats.Option) nats.Option {
	return func(o *nats.Options) error {
		if err := option(o); err != nil {
			return &settingError{variables, err}
		}
		return nil
	}
}

// blame names the variables to mend.
func blame(c config.NATS, err error) error {
	var known *settingError
	var remote *net.OpError
	var untrusted *tls.CertificateVerificationError
	var host x509.HostnameError
	variables := "NATS_URL"
	switch {
	case errors.As(err, &known):
		return err
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired), errors.Is(err, nats.ErrAuthRevoked),
		errors.Is(err, nats.ErrNkeysNotSupported):
		variables = credentials(c)
	case errors.As(err, &host):
	case errors.As(err, &untrusted):
		variables = "NATS_CA"
	case errors.Is(err, nats.ErrTLS), errors.As(err, &remote) && strings.Contains(remote.Error(), "certificate"):
		variables = "NATS_CERT, NATS_KEY" // The server's alert, or the hanging up that it is where TLS 1.3 comes to that late.
	}
	return &settingError{variables, err}
}

// credentials names the variables of the login that was tried.
func credentials(c config.NATS) string {
	switch {
	case c.Creds != "":
		return "NATS_CREDS"
	case c.NKey != "":
		return "NATS_NKEY"
	case c.Token.IsSet():
		return "NATS_TOKEN"
	case c.User != "":
		return "NATS_USER, NATS_PASSWORD"
	}
	return "NATS_CREDS, NATS_NKEY, NATS_TOKEN or NATS_USER (none is set)"
}

// Watched logs what becomes of a connection, for connections that are opened elsewhere too. A publish that the server refuses shows
// as a timeout, and its reason only here.
func Watched(log zerolog.Logger) []nats.Option {
	return []nats.Option{
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn().Err(err).Msg("NATS connection lost")
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { log.Info().Msg("NATS connection restored") }),
		nats.ErrorHandler(reported(log)),
	}
}

// reported logs what the client library reports, and the same only once a minute: a role without a permission meets it with every
// message.
func reported(log zerolog.Logger) nats.ErrHandler {
	var fold logging.Fold
	return func(_ *nats.Conn, _ *nats.Subscription, err error) {
		level, key := zerolog.WarnLevel, err.Error()
		if errors.Is(err, nats.ErrPermissionViolation) {
			level, key = zerolog.ErrorLevel, "permission" // The text names the subject, which differs with every message.
		}
		if repeats, ok := fold.Allow(key); ok {
			log.WithLevel(level).Int("repeats", repeats).Err(err).Msg("NATS reports an error")
		}
	}
}
