package dial

import (
	"crypto/x509"
	"time"

	"github.com/nats-io/nats.go"
)

// CertificateEnd tells when the server's certificate can no longer be gone by, as of a connection that stands: when the first of it and of
// those that vouch for it ends, the authority's among them. A server that was given a new one shows it to new connections. It is not ok
// without a connection, without TLS, and over a websocket, of which the client library tells nothing.
func CertificateEnd(nc *nats.Conn) (end time.Time, ok bool) {
	state, err := nc.TLSConnectionState()
	if err != nil || len(state.PeerCertificates) == 0 {
		return time.Time{}, false
	}
	for _, chain := range state.VerifiedChains { // Any of them will do.
		if first := firstEnd(chain); first.After(end) {
			end = first
		}
	}
	return end, !end.IsZero()
}

// firstEnd is when a chain of certificates breaks.
func firstEnd(chain []*x509.Certificate) time.Time {
	end := chain[0].NotAfter // The server's own.
	for _, c := range chain {
		if c.NotAfter.Before(end) {
			end = c.NotAfter
		}
	}
	return end
}
