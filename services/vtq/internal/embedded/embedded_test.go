package embedded_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"vtq.internal/services/vtq/internal/embedded"
	"vtq.internal/shared/config"
	"vtq.internal/shared/dial"
)

// start starts a server and stops it with the test.
func start(t *testing.T, dir string) *embedded.Server {
	t.Helper()
	s, err := embedded.Start(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// inside connects as the stages do, outside as another command does.
func inside(t *testing.T, s *embedded.Server) jetstream.JetStream {
	t.Helper()
	nc, err := s.Connect()
	return open(t, nc, err)
}

func outside(t *testing.T, dir string) jetstream.JetStream {
	t.Helper()
	at, err := embedded.Find(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := at.Validate(); err != nil {
		t.Errorf("Find gives settings that are not valid: %v", err)
	}
	nc, err := dial.NATS(t.Context(), at, "check", zerolog.Nop())
	return open(t, nc, err)
}

func open(t *testing.T, nc *nats.Conn, err error) jetstream.JetStream {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// store puts a message into a stream, which it makes if need be, and tells how many there are.
func store(t *testing.T, js jetstream.JetStream) uint64 {
	t.Helper()
	if _, err := js.CreateOrUpdateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"a"}}); err != nil {
		t.Fatal(err)
	}
	ack, err := js.Publish(t.Context(), "a", []byte("body"))
	if err != nil {
		t.Fatal(err)
	}
	return ack.Sequence
}

func TestServer(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "by", "start")
	s := start(t, dir)
	if n := store(t, inside(t, s)); n != 1 {
		t.Errorf("the first message is number %d", n)
	}
	if n := store(t, outside(t, dir)); n != 2 {
		t.Errorf("after one from inside, one from outside is number %d, want 2", n)
	}
	s.Stop()
	s.Stop() // Twice is no harm.
	if n := store(t, inside(t, start(t, dir))); n != 3 {
		t.Errorf("after a restart the next message is number %d, want 3", n)
	}
}

// TestServerRefusesStrangers refuses everybody who does not know the password, from this machine too.
func TestServerRefusesStrangers(t *testing.T) {
	dir := t.TempDir()
	start(t, dir)
	at, err := embedded.Find(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(at.URL[0], "nats://127.0.0.1:") || len(at.Password.Reveal()) < 20 {
		t.Errorf("the server is at %s with a password of %d characters, want loopback and a long one", at.URL[0], len(at.Password.Reveal()))
	}
	at.Password = config.NewSecret("guessed")
	if nc, err := dial.NATS(t.Context(), at, "check", zerolog.Nop()); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("with a wrong password: %v, %v, want it refused", nc, err)
	}
}

// TestFilesArePrivate keeps the store and the password from other users, whatever was there before.
func TestFilesArePrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := start(t, dir)
	store(t, inside(t, s))
	s.Stop()
	if err := os.WriteFile(filepath.Join(dir, "server.json"), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	start(t, dir)
	seen := 0
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		seen++
		if got := info.Mode().Perm(); got&0o077 != 0 {
			t.Errorf("%s has the rights %o, want none for others", path, got)
		}
		return nil
	})
	if err != nil || seen < 5 {
		t.Errorf("walked over %d files: %v", seen, err)
	}
}

// TestServerAfterAKill starts on what a killed process leaves: everything but the lock.
func TestServerAfterAKill(t *testing.T) {
	dir, left := t.TempDir(), t.TempDir()
	store(t, inside(t, start(t, dir)))
	if err := os.CopyFS(left, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if _, err := embedded.Find(left); !errors.Is(err, embedded.ErrNotRunning) {
		t.Errorf("Find on what a killed process left = %v, want ErrNotRunning", err)
	}
	start(t, left)
	if n := store(t, outside(t, left)); n != 2 {
		t.Errorf("after a kill the next message is number %d, want 2", n)
	}
	there, err := embedded.Find(left)
	if err != nil {
		t.Fatal(err)
	}
	if here, err := embedded.Find(dir); err != nil || here.URL[0] == there.URL[0] || here.Password.Equal(there.Password) {
		t.Errorf("two servers have the same address or password: %v, %v, %v", here.URL, there.URL, err)
	}
}

// TestStartNamesTheSetting fails at each thing that can be in the way.
func TestStartNamesTheSetting(t *testing.T) {
	cases := map[string]string{ // What is in the way, in the data directory; "." for itself.
		"the directory is a file": ".",
		"the lock is a directory": "lock/x",
		"the store is a file":     "nats",
		"an address is in use":    "server.json/x",
	}
	for name, path := range cases {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			path := filepath.Join(dir, path)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := embedded.Start(dir)
			if err == nil || !strings.Contains(err.Error(), "VTQ_DATA_DIR") || errors.Is(err, embedded.ErrLocked) {
				t.Errorf("Start = %v, %v, want an error that names VTQ_DATA_DIR", s, err)
			}
		})
	}
}

// TestStartSaysWhy gives the server's own reason, which it would otherwise keep to itself for a minute.
func TestStartSaysWhy(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "nats"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := embedded.Start(dir); err == nil || !strings.Contains(err.Error(), "torage directory") {
		t.Errorf("Start = %v, want it to speak of the storage directory", err)
	}
	if err := os.Remove(filepath.Join(dir, "nats")); err != nil {
		t.Fatal(err)
	}
	start(t, dir) // The failed one left nothing locked.
}
