package admin_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"vtq.internal/shared/admin"
	"vtq.internal/shared/testkit"
)

// TestCertificate has a server with the certificate that package httptest brings, which is for 127.0.0.1 and vouches for itself.
func TestCertificate(t *testing.T) {
	web := httptest.NewTLSServer(nil)
	defer web.Close()
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	secure := testkit.Loopback(t, testkit.Access{TLS: &tls.Config{Certificates: web.TLS.Certificates, MinVersion: tls.VersionTLS12}})
	nc, err := nats.Connect(secure.URL(), nats.Secure(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	const name = "vtq_nats_certificate_expiry_timestamp_seconds"
	tells := func(b *admin.Board, when, want string) {
		t.Helper()
		_, body := get(t, b, "/metrics")
		if got := strings.Contains(body, "\n"+name+" "+want+"\n"); got != (want != "") || want == "" && strings.Contains(body, name) {
			t.Errorf("%s the metrics do not tell %s %q:\n%s", when, name, want, body)
		}
	}
	b := admin.New("vtq", "vtq/dev")
	tells(b, "before NATS was reached", "")
	b.Reached(nc)
	want := strconv.FormatFloat(float64(web.Certificate().NotAfter.Unix()), 'g', -1, 64) // As Prometheus writes it.
	tells(b, "over TLS", want)
	nc.Close()
	tells(b, "while the server is away", want)

	plain, err := nats.Connect(testkit.Loopback(t, testkit.Access{}).URL())
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	b = admin.New("vtq", "vtq/dev")
	b.Reached(plain)
	tells(b, "without TLS", "")
}
