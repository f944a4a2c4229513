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
	"vtq.internal/shared/dial"
	"vtq.internal/shared/testkit"
)

// signed makes a certificate for 127.0.0.1, which ends at one time, and an authority that ends at another.
func signed(t *testing.T, leafEnd, authorityEnd time.Time) (pair tls.Certificate, authority string) {
	t.Helper()
	var keys [2]*ecdsa.PrivateKey
	for i := range keys {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		keys[i] = key
	}
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: authorityEnd, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: leafEnd, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	rootDER, err := x509.CreateCertificate(rand.Reader, root, root, keys[0].Public(), keys[0])
	if err != nil {
		t.Fatal(err)
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, root, keys[1].Public(), keys[0])
	if err != nil {
		t.Fatal(err)
	}
	pair = tls.Certificate{Certificate: [][]byte{leafDER}, PrivateKey: keys[1]}
	return pair, file(t, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: rootDER})))
}

func TestCertificateEnd(t *testing.T) {
	sooner, later := time.Now().Add(24*time.Hour).UTC().Truncate(time.Second), time.Now().Add(48*time.Hour).UTC().Truncate(time.Second)
	for name, ends := range map[string][2]time.Time{"the server's first": {sooner, later}, "the authority's first": {later, sooner}} {
		t.Run(name, func(t *testing.T) {
			pair, authority := signed(t, ends[0], ends[1])
			server := testkit.Loopback(t, testkit.Access{TLS: &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}})
			nc, err := connect(t, config.NATS{URL: []string{server.URL()}, CA: authority})
			if err != nil {
				t.Fatal(err)
			}
			if end, ok := dial.CertificateEnd(nc); !ok || !end.Equal(sooner) {
				t.Errorf("CertificateEnd = %v, %t, want %v", end, ok, sooner)
			}
			nc.Close()
			if end, ok := dial.CertificateEnd(nc); ok {
				t.Errorf("CertificateEnd without a connection = %v, want none", end)
			}
		})
	}
}

func TestCertificateEndWithoutTLS(t *testing.T) {
	nc, err := connect(t, config.NATS{URL: []string{testkit.Loopback(t, testkit.Access{}).URL()}})
	if err != nil {
		t.Fatal(err)
	}
	if end, ok := dial.CertificateEnd(nc); ok {
		t.Errorf("CertificateEnd without TLS = %v, want none", end)
	}
}
