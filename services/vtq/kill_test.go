package vtq_test

import (
	"bytes"
	"context"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vtq.internal/services/vtq/internal/simulation"
	"vtq.internal/shared/simulator/dataset"
	tqsim "vtq.internal/shared/simulator/threatq"
	vtsim "vtq.internal/shared/simulator/virustotal"
)

// killPatience bounds the wait for a fact in this test: a killed process's jobs wait 30 s before they come again.
const killPatience = 3 * time.Minute

// TestKillNine kills the real process with SIGKILL, at the n-th request that it makes to one of the simulators, and starts it again
// on what it left behind. In the end ThreatQ is as if nothing had happened.
func TestKillNine(t *testing.T) {
	if testing.Short() {
		t.Skip("kills real processes and waits for real redeliveries: about 45 s")
	}
	binary := filepath.Join(t.TempDir(), "vtq")
	if out, err := exec.Command("go", "build", "-o", binary, "./cmd/vtq").CombinedOutput(); err != nil {
		t.Fatalf("building vtq: %v\n%s", err, out)
	}
	sim, err := simulation.Listen(t.Context(), simulation.Options{VirusTotalLatency: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	var requests atomic.Int64
	arrived := make(chan int64, 10_000) // More than the whole run makes.
	count := func() { arrived <- requests.Add(1) }
	sim.ThreatQ.Fail = func(*http.Request) *tqsim.Fault { count(); return nil }
	sim.VirusTotal.Fail = func(*http.Request) *vtsim.Fault { count(); return nil }
	ids := fill(t, sim)
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- sim.Run(ctx) }()
	defer stop(t, cancel, served)

	env := append(sim.Environment(), "VTQ_DATA_DIR="+t.TempDir())
	kills := []int64{1, 3, 9, 40, 95, 160, 240, 330, 425, 500}
	for _, at := range kills {
		p := launch(t, binary, env)
		p.waitFor(arrived, at)
		p.kill()
	}
	p := launch(t, binary, env)
	p.eventually(func() bool { return finished(sim, ids) })
	p.kill()

	objects := map[string]int{}
	for _, call := range sim.VirusTotal.Calls() {
		objects[call.ID]++
	}
	again := 0
	for _, n := range objects {
		again += n - 1
	}
	const inHand = 8 // Four jobs in each of two lanes.
	if again > len(kills)*inHand {
		t.Errorf("%d requests were repeated over %d kills, want at most %d for each", again, len(kills), inHand)
	}
	t.Logf("%d kills, %d requests to VirusTotal, %d of them repeated", len(kills), sim.VirusTotal.Lookups(), again)
}

// stop ends the simulators.
func stop(tb testing.TB, cancel context.CancelFunc, served <-chan error) {
	tb.Helper()
	cancel()
	if err := <-served; err != nil {
		tb.Errorf("serving the simulators: %v", err)
	}
}

// fill puts the data set into the simulators, and tells the class that each indicator has to end with.
func fill(t *testing.T, sim *simulation.Simulation) map[int64]string {
	t.Helper()
	want := map[int64]string{}
	for _, item := range dataset.Demo() {
		in := tqsim.Indicator{Type: item.Type, Value: item.Value, Status: item.Status}
		for _, s := range item.Sources {
			in.Sources = append(in.Sources, tqsim.Source{Name: s.Name, TLP: s.TLP})
		}
		for _, a := range item.Attributes {
			in.Attributes = append(in.Attributes, tqsim.Attribute{Name: a.Name, Value: a.Value})
		}
		want[sim.ThreatQ.AddIndicator(in)] = string(item.Class)
		if item.Report == nil {
			continue
		}
		if err := sim.VirusTotal.AddReport(item.Report); err != nil {
			t.Fatal(err)
		}
	}
	return want
}

// finished tells whether every indicator bears the verdict that it should, once, and every other attribute once.
func finished(sim *simulation.Simulation, want map[int64]string) bool {
	for id, class := range want {
		seen := map[string]string{}
		for _, row := range sim.ThreatQ.Attributes(id) {
			if _, twice := seen[row.Name]; twice && strings.HasPrefix(row.Name, "VirusTotal ") {
				return false
			}
			seen[row.Name] = row.Value
		}
		if seen["VirusTotal Verdict"] != class {
			return false
		}
		if _, linked := seen["VirusTotal Link"]; class != "" && class != "Not Found" && !linked {
			return false
		}
	}
	return true
}

// A process is a running vtq up.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	stderr bytes.Buffer
}

func launch(t *testing.T, binary string, env []string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(binary, "up")}
	p.cmd.Env = env
	p.cmd.Stderr = &p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("starting vtq up: %v", err)
	}
	return p
}

// kill ends the process with no chance to settle anything.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // It may be gone already, which Wait tells.
	_ = p.cmd.Wait()         // Killed, as intended.
}

// waitFor waits for the n-th request.
func (p *process) waitFor(arrived <-chan int64, n int64) {
	p.t.Helper()
	deadline := time.After(killPatience)
	for {
		select {
		case got := <-arrived:
			if got >= n {
				return
			}
		case <-deadline:
			p.kill()
			p.t.Fatalf("request %d never came; the process says:\n%s", n, p.stderr.String())
		}
	}
}

// eventually waits for a fact.
func (p *process) eventually(fact func() bool) {
	p.t.Helper()
	deadline, look := time.After(killPatience), time.NewTicker(50*time.Millisecond)
	defer look.Stop()
	for !fact() {
		select {
		case <-look.C:
		case <-deadline:
			p.kill()
			p.t.Fatalf("not finished in time; the process says:\n%s", p.stderr.String())
		}
	}
}
