package config

import (
	"fmt"
	"time"
)

// maxGrace keeps an orderly stop shorter than the ten minutes after which any
// supervisor has lost its patience.
const maxGrace = 10 * time.Minute

// Shutdown says how a service stops. The times that have to do with it are a
// chain, each longer than the one before; whoever runs the services has the last:
//
//	VT_TIMEOUT, RL_TIMEOUT   20s       one request to a provider
//	VTQ_SHUTDOWN_GRACE       25s       the request in hand, and publishing its verdict
//	what ends the process    45s       the grace, and 20 s to say goodbye: terminationGracePeriodSeconds
//	                                   of a pod, TimeoutStopSec of systemd, stop_grace_period of Compose
//
// The 20 s are at most 15 s for telling NATS what became of the work that the
// grace has ended, which an election may hold up, and 3 s for the last spans;
// the rest is for closing connections.
//
// A request that takes longer than the grace is cut off by every restart, after
// it was paid for; [Providers.Warnings] says so. It is no error: nothing is lost,
// and a new program has to start with the settings of an old one.
//
// Two times are no links of the chain. A job's AckWait of 30 s may be shorter
// than the grace, since whoever holds the job extends it until it is settled.
// THREATQ_TIMEOUT may be longer: the producer only reads, and a write that was
// cut off costs one request when its verdict comes again.
type Shutdown struct {
	Grace time.Duration `env:"VTQ_SHUTDOWN_GRACE" envDefault:"25s" doc:"How long work in hand may go on after a request to stop, up to 10m."`
}

// Heading names the block.
func (Shutdown) Heading() string { return "Stopping" }

// Validate checks the bound.
func (s Shutdown) Validate() error {
	return Between("VTQ_SHUTDOWN_GRACE", s.Grace, 0, maxGrace)
}

// Warnings has a line for each provider in use whose requests may outlast the
// grace.
func (p Providers) Warnings(s Shutdown) []string {
	var lines []string
	for _, request := range []struct {
		name    string
		timeout time.Duration
		used    bool
	}{
		{"VT_TIMEOUT", p.VirusTotal.Timeout, p.Routing.Uses(p.VirusTotal.Endpoint.Name())},
		{"RL_TIMEOUT", p.ReversingLabs.Timeout, p.Beside()},
	} {
		if request.used && request.timeout >= s.Grace {
			lines = append(lines, fmt.Sprintf("%s: should be below VTQ_SHUTDOWN_GRACE (%v and %v): "+
				"requests that take longer than the grace are cut off by a restart, and were paid for", request.name, request.timeout, s.Grace))
		}
	}
	return lines
}
