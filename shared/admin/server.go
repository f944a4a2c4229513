package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/rs/zerolog"
	"golang.org/x/net/netutil"

	"vtq.internal/shared/logging"
)

// Address is where services answer probes unless they are told otherwise: on every address, as a kubelet comes from outside the pod.
const Address = ":8080"

const (
	// readTimeout bounds the reading of a request, which has no body: a probe's is one packet.
	readTimeout = 5 * time.Second
	// writeTimeout bounds request and answer together: longer than a scrape may take, and than a status waits for NATS.
	writeTimeout = 15 * time.Second
	// scrapeTimeout bounds the gathering for one scrape: Prometheus gives up after 10 s unless it is told otherwise.
	scrapeTimeout = 10 * time.Second
	// idleTimeout ends an unused connection after two intervals of the usual scrape.
	idleTimeout = 2 * time.Minute
	// maxHeader bounds the headers of a request in bytes: those of Prometheus and of a kubelet have under 1 KiB.
	maxHeader = 8 << 10
	// maxScrapes bounds the scrapes at a time: two Prometheus side by side, and one person.
	maxScrapes = 3
	// maxConns bounds the connections: probes use one each, and those who watch a few.
	maxConns = 64
	// stopTimeout bounds how long answers under way are waited for at the end. It comes on top of the grace for work in hand, and has to
	// fit between that and the time after which a supervisor kills.
	stopTimeout = time.Second
	// lookInterval is how often it is looked what the stages have done: as exact as /status tells when they last did something.
	lookInterval = 15 * time.Second
)

// Listen listens on an address, as [vtq.internal/shared/config.Admin] has it. Its error names the variable.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("VTQ_ADMIN_ADDRESS: %w; set it to an address that is free, or to off", err)
	}
	return netutil.LimitListener(listener, maxConns), nil
}

// Serve answers on a listener, which it closes, until ctx ends and what is under way is answered, or a second later. It returns nil
// then, and an error when the listener breaks before.
func (b *Board) Serve(ctx context.Context, listener net.Listener, logger zerolog.Logger) error {
	server := &http.Server{
		Handler: b.Handler(), ReadTimeout: readTimeout, ReadHeaderTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader, ErrorLog: log.New(&words{log: logger}, "", 0),
	}
	ctx, cancel := context.WithCancel(ctx)
	var beside sync.WaitGroup
	beside.Go(func() { b.watch(ctx) })
	beside.Go(func() {
		<-ctx.Done()
		stop(context.WithoutCancel(ctx), server)
	})
	err := server.Serve(listener)
	cancel()
	beside.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serving on VTQ_ADMIN_ADDRESS: %w", err)
}

func stop(ctx context.Context, server *http.Server) {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		_ = server.Close() // Whoever still reads has had its time.
	}
}

// watch looks what the stages have done until ctx ends.
func (b *Board) watch(ctx context.Context) {
	ticker := time.NewTicker(lookInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			b.look()
		case <-ctx.Done():
			return
		}
	}
}

// words are what the HTTP server has to say, of a panic for one. What repeats is told once a minute.
type words struct {
	log  zerolog.Logger
	fold logging.Fold
}

func (w *words) Write(p []byte) (int, error) {
	if repeats, ok := w.fold.Allow("server"); ok {
		w.log.Warn().Int("repeats", repeats).Bytes("said", bytes.TrimSpace(p)).Msg("trouble with serving probes")
	}
	return len(p), nil
}

// Handler answers every path that the package comment names.
func (b *Board) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /livez", probe(b.live))
	mux.Handle("GET /startupz", probe(b.started))
	mux.Handle("GET /readyz", probe(b.ready))
	mux.Handle("GET /status", http.HandlerFunc(b.serveStatus))
	mux.Handle("GET /metrics", promhttp.HandlerFor(b.gatherer(), promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: maxScrapes, Timeout: scrapeTimeout,
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		mux.ServeHTTP(w, r)
	})
}

// A probe answers with a line for each reason to say no.
type probe func() (reasons []string)

// ServeHTTP implements http.Handler.
func (p probe) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	code, text := http.StatusOK, "ok"
	if reasons := p(); len(reasons) > 0 {
		code, text = http.StatusServiceUnavailable, strings.Join(reasons, "\n")
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	fmt.Fprintln(w, text)
}

func (b *Board) serveStatus(w http.ResponseWriter, r *http.Request) {
	told := b.status()
	told.Accounts = b.tellAccounts(r.Context())
	w.Header().Set("Content-Type", "application/json")
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(told) // Whoever has asked is gone.
}
