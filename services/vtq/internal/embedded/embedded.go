package embedded

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

const (
	// syncInterval is how long a write may stay out of reach of a power cut.
	syncInterval = time.Second
	// readyTimeout bounds the start: recovery of a full store takes some seconds.
	readyTimeout = time.Minute
	// maxStore is what the server believes it may store: the streams reserve their bounds, not what they hold.
	maxStore = 16 << 30
	user     = "vtq"
)

// Errors of Start and Find.
var (
	// ErrLocked means that another server runs on the directory.
	ErrLocked = errors.New("another vtq runs on this data directory")
	// ErrNotRunning means that no server runs on the directory.
	ErrNotRunning = errors.New("no vtq runs on this data directory")
)

// A Server is a running embedded server.
type Server struct {
	dir      string
	lock     *os.File
	server   *server.Server
	password string
	stop     sync.Once
}

// Start starts a server on a data directory, which is created if it is missing. The error is ErrLocked when one runs there.
func Start(dir string) (*Server, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the data directory (VTQ_DATA_DIR): %w", err)
	}
	lock, err := acquire(dir)
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, lock: lock, password: rand.Text()}
	if err := s.start(); err != nil {
		s.Stop()
		return nil, fmt.Errorf("starting the embedded NATS server (VTQ_DATA_DIR): %w", err)
	}
	return s, nil
}

func (s *Server) start() error {
	if err := retract(s.dir); err != nil {
		return err
	}
	instance, err := server.NewServer(&server.Options{
		ServerName: "vtq", Host: "127.0.0.1", Port: server.RANDOM_PORT, Username: user, Password: s.password,
		JetStream: true, StoreDir: filepath.Join(s.dir, "nats"), JetStreamMaxStore: maxStore, SyncInterval: syncInterval,
		NoLog: true, NoSigs: true,
	})
	if err != nil {
		return err
	}
	s.server = instance
	var last lastWords
	instance.SetLoggerV2(&last, false, false, false)
	instance.Start() // Returns when the store is recovered, or cannot be.
	if why := last.said(); why != "" {
		return errors.New(why)
	}
	if !instance.ReadyForConnections(readyTimeout) {
		return fmt.Errorf("it was not ready within %v", readyTimeout)
	}
	return publish(s.dir, address{URL: instance.ClientURL(), User: user, Password: s.password})
}

// Connect opens a connection that does not leave the process. The server may drop a client that is too slow, but it goes nowhere, so
// that it comes back. Options are for what the caller wants to know of that; without them nothing is said.
func (s *Server) Connect(options ...nats.Option) (*nats.Conn, error) {
	all := []nats.Option{
		nats.InProcessServer(s.server), nats.UserInfo(user, s.password), nats.Name("vtq"), nats.MaxReconnects(-1),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}), // The library's own prints.
	}
	nc, err := nats.Connect("", append(all, options...)...)
	if err != nil {
		return nil, fmt.Errorf("connecting to the embedded NATS server: %w", err)
	}
	return nc, nil
}

// Stop stops the server; what it stored stays. It can be called twice, and after a half-failed Start.
func (s *Server) Stop() {
	s.stop.Do(func() {
		if s.server != nil {
			_ = retract(s.dir) // A stale one counts as none.
			s.server.Shutdown()
			s.server.WaitForShutdown()
		}
		_ = s.lock.Close() // Never written; unlocks.
	})
}
