package vtq_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/vtq/internal/simulation"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/simulator/dataset"
	vtsim "vtq.internal/shared/simulator/virustotal"
	"vtq.internal/shared/wire"
)

const (
	// providerLatency is how long the simulator takes for an answer: what VirusTotal takes when nothing is the matter.
	providerLatency = 150 * time.Millisecond
	// fleetPatience bounds the wait for a fact: an election of a cluster that has just started takes seconds, on a busy machine more.
	fleetPatience = 2 * time.Minute
	// workerAway is for how long a worker that ended stays away, as under an orchestrator.
	workerAway = 200 * time.Millisecond
)

// A plan says what a fleet is made of.
type plan struct {
	programs programs
	nodes    int // NATS servers: 1, or 3 in a cluster.
	workers  int
	limit    limit
	settings []string // Of the workers, beside the limit: NAME=value.
	clock    wallClock
}

// A limit is so many requests in any window of so long. No requests is no limit.
type limit struct {
	requests int
	window   time.Duration
}

// noReserve keeps no slot for urgent jobs, where there are none.
const noReserve = "VTQ_URGENT_RESERVE=0"

// settings are the limit in the words of the workers.
func (l limit) settings() []string {
	all := []string{fmt.Sprintf("VT_REQUESTS_PER_MINUTE=%d", l.requests), "VT_REQUESTS_PER_DAY=0", "VT_REQUESTS_PER_MONTH=0"}
	if l.requests > 0 {
		all = append(all, fmt.Sprintf("VT_QUOTA_WINDOW=%v", l.window))
	}
	return all
}

// A fleet is what quotas are measured on: real workers and real NATS servers in processes of their own, and the simulated provider in
// this one. The simulator has no limit, so that it counts what is too much instead of refusing it.
type fleet struct {
	t       *testing.T
	sim     *vtsim.Server
	cluster *cluster
	plan    plan
	env     []string // Of a worker.
	logs    string   // The directory of the workers' logs.
	workers []*kept
}

// newFleet starts all but the workers, and makes the streams. Everything ends with the test.
func newFleet(t *testing.T, p plan) *fleet {
	t.Helper()
	sim, err := simulation.Listen(t.Context(), simulation.Options{VirusTotalLatency: providerLatency})
	if err != nil {
		t.Fatal(err)
	}
	sim.VirusTotal.Synthesize = dataset.Synthesize
	sim.VirusTotal.Keep = 1 << 20
	sim.VirusTotal.Now = func() time.Time { return time.Now().Add(p.clock.ahead) }
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- sim.Run(ctx) }()
	t.Cleanup(func() { stop(t, cancel, served) })

	f := &fleet{t: t, sim: sim.VirusTotal, plan: p, logs: t.TempDir()}
	f.cluster = startCluster(t, p)
	f.env = append(sim.Environment(), "LOG_LEVEL=warn", "VTQ_ADMIN_ADDRESS=off", "NATS_URL="+f.cluster.urls(), fmt.Sprintf("NATS_REPLICAS=%d", p.nodes))
	f.env = slices.Concat(f.env, p.limit.settings(), p.settings)
	f.cluster.ensure(f.env)
	return f
}

// stop ends the simulators.
func stop(tb testing.TB, cancel context.CancelFunc, served <-chan error) {
	tb.Helper()
	cancel()
	if err := <-served; err != nil {
		tb.Errorf("serving the simulators: %v", err)
	}
}

// work starts the workers.
func (f *fleet) work() {
	f.t.Helper()
	for i := range f.plan.workers {
		env := slices.Concat(f.env, f.plan.clock.worker(i))
		f.workers = append(f.workers, keep(f.t, workerAway, f.log(i), env, f.plan.programs.worker))
	}
}

// log is where a worker writes its lines, those that replaced it too.
func (f *fleet) log(worker int) string {
	return filepath.Join(f.logs, fmt.Sprintf("worker-%d.log", worker))
}

// now is the simulator's time.
func (f *fleet) now() time.Time { return f.sim.Now() }

// first waits for the first request, and tells when it came.
func (f *fleet) first() time.Time {
	f.t.Helper()
	var all []time.Time
	eventually(f.t, "the first request", func(context.Context) error {
		if all = f.spent(); len(all) == 0 {
			return errNotYet
		}
		return nil
	})
	return all[0]
}

// spent lists when the requests that count came in, by the simulator's clock, and that are answered by now.
func (f *fleet) spent() []time.Time {
	var all []time.Time
	for _, call := range f.sim.Calls() {
		if call.Counted {
			all = append(all, call.At)
		}
	}
	return all
}

// pass waits until a moment of the simulator's time, and until what came in before is answered.
func (f *fleet) pass(until time.Time) { <-time.After(until.Sub(f.now()) + 2*providerLatency) }

// fill puts the first n of the data set into the fresh lane.
func (f *fleet) fill(n int) {
	f.t.Helper()
	var pending []jetstream.PubAckFuture
	for item := range dataset.Many(n) {
		at, body := job(f.t, wire.Fresh, int64(len(pending)+1), item)
		ack, err := f.cluster.js.PublishAsync(at.Subject(), body, jetstream.WithStallWait(fleetPatience))
		if err != nil {
			f.t.Fatalf("publishing a job: %v", err)
		}
		pending = append(pending, ack)
	}
	for _, ack := range pending {
		select {
		case <-ack.Ok():
		case err := <-ack.Err():
			f.t.Fatalf("publishing a job: %v", err)
		}
	}
}

// enough is how many jobs a limit leaves unanswered for as long as that.
func (l limit) enough(lasts time.Duration) int {
	return int(2*float64(l.requests)*lasts.Seconds()/l.window.Seconds()) + 100
}

// job is the message that has an item looked up for an indicator.
func job(t *testing.T, lane wire.Lane, id int64, item dataset.Item) (wire.JobAddress, []byte) {
	t.Helper()
	object := indicator.Object{Kind: indicator.File, Value: item.Value}
	body, err := wire.EncodeJob(wire.Job{
		Created: time.Now(), Indicator: indicator.Indicator{ID: id, Type: item.Type, Value: item.Value}, Object: object,
	})
	if err != nil {
		t.Fatal(err)
	}
	return wire.JobAddress{Lane: lane, Route: provider.VirusTotal, Key: object.Key(), ID: id}, body
}
