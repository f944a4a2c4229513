package vtq_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/vtq"
	"vtq.internal/services/vtq/internal/embedded"
	"vtq.internal/services/vtq/internal/simulation"
	"vtq.internal/shared/config"
	"vtq.internal/shared/simulator/dataset"
	tqsim "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/stream"
)

// stagePatience bounds one stage of the benchmark: 200,000 indicators at some hundred a second.
const stagePatience = 30 * time.Minute

// BenchmarkMemory prints the peak of the memory of each stage, as the system counts it, over collections of different sizes: flat
// means that the last is hardly above the first. The stages run one after the other, each as the program that ships. MEMORY_INDICATORS
// names other sizes than the two of the default.
func BenchmarkMemory(b *testing.B) {
	for _, n := range memorySizes(b) {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			for b.Loop() {
				measureMemory(b, n)
			}
		})
	}
}

func memorySizes(b *testing.B) []int {
	b.Helper()
	text := os.Getenv("MEMORY_INDICATORS")
	if text == "" {
		text = "2000,20000"
	}
	var sizes []int
	for word := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(word)
		if err != nil {
			b.Fatalf("MEMORY_INDICATORS: wants numbers, separated by commas: %v", err)
		}
		sizes = append(sizes, n)
	}
	return sizes
}

func measureMemory(b *testing.B, n int) {
	b.Helper()
	sim, err := simulation.Listen(b.Context(), simulation.Options{})
	if err != nil {
		b.Fatal(err)
	}
	sim.VirusTotal.Synthesize = dataset.Synthesize
	for item := range dataset.Many(n) {
		sim.ThreatQ.AddIndicator(tqsim.Indicator{Type: item.Type, Value: item.Value})
	}
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
	js, env := prepare(b, server, dir, append(sim.Environment(), "LOG_LEVEL=error", "VTQ_ADMIN_ADDRESS=off", "VTQ_LOOKUP_CONCURRENCY=16", "VTQ_WRITE_CONCURRENCY=16"))
	for _, stage := range []struct {
		name string
		done func() bool
	}{
		{"producer", func() bool { return jobs(b, js) == n }},
		{"lookup", func() bool { return jobs(b, js) == 0 }},
		{"writer", func() bool { return unwritten(b, js) == 0 }},
	} {
		began := time.Now()
		peak := runStage(b, stage.name, env, stage.done)
		b.ReportMetric(float64(peak), stage.name+"-peak-MiB")
		b.Logf("%s: %d MiB at the peak over %d indicators, %.0f a second", stage.name, peak, n, float64(n)/time.Since(began).Seconds())
	}
}

// prepare makes the streams, and completes the environment with the way to them.
func prepare(b *testing.B, server *embedded.Server, dir string, env []string) (jetstream.JetStream, []string) {
	b.Helper()
	var s vtq.Settings
	if err := config.Load(env, &s); err != nil {
		b.Fatal(err)
	}
	topology, err := s.Topology()
	if err != nil {
		b.Fatal(err)
	}
	nc, err := server.Connect()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		b.Fatal(err)
	}
	if err := stream.Ensure(b.Context(), js, topology); err != nil {
		b.Fatal(err)
	}
	at, err := embedded.Find(dir)
	if err != nil {
		b.Fatal(err)
	}
	return js, append(env, "NATS_URL="+at.URL[0], "NATS_USER="+at.User, "NATS_PASSWORD="+at.Password.Reveal())
}

// runStage runs a stage until it is done, and tells its peak in MiB.
func runStage(b *testing.B, name string, env []string, done func() bool) int {
	b.Helper()
	binary := filepath.Join(b.TempDir(), name)
	if out, err := exec.Command("go", "build", "-o", binary, "vtq.internal/services/"+name+"/cmd/vtq-"+name).CombinedOutput(); err != nil {
		b.Fatalf("building %s: %v\n%s", name, err, out)
	}
	cmd := exec.Command(binary)
	cmd.Env, cmd.Stderr = env, os.Stderr
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }() // Measured before that.
	deadline, look := time.After(stagePatience), time.NewTicker(200*time.Millisecond)
	defer look.Stop()
	for !done() {
		select {
		case <-look.C:
		case <-deadline:
			b.Fatalf("%s was not done in %v", name, stagePatience)
		}
	}
	return peak(b, cmd.Process.Pid)
}

// peak is the most memory that a process ever held, in MiB, as Linux counts it.
func peak(b *testing.B, pid int) int {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Skipf("the peak is read where Linux keeps it: %v", err)
	}
	for line := range strings.Lines(string(status)) {
		var kib int
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kib); err == nil {
			return kib / 1024
		}
	}
	b.Fatal("/proc has no VmHWM")
	return 0
}

func jobs(b *testing.B, js jetstream.JetStream) int {
	b.Helper()
	s, err := js.Stream(b.Context(), stream.Jobs)
	if err != nil {
		b.Fatal(err)
	}
	return int(s.CachedInfo().State.Msgs)
}

func unwritten(b *testing.B, js jetstream.JetStream) int {
	b.Helper()
	c, err := js.Consumer(b.Context(), stream.Verdicts, stream.Writer)
	if err != nil {
		b.Fatal(err)
	}
	return int(c.CachedInfo().NumPending) + c.CachedInfo().NumAckPending
}
