package config

import "time"

// maxGrace keeps an orderly stop shorter than the ten minutes after which any
// supervisor has lost its patience.
const maxGrace = 10 * time.Minute

// Shutdown says how a service stops.
type Shutdown struct {
	Grace time.Duration `env:"VTQ_SHUTDOWN_GRACE" envDefault:"25s" doc:"How long work in hand may go on after a request to stop, up to 10m."`
}

// Heading names the block.
func (Shutdown) Heading() string { return "Stopping" }

// Validate checks the bound.
func (s Shutdown) Validate() error {
	return Between("VTQ_SHUTDOWN_GRACE", s.Grace, 0, maxGrace)
}
