package cli

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/stream"
)

func TestEarly(t *testing.T) {
	refused := func(code int, number jetstream.ErrorCode) error {
		return &jetstream.APIError{Code: code, ErrorCode: number, Description: "words"}
	}
	cases := map[string]struct {
		err  error
		want bool
	}{
		"nobody listens":             {&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, true},
		"no address yet":             {&net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true}}, true},
		"a server that goes away":    {io.EOF, true},
		"no server of several":       {nats.ErrNoServers, true},
		"an answer that never came":  {context.DeadlineExceeded, true},
		"JetStream not there yet":    {nats.ErrNoResponders, true},
		"no leader":                  {refused(503, 10008), true},
		"not enough peers":           {refused(400, 10005), true},
		"no room":                    {refused(503, 10023), false},
		"no JetStream":               {refused(503, 10076), false},
		"no JetStream of ours":       {refused(503, 10039), false},
		"replicas without a cluster": {refused(500, 10074), false},
		"an unknown key":             {nats.ErrAuthorization, false},
		"a server without keys":      {nats.ErrNkeysNotSupported, false},
		"an unknown authority":       {&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, false},
		"a certificate refused":      {&net.OpError{Op: "remote error", Err: errors.New("tls: bad certificate")}, false},
		"an unreadable file":         {&fs.PathError{Op: "open", Err: fs.ErrPermission}, false},
		"an old server":              {stream.ErrServerTooOld, false},
		"a setting":                  {errors.New("stream replicas: must be 1, 3 or 5 (got 2)"), false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := early(fmt.Errorf("setting up: %w", c.err)); got != c.want {
				t.Errorf("early(%v) = %t, want %t", c.err, got, c.want)
			}
		})
	}
}

// TestInsist ends with what is final, with the patience, and with whoever waits.
func TestInsist(t *testing.T) {
	errFinal := errors.New("final")
	cases := map[string]struct {
		ended    bool
		patience time.Duration
		fails    error
	}{
		"final":       {false, time.Hour, errFinal},
		"no patience": {false, 0, nats.ErrTimeout},
		"interrupted": {true, time.Hour, nats.ErrTimeout},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if c.ended {
				cancel()
			}
			tries := 0
			err := insist(ctx, c.patience, func() error { tries++; return c.fails })
			if !errors.Is(err, c.fails) || tries != 1 {
				t.Errorf("insist = %v after %d tries, want %v after one", err, tries, c.fails)
			}
		})
	}
}
