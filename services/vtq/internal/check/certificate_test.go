package check_test

import (
	"crypto/tls"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"vtq.internal/services/vtq/internal/check"
	"vtq.internal/services/vtq/internal/credentials"
	"vtq.internal/services/vtq/internal/simulation"
	"vtq.internal/shared/testkit"
)

// TestACertificateThatEnds has servers whose certificates were made long ago: an hour on both sides of the time of notice.
func TestACertificateThatEnds(t *testing.T) {
	env := world(t, simulation.Synthetic())
	connected, none := expectation{"NATS", check.OK, "connected"}, expectation{"streams", check.OK, "none there yet"}
	const notice = 60 * 24 * time.Hour
	for name, c := range map[string]struct {
		left time.Duration
		want []expectation
	}{
		"soon":     {notice - time.Hour, []expectation{connected, {"NATS", check.Note, "it ends in 59 days"}, none}},
		"not soon": {notice + time.Hour, []expectation{connected, none}},
		"today":    {time.Hour, []expectation{connected, {"NATS", check.Note, "it ends in 0 days"}, none}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			const before = time.Hour // A certificate is good from an hour before it was made.
			set, err := credentials.New(credentials.LocalNames(), time.Now().Add(c.left-credentials.Validity+before))
			if err != nil {
				t.Fatal(err)
			}
			if err := set.Write(dir, false); err != nil {
				t.Fatal(err)
			}
			pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "server.pem"), filepath.Join(dir, "server-key.pem"))
			if err != nil {
				t.Fatal(err)
			}
			at := testkit.Loopback(t, testkit.Access{TLS: &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}})
			expect(t, append(slices.Clip(env), "NATS_URL="+at.URL(), "NATS_CA="+filepath.Join(dir, "ca.pem")), but("NATS", c.want...)...)
		})
	}
}
