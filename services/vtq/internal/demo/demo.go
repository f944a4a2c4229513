package demo

import (
	"context"
	"fmt"
	"io"
	"time"

	"vtq.internal/services/vtq/internal/simulation"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/verdict"
)

// perMinute is the quota of the demonstration: 20 requests a second, such as large licences allow, so that the synthetic data takes
// some ten seconds. Four a minute, which a public key has, would take forty minutes.
const perMinute = 1200

// dayShare is how much of the seeds the day of the first of two providers pays for. Some share a request, so that the day is gone when
// about the half of all that can be asked about is answered.
const dayShare = 0.3

// Answers take as long as over a good line: those of a provider some 60 ms, those of a ThreatQ in the house a few.
const (
	providerLatency = 60 * time.Millisecond
	threatQLatency  = 3 * time.Millisecond
)

// Options say what to show.
type Options struct {
	// Providers are those that are asked, first asked first (package simulation). Of two the first has a small day, which is gone in the
	// middle. Defaults to VirusTotal alone.
	Providers []string
	// Rounds are the seeds of each round. Required.
	Rounds [][]simulation.Seed
	// Logs gets the log lines of the stages, as JSON. Defaults to nobody.
	Logs io.Writer
	// TellFunc is told how far it is, some ten times a second. Defaults to nobody.
	TellFunc func(Progress)
}

// A Progress is how far the demonstration is.
type Progress struct {
	Round, Rounds    int  // From 1.
	Again            bool // The second pass of the round.
	Total            int  // Indicators of the round.
	Skipped, Written int  // Of these.
	Asked            int  // Requests that the providers had, in this round.
	Waiting          int  // Jobs that nobody has a quota for, before the day is over.
	// Left is the longest that the quota lets the other jobs take; less where several share a request.
	Left time.Duration
}

// Done is how many indicators of the round are finished.
func (p Progress) Done() int { return p.Skipped + p.Written }

// Run shows it. Its error says what kept the demonstration from its end; the outcome tells how far it came.
func Run(ctx context.Context, o Options) (Outcome, error) {
	began := time.Now()
	if o.Logs == nil {
		o.Logs = io.Discard
	}
	if o.TellFunc == nil {
		o.TellFunc = func(Progress) {}
	}
	if len(o.Providers) == 0 {
		o.Providers = []string{provider.VirusTotal}
	}
	out := Outcome{Classes: map[verdict.Class]int{}, Skipped: map[string]int{}, QuotaPerMinute: perMinute}
	for _, name := range o.Providers {
		out.Providers = append(out.Providers, Provider{Name: name})
	}
	for i, seeds := range o.Rounds {
		r := round{
			providers: o.Providers, seeds: seeds, witness: newWitness(o.Logs), number: i + 1, of: len(o.Rounds), tell: o.TellFunc,
		}
		err := r.run(ctx, &out)
		failovers, warnings := r.witness.alarms()
		out.Failovers += failovers
		out.Warnings += warnings
		out.Took = time.Since(began).Round(time.Millisecond).Seconds()
		if err != nil {
			return out, fmt.Errorf("demonstrating: %w", err)
		}
	}
	return out, nil
}
