package dial_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"vtq.internal/shared/config"
	"vtq.internal/shared/dial"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/testkit/clienttest"
)

// The key pair of the NATS documentation, and what else may never show.
const (
	seed     = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"
	public   = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"
	password = "correct-horse"
	token    = "battery-staple"
)

// file writes a file for one test.
func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// connect tries to connect, and closes the connection with the test.
func connect(t *testing.T, c config.NATS) (*nats.Conn, error) {
	t.Helper()
	nc, err := dial.NATS(t.Context(), c, "lookup", zerolog.Nop())
	if err != nil {
		clienttest.AssertNoLeak(t, err, seed, password, token, "wrong-secret")
		return nil, err
	}
	t.Cleanup(nc.Close)
	return nc, nil
}

// blames checks that a connection fails for a reason that names these variables, or does not fail when there are none.
func blames(t *testing.T, c config.NATS, variables string) {
	t.Helper()
	_, err := connect(t, c)
	if variables == "" && err != nil {
		t.Errorf("NATS() = %v, want a connection", err)
	}
	if want := "connecting to NATS: " + variables + ": "; variables != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
		t.Errorf("NATS() = %v, want %q and why", err, want)
	}
}

func TestNATSConnects(t *testing.T) {
	open := testkit.Loopback(t, testkit.Access{})
	nc, err := connect(t, config.NATS{URL: []string{"127.0.0.1:1", open.URL()}}) // The first of two is down.
	if err != nil {
		t.Fatal(err)
	}
	if got := nc.NewInbox(); !strings.HasPrefix(got, "_INBOX_lookup.") {
		t.Errorf("an inbox is %q, want it under the role's own prefix", got)
	}
	if nc.Opts.Name != "vtq lookup" || nc.Opts.MaxReconnect != -1 {
		t.Errorf("name %q, at most %d reconnects, want the role and no end", nc.Opts.Name, nc.Opts.MaxReconnect)
	}
}

// TestNATSLogsIn tries the logins on servers that take one of them each. Where several are set, the most specific counts: package
// config does not let that pass, but other callers might.
func TestNATSLogsIn(t *testing.T) {
	nkey := file(t, "-----BEGIN USER NKEY SEED-----\n"+seed+"\n------END USER NKEY SEED------\n")
	creds := file(t, "-----BEGIN NATS USER JWT-----\nno.real.jwt\n------END NATS USER JWT------\n\n"+
		"-----BEGIN USER NKEY SEED-----\n"+seed+"\n------END USER NKEY SEED------\n")
	user := testkit.Loopback(t, testkit.Access{User: "me", Password: password}).URL()
	tokens := testkit.Loopback(t, testkit.Access{Token: token}).URL()
	keys := testkit.Loopback(t, testkit.Access{NKey: public}).URL()
	right, wrong := config.NewSecret, config.NewSecret("wrong-secret")
	const none = "NATS_CREDS, NATS_NKEY, NATS_TOKEN or NATS_USER (none is set)"
	cases := map[string]struct {
		url    string
		config config.NATS
		blame  string // "" when it connects.
	}{
		"user":                 {user, config.NATS{User: "me", Password: right(password)}, ""},
		"token":                {tokens, config.NATS{Token: right(token)}, ""},
		"seed":                 {keys, config.NATS{NKey: nkey}, ""},
		"token before user":    {tokens, config.NATS{Token: right(token), User: "me", Password: wrong}, ""},
		"seed before token":    {keys, config.NATS{NKey: nkey, Token: wrong}, ""},
		"credentials first":    {keys, config.NATS{Creds: creds, NKey: nkey}, "NATS_CREDS"},
		"wrong password":       {user, config.NATS{User: "me", Password: wrong}, "NATS_USER, NATS_PASSWORD"},
		"wrong token":          {tokens, config.NATS{Token: wrong}, "NATS_TOKEN"},
		"seed where user":      {user, config.NATS{NKey: nkey}, "NATS_NKEY"},
		"no login":             {user, config.NATS{}, none},
		"no seed":              {keys, config.NATS{NKey: file(t, "wrong-secret")}, "NATS_NKEY"},
		"seed missing":         {keys, config.NATS{NKey: "/nowhere"}, "NATS_NKEY"},
		"credentials missing":  {keys, config.NATS{Creds: "/nowhere"}, "NATS_CREDS"},
		"credentials half":     {keys, config.NATS{Creds: file(t, "no.real.jwt wrong-secret")}, "NATS_CREDS"},
		"authority missing":    {user, config.NATS{CA: "/nowhere"}, "NATS_CA"},
		"certificate missing":  {user, config.NATS{Cert: "/nowhere", Key: "/nowhere"}, "NATS_CERT, NATS_KEY"},
		"certificate, but not": {user, config.NATS{Cert: nkey, Key: nkey}, "NATS_CERT, NATS_KEY"},
		"nothing listens":      {closedPort(t), config.NATS{}, "NATS_URL"},
		"not a NATS server":    {stranger(t), config.NATS{}, "NATS_URL"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.config.URL = []string{c.url}
			blames(t, c.config, c.blame)
		})
	}
}

// closedPort is an address at which nothing listens.
func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// stranger is the address of something that greets in another way.
func stranger(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, "220 mail.example ESMTP\r\n")
			_ = conn.Close()
		}
	}()
	return listener.Addr().String()
}

func TestNATSWithoutServers(t *testing.T) {
	_, err := connect(t, config.NATS{})
	if err == nil || !strings.Contains(err.Error(), "NATS_URL: must be set") {
		t.Errorf("NATS() = %v, want it to ask for NATS_URL", err)
	}
}

// TestNATSHearsTheEndOfItsContext gives back no connection that nobody waits for.
func TestNATSHearsTheEndOfItsContext(t *testing.T) {
	errOurs := errors.New("our own reason")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errOurs)
	c := config.NATS{URL: []string{testkit.Loopback(t, testkit.Access{}).URL()}}
	if nc, err := dial.NATS(ctx, c, "lookup", zerolog.Nop()); nc != nil || !errors.Is(err, errOurs) {
		t.Errorf("NATS() = %v, %v, want the cause of the end", nc, err)
	}
}

// logged connects with a log, of which it gives the lines as they come.
func logged(t *testing.T, c config.NATS) (*nats.Conn, *bufio.Scanner) {
	t.Helper()
	from, to := io.Pipe()
	nc, err := dial.NATS(t.Context(), c, "lookup", zerolog.New(to))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = from.Close(); nc.Close() })
	stop := time.AfterFunc(30*time.Second, func() { _ = from.CloseWithError(errors.New("no line came")) })
	t.Cleanup(func() { stop.Stop() })
	return nc, bufio.NewScanner(from)
}

// says waits for a line with all of the words.
func says(t *testing.T, log *bufio.Scanner, words ...string) {
	t.Helper()
	if !log.Scan() {
		t.Fatalf("the log ends: %v", log.Err())
	}
	for _, word := range words {
		if !strings.Contains(log.Text(), word) {
			t.Errorf("the log says %s, which lacks %s", log.Text(), word)
		}
	}
}

// TestNATSLogsWhatIsRefused proves the only place where the reason shows: the publish itself succeeds.
func TestNATSLogsWhatIsRefused(t *testing.T) {
	server := testkit.Loopback(t, testkit.Access{User: "me", Password: password, Refused: "vtq.job.>"})
	nc, log := logged(t, config.NATS{URL: []string{server.URL()}, User: "me", Password: config.NewSecret(password)})
	for range 3 {
		if err := nc.Publish("vtq.job.a", nil); err != nil {
			t.Fatal(err)
		}
	}
	says(t, log, `"level":"error"`, `Permissions Violation for Publish to \"vtq.job.a\"`, "NATS reports an error")
	server.Stop() // The next line is about that: the other two refusals were folded.
	says(t, log, `"level":"warn"`, "NATS connection lost")
	server.Start()
	says(t, log, `"level":"info"`, "NATS connection restored")
}
