package credentials

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

const (
	// Validity is for how long a certificate is good, from NotBefore on: 825 days are the most that clients of some systems take from a
	// private authority (Apple, requirements for trusted certificates). The authority
	// ends with it, as it never signs another.
	Validity = 825 * 24 * time.Hour
	// backdate lets clocks be behind that of the machine on which certificates are made.
	backdate = time.Hour
	// serialBits makes serial numbers that do not come twice (RFC 5280 allows 159).
	serialBits = 128
)

// A pair is a certificate and its key.
type pair struct {
	certificate *x509.Certificate
	der         []byte
	key         *ecdsa.PrivateKey
}

// authorityOf makes an authority that signs servers and nothing else.
func authorityOf(now time.Time) (pair, error) {
	return sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: "vtq NATS authority"}, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
	}, pair{}, now)
}

// serverOf makes the certificate of the servers with these names.
func serverOf(authority pair, names []string, now time.Time) (pair, error) {
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "vtq NATS server"}, KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	return sign(template, authority, now)
}

// sign makes a certificate, which signs itself without an authority.
func sign(template *x509.Certificate, authority pair, now time.Time) (pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return pair{}, fmt.Errorf("making a key: %w", err)
	}
	if template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), serialBits)); err != nil {
		return pair{}, fmt.Errorf("making a serial number: %w", err)
	}
	template.NotBefore = now.Add(-backdate)
	template.NotAfter = template.NotBefore.Add(Validity - time.Second) // That second is still within (RFC 5280).
	if authority.key == nil {
		authority = pair{certificate: template, key: key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, authority.certificate, key.Public(), authority.key)
	if err != nil {
		return pair{}, fmt.Errorf("making a certificate: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return pair{}, fmt.Errorf("making a certificate: %w", err)
	}
	return pair{certificate: certificate, der: der, key: key}, nil
}

func (p pair) certificatePEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.der})
}

func (p pair) keyPEM() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(p.key)
	if err != nil {
		return nil, fmt.Errorf("encoding a key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}
