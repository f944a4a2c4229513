package control

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/client-go/rest"
)

const (
	// startTimeout bounds the wait for both servers: they take 10 s on two free
	// cores, and many times that where a build runs beside them.
	startTimeout = 3 * time.Minute

	// stopTimeout bounds the wait for the API server's goodbye, which ends its
	// watches: past it, the end of the process does the rest.
	stopTimeout = 30 * time.Second
)

// A Plane is a control plane that runs. Close ends it.
type Plane struct {
	dir    string // private to this user; holds every file of both servers
	logs   *os.File
	etcd   *embed.Etcd
	cancel context.CancelFunc
	exited chan error    // receives once, when the API server has ended
	fatal  chan struct{} // receives when the API server would end the process
	config *rest.Config
}

// Start runs a control plane and returns when it is ready to serve. It lives
// until Close, or until ctx ends; an error of a start that fails holds the last
// words of the servers' log. A process starts one at a time.
func Start(ctx context.Context) (_ *Plane, err error) {
	dir, err := os.MkdirTemp("", "control-")
	if err != nil {
		return nil, fmt.Errorf("making the control plane's folder: %w", err)
	}
	p := &Plane{dir: dir, fatal: make(chan struct{}, 1)}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.lastWords(), p.Close())
		}
	}()

	starting, done := context.WithTimeoutCause(ctx, startTimeout, errStartTimeout)
	defer done()
	if err := p.startLog(); err != nil {
		return nil, err
	}
	if err := p.startEtcd(starting); err != nil {
		return nil, fmt.Errorf("starting etcd: %w", err)
	}
	if err := p.startServer(ctx); err != nil {
		return nil, fmt.Errorf("starting kube-apiserver: %w", err)
	}
	if err := p.awaitReady(starting); err != nil {
		return nil, fmt.Errorf("waiting for kube-apiserver: %w", err)
	}
	return p, nil
}

// Config returns what a client needs to be the cluster's administrator, without
// a limit of its own on requests per second: the server is ours alone.
func (p *Plane) Config() *rest.Config { return rest.CopyConfig(p.config) }

// Close ends both servers and removes their files. It may be called twice, and
// on a Plane that has only half started.
func (p *Plane) Close() error {
	var problems []error
	if p.cancel != nil {
		p.cancel()
		select {
		case err := <-p.exited:
			problems = append(problems, err)
		case <-time.After(stopTimeout):
			problems = append(problems, fmt.Errorf("kube-apiserver still runs %s after its end was asked for", stopTimeout))
		}
		p.cancel = nil
	}
	if p.etcd != nil {
		p.etcd.Close()
		p.etcd = nil
	}
	if p.logs != nil {
		problems = append(problems, p.logs.Close())
		p.logs = nil
	}
	return errors.Join(append(problems, os.RemoveAll(p.dir))...)
}

// path returns the path of a file of the servers.
func (p *Plane) path(name string) string { return filepath.Join(p.dir, name) }

// writeSecret writes a file that nobody else reads.
func (p *Plane) writeSecret(name string, content []byte) error {
	return os.WriteFile(p.path(name), content, 0o600)
}

// token returns a password for one run.
func token() string { return rand.Text() }
