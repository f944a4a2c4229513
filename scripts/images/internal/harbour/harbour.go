// Package harbour is a registry on loopback that lives as long as the command: images are pushed there and pulled back without
// any other.
package harbour

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
)

// headerTimeout bounds how long a client may take to ask: all of them are on this machine.
const headerTimeout = 30 * time.Second

// A Harbour is a registry that listens.
type Harbour struct {
	listener net.Listener
	server   *http.Server
}

// Open listens on a port of loopback that the system picks. What is pushed stays in memory, about 20 MB for an image of two platforms.
func Open(ctx context.Context) (*Harbour, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("opening a registry on loopback: %w", err)
	}
	h := &Harbour{listener: listener, server: &http.Server{
		Handler:           registry.New(registry.Logger(log.New(io.Discard, "", 0))),
		ReadHeaderTimeout: headerTimeout,
	}}
	go func() { _ = h.server.Serve(listener) }() // It ends with Close, and says nothing else.
	return h, nil
}

// Address is host and port: by its loopback address clients know that it speaks no TLS.
func (h *Harbour) Address() string { return h.listener.Addr().String() }

// Close ends it, and forgets what was pushed.
func (h *Harbour) Close() error { return h.server.Close() }
