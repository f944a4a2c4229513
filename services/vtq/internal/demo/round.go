package demo

import (
	"context"
	"fmt"
	"os"
	"slices"

	"vtq.internal/services/vtq"
	"vtq.internal/services/vtq/internal/embedded"
	"vtq.internal/services/vtq/internal/simulation"
	"vtq.internal/shared/config"
	"vtq.internal/shared/lifecycle"
)

// A round is fresh simulators, a fresh server, and two passes.
type round struct {
	providers  []string
	seeds      []simulation.Seed
	witness    *witness
	number, of int
	tell       func(Progress)

	ids    []int64
	waits  map[int64][]string // Whose quota, by indicator.
	sim    *simulation.Simulation
	server *embedded.Server
}

// run adds to the outcome what the round came to.
func (r *round) run(ctx context.Context, out *Outcome) (err error) {
	r.sim, err = simulation.Listen(ctx, simulation.Options{
		Providers: r.providers, PerMinute: perMinute, PerDay: r.perDay(), BesidePerMinute: perMinute,
		ThreatQLatency: threatQLatency, VirusTotalLatency: providerLatency, ReversingLabsLatency: providerLatency,
	})
	if err != nil {
		return err
	}
	defer r.sim.Close()
	if r.ids, err = r.sim.Fill(r.seeds); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "vtq-demo-")
	if err != nil {
		return fmt.Errorf("making a directory for the embedded server: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // What is left is the system's to clear.
	if r.server, err = embedded.Start(dir); err != nil {
		return err
	}
	defer r.server.Stop()

	// The passes end the simulators. When one of these fails instead, the passes hear of it at once.
	var group lifecycle.Group
	group.Add("simulators", r.sim.Run)
	group.Add("passes", func(ctx context.Context) error { return r.passes(ctx, out) })
	if err := group.Run(ctx); err != nil || ctx.Err() == nil {
		return err
	}
	return context.Cause(ctx)
}

// perDay is the day of the first of two providers. One alone has no limit of a day, so that nothing is left.
func (r *round) perDay() int {
	if len(r.providers) == 1 {
		return 0
	}
	return max(1, int(dayShare*float64(len(r.seeds))))
}

// passes runs the pipeline twice, and reads in ThreatQ what came of it.
func (r *round) passes(ctx context.Context, out *Outcome) error {
	settings, err := r.settings()
	if err != nil {
		return err
	}
	first := pass{round: r, settings: settings}
	if err := first.run(ctx); err != nil {
		return fmt.Errorf("first pass: %w", err)
	}
	// Settings of its own make the sweep due at once. It begins where the first pass ended, with all that is known.
	if settings, err = r.settings("VTQ_SWEEP=1s"); err != nil {
		return err
	}
	second := pass{round: r, settings: settings, again: true}
	if err := second.run(ctx); err != nil {
		return fmt.Errorf("second pass: %w", err)
	}
	r.waits = second.waits
	r.spent(out)
	out.ProviderRequests += first.requests.Provider
	out.ThreatQRequests += first.requests.ThreatQ
	out.ThreatQWrites += first.requests.Writes
	out.Shared.SameObject += first.shared.SameObject
	out.Shared.OtherHash += first.shared.OtherHash
	out.SecondPass.Provider += second.requests.Provider
	out.SecondPass.ThreatQ += second.requests.ThreatQ
	out.SecondPass.Writes += second.requests.Writes
	out.add(r.rows(settings))
	return nil
}

// settings are those of the simulators. The stages log what they skip at debug level only. Nobody is there who would ask urgently, so
// that nothing of the day is kept.
func (r *round) settings(more ...string) (vtq.Settings, error) {
	environment := slices.Concat(r.sim.Environment(), []string{"LOG_LEVEL=debug", "VTQ_SHUTDOWN_GRACE=5s", "VTQ_URGENT_RESERVE=0"}, more)
	var settings vtq.Settings
	if err := config.Load(environment, &settings); err != nil {
		return vtq.Settings{}, fmt.Errorf("configuring the demonstration: %w", err)
	}
	return settings, nil
}
