package vtq_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"vtq.internal/services/vtq/internal/cli"
	"vtq.internal/shared/config"
	"vtq.internal/shared/daemon"
	"vtq.internal/shared/dial"
	"vtq.internal/shared/grant"
)

// A site is a NATS server as an operator sets it up: with the configuration that is shipped, and the credentials that the command
// makes, on a loopback port.
type site struct {
	*testing.T
	dir, url string
	log      *lines // Of the server,
	clients  *lines // and of whoever is connected to it.
}

// newSite makes one. The test is in its directory then, as the paths of the configuration are.
func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{T: t, dir: filepath.Join(t.TempDir(), "nats"), log: &lines{}, clients: &lines{}}
	shipped, err := filepath.Glob(filepath.Join("..", "..", "deployments", "nats", "*.conf"))
	if err != nil || len(shipped) == 0 {
		t.Fatalf("looking for the shipped configuration: %v, %v", shipped, err)
	}
	s.vtq(nil, "credentials", "--dir", s.dir)
	for _, path := range shipped {
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(s.dir, filepath.Base(path)), body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(s.dir)
	s.serve()
	return s
}

// serve starts the server on a port that the system picks, without the one for monitoring.
func (s *site) serve() {
	s.Helper()
	options, err := server.ProcessConfigFile("server.conf")
	if err != nil {
		s.Fatalf("reading the shipped configuration: %v", err)
	}
	options.Host, options.Port, options.HTTPPort, options.NoSigs = "127.0.0.1", server.RANDOM_PORT, 0, true
	instance, err := server.NewServer(options)
	if err != nil {
		s.Fatalf("making a server: %v", err)
	}
	instance.SetLogger(s.log, false, true) // With what everybody asks.
	instance.Start()
	s.Cleanup(func() { instance.Shutdown(); instance.WaitForShutdown() })
	if !instance.ReadyForConnections(30 * time.Second) {
		s.Fatalf("the server is not ready:\n%s", s.log)
	}
	s.url = "tls://" + instance.Addr().String()
}

// login is what a role needs to know of the site.
func (s *site) login(role grant.Role) []string {
	return []string{
		"NATS_URL=" + s.url, "NATS_CA=" + filepath.Join(s.dir, "ca.pem"), "NATS_NKEY=" + filepath.Join(s.dir, string(role)+".nk"),
	}
}

// connect opens a connection of a role, under the name of a process, which is closed when the test ends.
func (s *site) connect(role grant.Role, name string) *nats.Conn {
	s.Helper()
	var at config.NATS
	if err := config.Load(s.login(role), &at); err != nil {
		s.Fatal(err)
	}
	nc, err := dial.NATS(s.Context(), at, name, zerolog.New(s.clients))
	if err != nil {
		s.Fatalf("connecting as %s: %v", role, err)
	}
	s.Cleanup(nc.Close)
	return nc
}

// jetStream is the same with JetStream.
func (s *site) jetStream(role grant.Role, name string) jetstream.JetStream {
	s.Helper()
	js, err := jetstream.New(s.connect(role, name))
	if err != nil {
		s.Fatal(err)
	}
	return js
}

// vtq runs the command, and wants it to succeed.
func (s *site) vtq(env []string, args ...string) (stdout string) {
	s.Helper()
	stdout, stderr, code := s.vtqCode(env, args...)
	if code != daemon.Done {
		s.Errorf("vtq %s: exit code %d:\n%s%s", strings.Join(args, " "), code, stdout, stderr)
	}
	return stdout
}

func (s *site) vtqCode(env []string, args ...string) (stdout, stderr string, code int) {
	var out, complaints bytes.Buffer
	code = cli.Main(daemon.Process{Args: args, Env: env, Stdout: &out, Stderr: &complaints, Exit: func(int) {}})
	return out.String(), complaints.String(), code
}

// unviolated checks that nobody met the end of their rights.
func (s *site) unviolated() {
	s.Helper()
	for _, log := range []*lines{s.log, s.clients} {
		for line := range strings.Lines(log.String()) {
			if strings.Contains(line, "iolation") {
				s.Errorf("somebody lacks a right: %s", line)
			}
		}
	}
}

// eventually waits for a fact.
func (s *site) eventually(what string, fact func() bool) {
	s.Helper()
	const patience = 2 * time.Minute // A hundred times what it takes.
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	late := time.After(patience)
	for !fact() {
		select {
		case <-ticker.C:
		case <-late:
			s.unviolated()
			s.Fatalf("waited %v in vain for: %s\n%s", patience, what, s.clients)
		}
	}
}

// lines is a log.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

var _ server.Logger = (*lines)(nil)

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *lines) Noticef(format string, v ...any) { l.say(format, v...) }
func (l *lines) Warnf(format string, v ...any)   { l.say(format, v...) }
func (l *lines) Fatalf(format string, v ...any)  { l.say(format, v...) }
func (l *lines) Errorf(format string, v ...any)  { l.say(format, v...) }
func (l *lines) Debugf(string, ...any)           {}
func (l *lines) Tracef(format string, v ...any)  { l.say(format, v...) }

func (l *lines) say(format string, v ...any) {
	_, _ = io.WriteString(l, fmt.Sprintf(format, v...)+"\n")
}
