package threatq_test

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
)

// A pipe is a listener whose connections never leave the process, so that they may live in a synctest bubble.
type pipe struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func (p *pipe) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipe) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipe) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p *pipe) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return client, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

// serve runs a handler behind a pipe until the test ends, and returns a client that reaches it under any host name.
func serve(t *testing.T, h http.Handler) *http.Client {
	t.Helper()
	p := &pipe{conns: make(chan net.Conn), done: make(chan struct{})}
	srv := &http.Server{Handler: h}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		_ = srv.Serve(p)
	}()
	tr := &http.Transport{DialContext: p.dial}
	t.Cleanup(func() {
		tr.CloseIdleConnections()
		_ = srv.Close()
		<-stopped
	})
	return &http.Client{Transport: tr}
}
