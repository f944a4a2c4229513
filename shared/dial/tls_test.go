package dial_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"testing"
	"time"

	"vtq.internal/shared/config"
	"vtq.internal/shared/testkit"
)

// A certificate with its key, as both sides of a connection want it.
type certificate struct {
	pair      tls.Certificate
	pool      *x509.CertPool
	cert, key string // Paths of PEM files.
}

// certify makes a certificate that vouches for itself and for an address.
func certify(t *testing.T, address string) certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "vtq test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.ParseIP(address)}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(certPEM)
	return certificate{pair: pair, pool: pool, cert: file(t, string(certPEM)), key: file(t, string(keyPEM))}
}

func TestNATSOverTLS(t *testing.T) {
	ours, foreign, elsewhere := certify(t, "127.0.0.1"), certify(t, "127.0.0.1"), certify(t, "192.0.2.1")
	serve := func(c certificate, ask tls.ClientAuthType) string {
		return testkit.Loopback(t, testkit.Access{TLS: &tls.Config{
			Certificates: []tls.Certificate{c.pair}, ClientAuth: ask, ClientCAs: c.pool, MinVersion: tls.VersionTLS12,
		}}).URL()
	}
	open, asking, misnamed := serve(ours, tls.NoClientCert), serve(ours, tls.RequireAndVerifyClientCert), serve(elsewhere, tls.NoClientCert)
	cases := map[string]struct {
		url    string
		config config.NATS
		blame  string // "" when it connects.
	}{
		"authority":               {open, config.NATS{CA: ours.cert}, ""},
		"certificate":             {asking, config.NATS{CA: ours.cert, Cert: ours.cert, Key: ours.key}, ""},
		"without authority":       {open, config.NATS{}, "NATS_CA"},
		"another authority":       {open, config.NATS{CA: foreign.cert}, "NATS_CA"},
		"without certificate":     {asking, config.NATS{CA: ours.cert}, "NATS_CERT, NATS_KEY"},
		"another certificate":     {asking, config.NATS{CA: ours.cert, Cert: foreign.cert, Key: foreign.key}, "NATS_CERT, NATS_KEY"},
		"key of another":          {asking, config.NATS{CA: ours.cert, Cert: ours.cert, Key: foreign.key}, "NATS_CERT, NATS_KEY"},
		"certificate for another": {misnamed, config.NATS{CA: elsewhere.cert}, "NATS_URL"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.config.URL = []string{c.url}
			blames(t, c.config, c.blame)
		})
	}
}
