package vtq_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/vtq"
	"vtq.internal/shared/config"
	"vtq.internal/shared/stream"
)

const (
	// nodeAway is for how long a killed NATS server of a cluster stays away: longer than an election, so that the others have to go on.
	nodeAway = 8 * time.Second
	// serverAway is the same for a server that is alone: nothing goes on without it.
	serverAway = time.Second
)

// A cluster is one NATS server, or three that keep three replicas of everything, each a process of its own.
type cluster struct {
	t     *testing.T
	nodes map[string]*kept // By the server's name.
	ports []int            // Of the clients, then those of the routes.
	js    jetstream.JetStream
}

func startCluster(t *testing.T, p plan) *cluster {
	t.Helper()
	c := &cluster{t: t, nodes: map[string]*kept{}, ports: freePorts(t, 2*p.nodes)}
	away := nodeAway
	if p.nodes == 1 {
		away = serverAway
	}
	for i := range p.nodes {
		dir := t.TempDir()
		file := filepath.Join(dir, "nats.conf")
		if err := os.WriteFile(file, []byte(c.config(i, dir)), 0o600); err != nil {
			t.Fatal(err)
		}
		c.nodes[nodeName(i)] = keep(t, away, filepath.Join(dir, "output"), p.clock.server(), p.programs.server, "-c", file)
	}
	nc, err := nats.Connect(c.urls(), nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	if c.js, err = jetstream.New(nc); err != nil {
		t.Fatal(err)
	}
	return c
}

func nodeName(i int) string { return fmt.Sprintf("node-%d", i) }

// config is what a server is told. A cluster syncs every write, as the one that the project ships does.
func (c *cluster) config(i int, dir string) string {
	n := len(c.ports) / 2
	text := fmt.Sprintf("server_name: %s\nlisten: 127.0.0.1:%d\nlog_file: %q\n", nodeName(i), c.ports[i], filepath.Join(dir, "log"))
	if n == 1 {
		return text + fmt.Sprintf("jetstream { store_dir: %q, max_file_store: 16GB }\n", dir)
	}
	routes := make([]string, n)
	for j := range routes {
		routes[j] = fmt.Sprintf("nats://127.0.0.1:%d", c.ports[n+j])
	}
	return text + fmt.Sprintf("jetstream { store_dir: %q, max_file_store: 16GB, sync_interval: always }\n", dir) +
		fmt.Sprintf("cluster { name: vtq, listen: 127.0.0.1:%d, routes: [%s] }\n", c.ports[n+i], strings.Join(routes, ", "))
}

// urls is NATS_URL.
func (c *cluster) urls() string {
	all := make([]string, len(c.ports)/2)
	for i := range all {
		all[i] = fmt.Sprintf("nats://127.0.0.1:%d", c.ports[i])
	}
	return strings.Join(all, ",")
}

// ensure makes the streams as vtq setup does, as soon as the servers have found each other.
func (c *cluster) ensure(env []string) {
	c.t.Helper()
	var s vtq.Settings
	if err := config.Load(env, &s.NATS, &s.Verdicts); err != nil {
		c.t.Fatal(err)
	}
	topology, err := s.Topology()
	if err != nil {
		c.t.Fatal(err)
	}
	eventually(c.t, "the streams", func(ctx context.Context) error { return stream.Ensure(ctx, c.js, topology) })
}

// killLeader kills the server that decides who gets a slot. During an election there is none, and nobody is killed.
func (c *cluster) killLeader(ctx context.Context) {
	quota, err := c.js.Stream(ctx, stream.Quota)
	if err != nil {
		return
	}
	name := nodeName(0) // A server without a cluster leads.
	if group := quota.CachedInfo().Cluster; group != nil && group.Leader != "" {
		name = group.Leader
	}
	c.nodes[name].kill()
}

// kills counts the servers that were killed.
func (c *cluster) kills() (all int) {
	for _, node := range c.nodes {
		kills, _ := node.ends()
		all += kills
	}
	return all
}

// freePorts finds ports below those that the system gives to connections: one of these could take the port of a server that is away.
func freePorts(t *testing.T, n int) []int {
	t.Helper()
	const lowest, highest = 15_000, 32_000
	var ports []int
	for range 100 * n {
		port := lowest + rand.IntN(highest-lowest)
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		defer func() { _ = listener.Close() }() // At the end, so that no port comes twice.
		if ports = append(ports, port); len(ports) == n {
			return ports
		}
	}
	t.Fatalf("found %d free ports, want %d", len(ports), n)
	return nil
}
