package vtq_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/vtq/internal/embedded"
	"vtq.internal/services/vtq/internal/simulation"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/simulator/dataset"
	vtsim "vtq.internal/shared/simulator/virustotal"
	"vtq.internal/shared/wire"
)

// A fleetRun is one line of the table that BenchmarkQuota prints.
type fleetRun struct {
	requests int
	window   time.Duration
	workers  int
	lasts    time.Duration
	kills    bool // Every two seconds a worker is killed with SIGKILL, and replaced.
}

// BenchmarkQuota runs real lookup workers against a real server, with more to do than they may, and prints how much of the quota they
// use from the first request to the end of the run, and the fullest window, by the simulator's clock. QUOTA_RUNS=long adds the runs that take ten minutes.
func BenchmarkQuota(b *testing.B) {
	runs := []fleetRun{
		{4, 6 * time.Second, 1, time.Minute, false},
		{4, 6 * time.Second, 4, time.Minute, false},
		{4, 6 * time.Second, 16, time.Minute, false},
		{4, 6 * time.Second, 4, time.Minute, true},
		{100, 6 * time.Second, 4, time.Minute, true},
	}
	if os.Getenv("QUOTA_RUNS") == "long" {
		runs = append(runs, fleetRun{4, time.Minute, 4, 10 * time.Minute, false}, fleetRun{1000, time.Minute, 4, 10 * time.Minute, false})
	}
	for _, r := range runs {
		name := fmt.Sprintf("%d per %v, %d workers, kills %v", r.requests, r.window, r.workers, r.kills)
		b.Run(strings.ReplaceAll(name, " ", "_"), func(b *testing.B) {
			for b.Loop() {
				r.measure(b)
			}
		})
	}
}

func (r fleetRun) measure(b *testing.B) {
	b.Helper()
	sim, err := simulation.Listen(b.Context(), simulation.Options{VirusTotalLatency: 150 * time.Millisecond})
	if err != nil {
		b.Fatal(err)
	}
	sim.VirusTotal.Synthesize = dataset.Synthesize
	sim.VirusTotal.Keep = 1 << 20
	ctx, cancel := context.WithCancel(b.Context())
	served := make(chan error, 1)
	go func() { served <- sim.Run(ctx) }()
	defer stop(b, cancel, served)
	dir := b.TempDir()
	server, err := embedded.Start(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer server.Stop()
	js, env := prepare(b, server, dir, append(sim.Environment(), "LOG_LEVEL=error",
		fmt.Sprintf("VT_REQUESTS_PER_MINUTE=%d", r.requests), fmt.Sprintf("VT_QUOTA_WINDOW=%v", r.window)))
	enqueueHashes(b, js, int(2*float64(r.requests)*r.lasts.Seconds()/r.window.Seconds())+100)
	binary := filepath.Join(b.TempDir(), "vtq-lookup")
	if out, err := exec.Command("go", "build", "-o", binary, "vtq.internal/services/lookup/cmd/vtq-lookup").CombinedOutput(); err != nil {
		b.Fatalf("building vtq-lookup: %v\n%s", err, out)
	}
	killed := r.work(b, binary, env)
	r.report(b, sim.VirusTotal, killed, time.Now())
}

// work runs the workers for as long as the run lasts, and tells how many were killed.
func (r fleetRun) work(b *testing.B, binary string, env []string) (killed int) {
	b.Helper()
	workers := make([]*exec.Cmd, r.workers)
	for i := range workers {
		workers[i] = startWorker(b, binary, env)
	}
	end, turn := time.After(r.lasts), time.NewTicker(2*time.Second)
	defer turn.Stop()
	for {
		select {
		case <-turn.C:
			if r.kills {
				i := rand.IntN(len(workers))
				endWorker(workers[i])
				workers[i] = startWorker(b, binary, env)
				killed++
			}
		case <-end:
			for _, w := range workers {
				endWorker(w)
			}
			return killed
		}
	}
}

func startWorker(b *testing.B, binary string, env []string) *exec.Cmd {
	b.Helper()
	cmd := exec.Command(binary)
	cmd.Env, cmd.Stderr = env, os.Stderr
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	return cmd
}

func endWorker(cmd *exec.Cmd) {
	_ = cmd.Process.Kill() // It may be gone already, which Wait tells.
	_ = cmd.Wait()         // Killed, as intended.
}

func (r fleetRun) report(b *testing.B, sim *vtsim.Server, killed int, end time.Time) {
	b.Helper()
	first := end
	for _, call := range sim.Calls() {
		if call.Endpoint.Looks() {
			first = call.At
			break
		}
	}
	fullest := sim.MaxInWindow(r.window)
	if fullest > r.requests {
		b.Errorf("the fullest window has %d requests, want at most %d", fullest, r.requests)
	}
	due := float64(r.requests) * end.Sub(first).Seconds() / r.window.Seconds()
	b.ReportMetric(float64(sim.Lookups())/due, "use")
	b.ReportMetric(float64(fullest), "fullest-window")
	b.ReportMetric(float64(killed), "kills")
	b.ReportMetric(float64(sim.Lookups()), "requests")
}

// enqueueHashes fills the fresh lane.
func enqueueHashes(b *testing.B, js jetstream.JetStream, n int) {
	b.Helper()
	id := int64(0)
	for item := range dataset.Many(n) {
		id++
		object := indicator.Object{Kind: indicator.File, Value: item.Value}
		body, err := wire.EncodeJob(wire.Job{
			Created: time.Now(), Indicator: indicator.Indicator{ID: id, Type: item.Type, Value: item.Value}, Object: object,
		})
		if err != nil {
			b.Fatal(err)
		}
		at := wire.JobAddress{Lane: wire.Fresh, Route: provider.VirusTotal, Key: object.Key(), ID: id}
		if _, err := js.Publish(b.Context(), at.Subject(), body); err != nil {
			b.Fatal(err)
		}
	}
}
