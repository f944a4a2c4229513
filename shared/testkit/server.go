package testkit

import (
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// startTimeout bounds the start of an embedded server; it takes some 10 ms, more under the race detector.
const startTimeout = 30 * time.Second

// maxStore is what an embedded server believes it may store: the streams reserve their bounds, not what they hold.
const maxStore = 64 << 30

// A Server is an embedded NATS server with JetStream.
type Server struct {
	tb      testing.TB
	options *server.Options

	mu       sync.Mutex
	instance *server.Server // The one that was started last.
}

// start starts a server that stores in dir.
func start(tb testing.TB, dir string, options *server.Options) *Server {
	tb.Helper()
	options.JetStream, options.StoreDir, options.JetStreamMaxStore = true, filepath.Join(dir, "jetstream"), maxStore
	options.NoLog, options.NoSigs = true, true
	s := &Server{tb: tb, options: options}
	s.Start()
	return s
}

// Start starts the server on what its folder holds: for the first time, or again after Stop, under the same address.
func (s *Server) Start() {
	s.tb.Helper()
	instance, err := server.NewServer(s.options.Clone())
	if err != nil {
		s.tb.Fatalf("making an embedded NATS server: %v", err)
	}
	instance.Start()
	if !instance.ReadyForConnections(startTimeout) {
		s.tb.Fatal("the embedded NATS server is not ready: if this is in a bubble that never idles, something in it waits for a real " +
			"socket or for a goroutine that was started outside")
	}
	if address, ok := instance.Addr().(*net.TCPAddr); ok {
		s.options.Port = address.Port
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.instance = instance
}

func (s *Server) current() *server.Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.instance
}

// Stop stops the server; what it stored stays. It can be called twice.
func (s *Server) Stop() {
	instance := s.current()
	instance.Shutdown()
	instance.WaitForShutdown()
}

// InProcessConn gives the client library one more connection, to the instance that was started last: a connection that is lost by
// Stop finds its way back after Start.
func (s *Server) InProcessConn() (net.Conn, error) { return s.current().InProcessConn() }

// Connect opens an in-process connection, which outlives restarts of the server. The caller closes it before the test ends.
func (s *Server) Connect() *nats.Conn {
	s.tb.Helper()
	nc, err := nats.Connect("", nats.InProcessServer(s), nats.MaxReconnects(-1), nats.ReconnectWait(time.Second),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})) // Its own handler prints.
	if err != nil {
		s.tb.Fatalf("connecting to the embedded NATS server: %v", err)
	}
	return nc
}
