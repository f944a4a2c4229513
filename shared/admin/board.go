package admin

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"vtq.internal/shared/wire"
)

// A Board is where the parts of a process post how they are, and where probes read it. All of it may be used from any goroutine.
type Board struct {
	service, version string
	since            time.Time
	own, runtime     *prometheus.Registry // What the stages count, and what Go and the system do.

	nats        atomic.Pointer[nats.Conn] // Set once it was reached.
	certificate *certificate              // Of its server.
	began       atomic.Bool
	draining    atomic.Bool

	mu       sync.Mutex
	pulses   []*Pulse
	work     map[string]progress // By stage.
	accounts []wire.Account

	asking chan struct{} // Has room for one: who fills it asks for the accounts, and owns what follows.
	told   []accountStatus
	asked  time.Time // When it was told.
}

// New makes the board of a process that begins now. Service is its name, and version that of the build, such as "vtq/v1.2.3".
func New(service, version string) *Board {
	b := &Board{
		service: service, version: version, since: time.Now(),
		own: prometheus.NewRegistry(), runtime: prometheus.NewRegistry(), work: map[string]progress{},
		asking: make(chan struct{}, 1), certificate: newCertificate(),
	}
	b.own.MustRegister(buildInfo(service, version), b.certificate)
	b.runtime.MustRegister(runtimeCollectors()...)
	return b
}

// Registerer is where the stages register their metrics.
func (b *Board) Registerer() prometheus.Registerer { return b.own }

// Reached posts the connection to NATS, which may come and go from now on.
func (b *Board) Reached(nc *nats.Conn) {
	b.nats.Store(nc)
	b.certificate.reached(nc)
}

// Began posts that NATS has all that the process needs, and that the intake begins.
func (b *Board) Began() { b.began.Store(true) }

// Drain posts that the process is to stop. It is called before the intake ends, so that nobody sees it ready who sees it idle.
func (b *Board) Drain() { b.draining.Store(true) }

// Pulse posts a loop, which beats from now on. The name is shown to people. A loop that has not beaten yet is none that hangs, but
// the process is not ready before.
func (b *Board) Pulse(name string) *Pulse {
	p := &Pulse{name: name, epoch: time.Now()}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pulses = append(b.pulses, p)
	return p
}

func (b *Board) loops() []*Pulse {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clip(b.pulses) // What comes later goes elsewhere.
}
