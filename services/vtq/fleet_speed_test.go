package vtq_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"vtq.internal/shared/provider"
	"vtq.internal/shared/simulator/dataset"
	"vtq.internal/shared/wire"
)

const (
	// speedWarm is left out of a measured speed, and speedLasts is measured.
	speedWarm, speedLasts = 2 * time.Second, 20 * time.Second
	// urgentJobs are asked at urgentEvery, while urgentBacklog wait: each finds the reserved slot free, which lives for 3 s.
	urgentJobs, urgentBacklog = 30, 100_000
	urgentEvery               = 3500 * time.Millisecond
	// urgentPatience is how long an answer may take before the run is given up.
	urgentPatience = 30 * time.Second
	// urgentBar is what an urgent answer may take beyond the provider's own time, in the median.
	urgentBar = 100 * time.Millisecond
)

// measureSpeed compares what one, two and four workers do when no limit is in their way: each has four requests under way at a time.
// One run after the other, since they take whatever the machine can give.
func measureSpeed(t *testing.T, results *table, p programs) {
	var alone float64
	for _, c := range []struct {
		workers int
		bar     float64
	}{{1, 1}, {2, 1.9}, {4, 3.6}} {
		enter := results.place()
		t.Run(fmt.Sprintf("%d workers", c.workers), func(t *testing.T) {
			f := newFleet(t, plan{programs: p, nodes: 1, workers: c.workers})
			n := f.workFreely()
			rate := float64(n) / speedLasts.Seconds()
			if c.workers == 1 {
				alone = rate
			}
			r := f.row(tally{requests: n})
			r.run, r.met = "no limit", rate >= c.bar*alone
			r.figure, r.bar = fmt.Sprintf("%.1f/s, x%.2f", rate, rate/alone), fmt.Sprintf(">= x%.1f", c.bar)
			enter(r)
			if !r.met {
				t.Errorf("%d workers do %s, want %s", c.workers, r.figure, r.bar)
			}
		})
	}
}

// workFreely counts the requests of speedLasts, once all workers are at it.
func (f *fleet) workFreely() (requests int) {
	f.t.Helper()
	const atMost = 5 * int(time.Second/providerLatency) // Of one worker in a second, with some to spare.
	f.fill(f.plan.workers * atMost * int((speedWarm+2*speedLasts)/time.Second))
	f.work()
	from := f.first().Add(speedWarm)
	f.pass(from.Add(speedLasts))
	for _, at := range f.spent() {
		if !at.Before(from) && at.Sub(from) < speedLasts {
			requests++
		}
	}
	return requests
}

// urgents is the run with urgent jobs.
func urgents(p programs) []trial {
	const workers = 4
	return []trial{{"urgent, 100,000 wait", workers, 1, func(t *testing.T) row { return measureUrgent(t, p, workers) }}}
}

// measureUrgent asks for somebody who waits, while a backlog uses all that it may of the quota.
func measureUrgent(t *testing.T, p programs, workers int) row {
	t.Helper()
	f := newFleet(t, plan{programs: p, nodes: 1, workers: workers, limit: limit{20, 2 * time.Second}}) // With the default reserve.
	f.fill(urgentBacklog)
	f.work()
	f.pass(f.first().Add(4 * f.plan.limit.window)) // The backlog has its pace by then.
	var took []time.Duration
	turn := time.NewTicker(urgentEvery)
	defer turn.Stop()
	for i, item := range slices.Collect(dataset.Many(urgentBacklog + urgentJobs))[urgentBacklog:] {
		if i > 0 {
			<-turn.C
		}
		took = append(took, f.ask(item)-providerLatency)
	}
	slices.Sort(took)
	median := took[len(took)/2]
	r := f.row(tallyOf(f.spent(), f.plan.limit, 0))
	r.figure, r.bar = fmt.Sprintf("median %v", median.Round(time.Millisecond)), fmt.Sprintf("< %v", urgentBar)
	r.met = r.met && median < urgentBar
	t.Logf("beyond the provider's own time: from %v to %v, median %v", took[0], took[len(took)-1], median)
	return r
}

// ask publishes an urgent job that nobody in ThreatQ wants, and tells how long its verdict took.
func (f *fleet) ask(item dataset.Item) time.Duration {
	f.t.Helper()
	nc := f.cluster.js.Conn()
	at, body := job(f.t, wire.Urgent, 0, item)
	answer, err := nc.SubscribeSync(wire.VerdictAddress{Provider: provider.VirusTotal, Key: at.Key}.Subject())
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = answer.Unsubscribe() }() // Ends with the connection at the latest.
	if err := nc.Flush(); err != nil {
		f.t.Fatal(err)
	}
	began := time.Now()
	if _, err := f.cluster.js.Publish(f.t.Context(), at.Subject(), body); err != nil {
		f.t.Fatalf("publishing an urgent job: %v", err)
	}
	if _, err := answer.NextMsg(urgentPatience); err != nil {
		f.t.Fatalf("waiting for an urgent verdict: %v", err)
	}
	return time.Since(began)
}
