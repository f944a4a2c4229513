package rest

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"

	"vtq.internal/shared/fault"
)

// broken classifies an exchange that brought no whole answer: ended by us, or broken on the way.
func broken(ctx context.Context, where string, err error) error {
	var known *fault.Fault
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return fault.New(fault.Interrupted, fmt.Errorf("%s: %w", where, context.Cause(ctx)))
	case ctx.Err() != nil:
		return fault.New(fault.Transient, fmt.Errorf("%s: %w", where, context.Cause(ctx)))
	case errors.As(err, &known): // Ours, from the talk with the proxy.
		return fault.New(known.Kind, fmt.Errorf("%s: %w", where, known.Err))
	}
	return fault.New(fault.Transient, fmt.Errorf("%s: %w", where, describe(err)))
}

// describe says in our own words what broke. Errors of net/http and crypto/x509 quote what the other side sent: a malformed
// status line, the names in a certificate. Only texts of a closed list pass.
func describe(err error) error {
	var lookup *net.DNSError
	var operation *net.OpError
	var record tls.RecordHeaderError
	var verification *tls.CertificateVerificationError
	switch {
	case errors.As(err, &verification):
		return fmt.Errorf("verifying the server's certificate: %w", describeCertificate(verification.Err))
	case errors.As(err, &record):
		return errors.New("the server does not speak TLS on this port")
	case errors.As(err, &lookup) && lookup.IsNotFound:
		return errors.New("resolving the host: no such host")
	case errors.As(err, &lookup):
		return errors.New("resolving the host: no answer")
	case errors.As(err, &operation) && (operation.Op == "remote error" || operation.Op == "local error"):
		return fmt.Errorf("%s: %w", operation.Op, operation.Err) // From the table of alerts in crypto/tls.
	case errors.As(err, &operation):
		return fmt.Errorf("%s: %w", operation.Op, describeCause(operation.Err))
	}
	return describeCause(err)
}

func describeCause(err error) error {
	var timeout net.Error
	var code syscall.Errno
	var corrupt flate.CorruptInputError
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return errors.New("timed out")
	case errors.As(err, &code):
		return code // Its text is the operating system's: "connection refused".
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the answer was cut short: %w", io.ErrUnexpectedEOF)
	case errors.Is(err, errCoding):
		return errCoding
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, &corrupt):
		return errors.New("the answer says it is gzip but is not, or is damaged")
	}
	return fmt.Errorf("the connection broke or the answer is malformed (%T)", root(err))
}

func describeCertificate(err error) error {
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &unknown):
		return errors.New("signed by an authority that neither the system nor the CA file knows")
	case errors.As(err, &host):
		return errors.New("issued for another host")
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return errors.New("expired or not yet valid")
	}
	return errors.New("not acceptable")
}

// root is the innermost error, whose type is the best clue where the text cannot be shown.
func root(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
