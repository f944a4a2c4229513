package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"vtq.internal/services/lookup"
	"vtq.internal/services/vtq"
	"vtq.internal/shared/dial"
	"vtq.internal/shared/lifecycle"
	"vtq.internal/shared/logging"
)

const (
	// interval is how often a pass is looked at: often enough for a bar that moves.
	interval = 100 * time.Millisecond
	// patience is how long a pass may take beside what its quota takes: on a busy machine everything is slower, and whoever waits
	// longer than that waits for nothing.
	patience = 2 * time.Minute
)

// A pass is one walk of the pipeline over everything.
type pass struct {
	round    *round
	settings vtq.Settings
	again    bool

	registry *prometheus.Registry
	requests Requests
	shared   Shared
	waits    map[int64][]string // Whose quota, by indicator.
}

// run runs the pipeline until everything that a whole walk found is answered and written.
func (p *pass) run(ctx context.Context) error {
	before := p.round.requests()
	// Clients of its own, so that a pass pays for its login, as a process that starts anew does.
	nc, err := p.round.server.Connect()
	if err != nil {
		return err
	}
	defer nc.Close()
	library, err := dial.ThreatQ(p.settings.ThreatQ, nil)
	if err != nil {
		return err
	}
	providers, err := lookup.ProvidersOf(p.settings.Providers)
	if err != nil {
		return err
	}
	p.registry = prometheus.NewRegistry()
	pipeline, err := vtq.New(ctx, vtq.Options{
		Settings: p.settings, NATS: nc, ThreatQ: library, Providers: providers,
		Logger: logging.New(p.round.witness, p.settings.Log, "vtq"), Registerer: p.registry,
	})
	if err != nil {
		return err
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return fmt.Errorf("opening JetStream: %w", err)
	}
	var group lifecycle.Group
	group.Add("pipeline", pipeline.Run)
	group.Add("watch", func(ctx context.Context) error { return p.watch(ctx, pipeline, js) })
	if err := group.Run(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	if p.waits, err = waiting(ctx, js); err != nil {
		return err
	}
	p.requests = minus(p.round.requests(), before)
	p.shared = Shared{
		SameObject: counted(p.registry, "vtq_lookup_answers_total", "hit"),
		OtherHash:  counted(p.registry, "vtq_lookup_answers_total", "alias"),
	}
	return nil
}

// watch returns when the pass is over, which ends the pipeline.
func (p *pass) watch(ctx context.Context, pipeline *vtq.Pipeline, js jetstream.JetStream) error {
	ctx, cancel := context.WithTimeoutCause(ctx, p.limit(), fmt.Errorf("no end within %v; -v shows what the stages say", p.limit()))
	defer cancel()
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for still := 0; ; {
		progress, left, err := p.look(ctx, pipeline, js)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		p.round.tell(p.progress(progress, left))
		if still++; progress.Writing > 0 || left > 0 {
			still = 0
		}
		// A poll would do for an indicator that is new. The sweep is what has seen them all.
		if (progress.Idle() || still >= standstill) && counted(p.registry, "vtq_walks_total", "sweep") > 0 {
			return nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}

// look asks how far the pipeline has come, and how many of the jobs that wait can be answered.
func (p *pass) look(ctx context.Context, pipeline *vtq.Pipeline, js jetstream.JetStream) (vtq.Progress, int, error) {
	progress, err := pipeline.Progress(ctx)
	if err != nil {
		return progress, 0, err
	}
	n, err := paused(ctx, js)
	// The two are not of one moment: a job may have come or gone between them.
	return progress, max(0, int(progress.Waiting)-n), err //nolint:gosec // A stream holds at most a million jobs.
}

// limit is twice what the quota takes if no indicator shares a request, and patience.
func (p *pass) limit() time.Duration { return patience + 2*atQuota(len(p.round.seeds)) }

// progress puts together what the server, the log lines and the simulators tell. They are not of one moment, which a bar can bear.
func (p *pass) progress(now vtq.Progress, left int) Progress {
	skipped, written := p.round.witness.seen()
	return Progress{
		Round: p.round.number, Rounds: p.round.of, Again: p.again, Total: len(p.round.seeds),
		Skipped: skipped, Written: written, Asked: p.round.asked(),
		Waiting: int(now.Waiting) - left, Left: atQuota(left), //nolint:gosec // A stream holds at most a million jobs.
	}
}

// atQuota is how long so many requests take.
func atQuota(requests int) time.Duration { return time.Duration(requests) * time.Minute / perMinute }

// minus is what was counted between two looks.
func minus(after, before Requests) Requests {
	return Requests{
		Provider: after.Provider - before.Provider, ThreatQ: after.ThreatQ - before.ThreatQ, Writes: after.Writes - before.Writes,
	}
}

// counted reads one counter of a metric, the one that has the label's value.
func counted(registry *prometheus.Registry, metric, value string) int {
	families, err := registry.Gather()
	if err != nil {
		return 0 // A figure that cannot be read is left out of the summary.
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if family.GetName() == metric && len(m.GetLabel()) == 1 && m.GetLabel()[0].GetValue() == value {
				return int(m.GetCounter().GetValue())
			}
		}
	}
	return 0
}
