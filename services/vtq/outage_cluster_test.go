package vtq_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"vtq.internal/services/lookup"
	"vtq.internal/services/vtq"
	"vtq.internal/services/vtq/internal/simulation"
	"vtq.internal/shared/config"
	"vtq.internal/shared/dial"
	"vtq.internal/shared/simulator/dataset"
	tqsim "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/stream"
)

// TestAClusterLosesOneNodeAfterAnother has the pipeline at work on three real NATS servers, and kills one that leads nothing of note,
// then the one that leads the jobs, then the one that leads the verdicts: each when the one before has caught up, so that two are always
// there. Nobody touches the pipeline. Nothing here is measured in real time: what is waited for are facts.
func TestAClusterLosesOneNodeAfterAnother(t *testing.T) {
	if testing.Short() {
		t.Skip("three real NATS servers, their elections, and 8 s for each of three that are killed: about 45 s")
	}
	t.Parallel() // It mostly waits. No bubble runs beside it: they are not parallel.
	c := startCluster(t, plan{programs: build(t), nodes: 3})
	sim, err := simulation.Listen(t.Context(), simulation.Options{VirusTotalLatency: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	var items []dataset.Item
	objects := map[string]bool{}
	for i, item := range dataset.Demo() {
		if i%2 == 0 {
			items = append(items, item)
			objects[item.Object] = true
		}
	}
	delete(objects, "") // Of those that nobody may ask about.
	ids := stock(t, sim, items)
	want := map[int64]string{}
	for i, item := range items {
		want[ids[i]] = string(item.Class)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- sim.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("serving the simulators: %v", err)
		}
	}()

	// So few requests that there is work to do from the first kill to the last.
	env := append(sim.Environment(), "NATS_URL="+c.urls(), "NATS_REPLICAS=3", "VT_REQUESTS_PER_MINUTE=12", "VT_QUOTA_WINDOW=3s",
		"VT_REQUESTS_PER_DAY=0", "VT_REQUESTS_PER_MONTH=0")
	c.ensure(env)
	p, stopped := c.pipeline(env)
	for _, kill := range []struct {
		stream string
		leader bool
		after  int // Requests to the provider.
	}{{stream.Jobs, false, 5}, {stream.Jobs, true, 20}, {stream.Verdicts, true, 40}} {
		eventually(t, "enough requests to the provider", func(context.Context) error {
			if n := sim.VirusTotal.Lookups(); n < kill.after {
				return fmt.Errorf("%w: %d of %d", errNotYet, n, kill.after)
			}
			return nil
		})
		c.whole()
		c.killOf(kill.stream, kill.leader)
	}
	eventually(t, "the end of the work", func(ctx context.Context) error {
		now, err := p.Progress(ctx)
		switch diff := cmp.Diff(want, verdictsOf(sim, ids)); {
		case err != nil:
			return err
		case now.Waiting > 0 || diff != "":
			return fmt.Errorf("%w: %+v, verdicts (-want +got):\n%s", errNotYet, now, diff)
		}
		return nil // A verdict whose acknowledgement was lost comes again after a minute, and costs nothing.
	})
	stopped()

	dead, err := c.js.Stream(t.Context(), stream.DeadLetters)
	if err != nil {
		t.Fatal(err)
	}
	if n := dead.CachedInfo().State.Msgs; n > 0 {
		t.Errorf("%d dead letters, want none", n)
	}
	const killed, inHand = 3, 4
	if n, most := sim.VirusTotal.Lookups(), len(objects)+killed*inHand; n > most {
		t.Errorf("%d requests to the provider about %d objects, want at most %d", n, len(objects), most)
	}
	t.Logf("%d servers were killed, %d requests for %d objects", c.kills(), sim.VirusTotal.Lookups(), len(objects))
}

// stock puts items into both simulators.
func stock(t *testing.T, sim *simulation.Simulation, items []dataset.Item) []int64 {
	t.Helper()
	w := &world{t: t, tq: sim.ThreatQ, vt: sim.VirusTotal}
	return w.add(items...)
}

// verdictsOf gives the verdict that stands on each indicator; one that stands there twice, or without its source, is an error of its own.
func verdictsOf(sim *simulation.Simulation, ids []int64) map[int64]string {
	all := map[int64]string{}
	for _, id := range ids {
		seen := map[string]bool{}
		all[id] = ""
		for _, row := range sim.ThreatQ.Attributes(id) {
			ours := slices.ContainsFunc(row.Sources, func(s tqsim.Source) bool { return s.Name == "VirusTotal" })
			switch {
			case !ours:
			case seen[row.Name]:
				all[id] += " twice: " + row.Name
			case row.Name == "VirusTotal Verdict":
				all[id] = row.Value + all[id]
			}
			seen[row.Name] = seen[row.Name] || ours
		}
	}
	return all
}

// pipeline has all stages at work, as the services connect them.
func (c *cluster) pipeline(env []string) (p *vtq.Pipeline, stop func()) {
	c.t.Helper()
	var s vtq.Settings
	if err := config.Load(env, &s); err != nil {
		c.t.Fatal(err)
	}
	nc, err := dial.NATS(c.t.Context(), s.NATS, "pipeline", zerolog.Nop())
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(nc.Close)
	library, err := dial.ThreatQ(s.ThreatQ, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	asked, err := lookup.ProvidersOf(s.Providers)
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.t.Cleanup(cancel)
	p, err = vtq.New(ctx, vtq.Options{
		Settings: s, NATS: nc, ThreatQ: library, Providers: asked, Logger: zerolog.Nop(), Registerer: prometheus.NewRegistry(),
	})
	if err != nil {
		c.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	return p, func() {
		select {
		case err := <-ended:
			c.t.Fatalf("the pipeline ended by itself: %v", err)
		default:
		}
		cancel()
		if err := <-ended; err != nil {
			c.t.Errorf("the pipeline ended with %v, want nil", err)
		}
	}
}

// whole waits until every stream has a leader and its followers have caught up.
func (c *cluster) whole() {
	c.t.Helper()
	eventually(c.t, "a cluster that is whole", func(ctx context.Context) error {
		for _, name := range []string{stream.Jobs, stream.Verdicts, stream.Written, stream.Quota, stream.Spend} {
			s, err := c.js.Stream(ctx, name)
			if err != nil {
				return err
			}
			group := s.CachedInfo().Cluster
			if group == nil || group.Leader == "" || len(group.Replicas) != 2 {
				return fmt.Errorf("%w: %s has no leader", errNotYet, name)
			}
			for _, follower := range group.Replicas {
				if follower.Offline || !follower.Current {
					return fmt.Errorf("%w: %s of %s is behind", errNotYet, follower.Name, name)
				}
			}
		}
		return nil
	})
}

// killOf kills the server that leads a stream, or one that follows.
func (c *cluster) killOf(name string, leader bool) {
	c.t.Helper()
	eventually(c.t, "a server to kill", func(ctx context.Context) error {
		s, err := c.js.Stream(ctx, name)
		if err != nil {
			return err
		}
		var group *jetstream.ClusterInfo
		if group = s.CachedInfo().Cluster; group == nil || group.Leader == "" || len(group.Replicas) == 0 {
			return errNotYet
		}
		victim := group.Leader
		if !leader {
			victim = group.Replicas[0].Name
		}
		before := c.kills()
		c.nodes[victim].kill()
		if c.kills() == before {
			return errNotYet // It is away.
		}
		return nil
	})
}
