package control

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"

	"k8s.io/klog/v2"
)

const (
	serverLog = "kube-apiserver.log"
	etcdLog   = "etcd.log"

	// lastWords is how much of each log is shown where a start fails: the last
	// dozen lines, which hold the reason.
	lastWords = 3 << 10
)

// startLog sends what the API server logs into a file: on standard error its
// hundreds of lines would bury ours.
func (p *Plane) startLog() error {
	file, err := os.Create(p.path(serverLog))
	if err != nil {
		return fmt.Errorf("making the servers' log: %w", err)
	}
	p.logs = file
	klog.SetSlogLogger(slog.New(slog.NewTextHandler(file, nil)))
	klog.OsExit = p.die
	return nil
}

// die takes the place of os.Exit for the API server, which ends its process from
// within a log entry, as when a start is interrupted: the goroutine alone ends,
// and what is left is still closed and removed.
func (p *Plane) die(int) {
	select {
	case p.fatal <- struct{}{}:
	default: // said already
	}
	runtime.Goexit()
}

// lastWords returns the end of both logs as an error, or nil where there is none.
func (p *Plane) lastWords() error {
	var out []error
	for _, name := range []string{etcdLog, serverLog} {
		text, err := os.ReadFile(p.path(name))
		if err != nil || len(text) == 0 {
			continue // a server that did not start has no log
		}
		text = text[max(0, len(text)-lastWords):]
		out = append(out, fmt.Errorf("the end of %s: %s", name, bytes.TrimSpace(text)))
	}
	return errors.Join(out...)
}
