package vtq_test

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
	"github.com/rs/zerolog"

	"vtq.internal/shared/config"
	"vtq.internal/shared/dial"
	"vtq.internal/shared/grant"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit/trespass"
)

// TestRolesEnd tries what no role may do, and looks that nothing came of it.
func TestRolesEnd(t *testing.T) {
	s := newSite(t)
	s.vtq(s.login(grant.Admin), "setup")
	conns := map[grant.Role]*nats.Conn{}
	for _, role := range grant.Roles() {
		name := string(role)
		if role == grant.Admin {
			name = "operator"
		}
		conns[role] = s.connect(role, name)
	}
	all, refused := trespass.All(), 0
	for _, try := range all {
		if !try.Rollup {
			refused++ // The others are the stream's to refuse.
		}
		if err := try.Try(t.Context(), conns[try.Role]); err != nil {
			t.Error(err)
		}
	}
	if got := strings.Count(s.log.String(), " Violation - "); got < refused {
		t.Errorf("the server's log tells of %d violations, want %d or more", got, refused)
	}
	t.Logf("tried %d", len(all))
}

// TestStrangers are refused, each with the variable to mend.
func TestStrangers(t *testing.T) {
	s := newSite(t)
	other := filepath.Join(t.TempDir(), "other")
	s.vtq(nil, "credentials", "--dir", other)
	stranger, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	seed, err := stranger.Seed()
	if err != nil {
		t.Fatal(err)
	}
	unknown := filepath.Join(t.TempDir(), "unknown.nk")
	if err := os.WriteFile(unknown, seed, 0o600); err != nil {
		t.Fatal(err)
	}
	ours, url := config.NATS{CA: filepath.Join(s.dir, "ca.pem"), NKey: filepath.Join(s.dir, "producer.nk")}, s.url
	cases := map[string]struct {
		url, ca, nkey, want string
	}{
		"one of us":          {url, ours.CA, ours.NKey, ""},
		"no login":           {url, ours.CA, "", "NATS_CREDS, NATS_NKEY, NATS_TOKEN or NATS_USER (none is set): "},
		"an unknown key":     {url, ours.CA, unknown, "NATS_NKEY: "},
		"another site's key": {url, ours.CA, filepath.Join(other, "producer.nk"), "NATS_NKEY: "},
		"another authority":  {url, filepath.Join(other, "ca.pem"), ours.NKey, "NATS_CA: "},
		"no authority":       {url, "", ours.NKey, "NATS_CA: "},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			nc, err := dial.NATS(t.Context(), config.NATS{URL: []string{c.url}, CA: c.ca, NKey: c.nkey}, "producer", zerolog.Nop())
			if err == nil {
				nc.Close()
			}
			if (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(err.Error(), "connecting to NATS: "+c.want) {
				t.Errorf("NATS() = %v, want %q and why", err, c.want)
			}
		})
	}
}

// TestAnswersGoAnywhere shows what the permissions cannot prevent, which package grant tells of: once a server does, this fails, and
// the package can say so.
func TestAnswersGoAnywhere(t *testing.T) {
	s := newSite(t)
	s.vtq(s.login(grant.Admin), "setup")
	const cursor, entry = "$KV.vtq_state.cursor.0123456789abcdef", "vtq.written.5"
	nc := s.connect(grant.Producer, "producer")
	if _, err := nc.Request(cursor, []byte("forged"), time.Minute); err != nil {
		t.Fatal(err)
	}
	if err := nc.PublishRequest("$JS.API.DIRECT.GET.KV_vtq_state."+cursor, entry, nil); err != nil {
		t.Fatal(err)
	}
	ledger, err := s.jetStream(grant.Writer, "writer").Stream(t.Context(), stream.Written)
	if err != nil {
		t.Fatal(err)
	}
	s.eventually("the answer in the ledger", func() bool {
		message, err := ledger.GetMsg(t.Context(), 1)
		return err == nil && string(message.Data) == "forged" && len(message.Header["Nats-Stream"]) == 2
	})
}

// TestPlainText is not understood: nobody can be made to send a seed's signature, or anything else, where others read along.
func TestPlainText(t *testing.T) {
	s := newSite(t)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.url, "tls://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, "CONNECT {}\r\nPING\r\n"); err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(conn)
	if strings.Contains(string(said), "PONG") || !strings.Contains(string(said), `"tls_required":true`) {
		t.Errorf("in plain text the server says %q, %v, want it to insist on TLS", said, err)
	}
}
