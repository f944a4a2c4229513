package demo

import (
	"context"
	"fmt"
	"io"
	"time"

	"vtq.internal/services/vtq/internal/simulation"
	"vtq.internal/shared/verdict"
)

// perMinute is the quota of the demonstration: 20 requests a second, such as large licences allow, so that the synthetic data takes
// some ten seconds. Four a minute, which a public key has, would take forty minutes.
const perMinute = 1200

// Answers take as long as over a good line: those of VirusTotal some 60 ms, those of a ThreatQ in the house a few.
const (
	virusTotalLatency = 60 * time.Millisecond
	threatQLatency    = 3 * time.Millisecond
)

// Options say what to show.
type Options struct {
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
	Asked            int  // Requests that the provider counted, in this round.
	// Left is the longest that the quota lets the waiting jobs take; less where several share a request.
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
	out := Outcome{Classes: map[verdict.Class]int{}, Skipped: map[string]int{}, QuotaPerMinute: perMinute}
	for i, seeds := range o.Rounds {
		r := round{seeds: seeds, witness: newWitness(o.Logs), number: i + 1, of: len(o.Rounds), tell: o.TellFunc}
		err := r.run(ctx, &out)
		out.Warnings += r.witness.warnings()
		out.Took = time.Since(began).Round(time.Millisecond).Seconds()
		if err != nil {
			return out, fmt.Errorf("demonstrating: %w", err)
		}
	}
	return out, nil
}
