package rehearsal

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// nodes is the size of the cluster: the least that can lose one.
const nodes = 3

// LameDuckPatience bounds how long a server takes to leave: ten seconds until it sends clients away, one for each, the same again for a
// slow machine (nats-server, lame_duck_grace_period).
const LameDuckPatience = time.Minute

// A Cluster is three NATS servers, each in a folder of its own with the files that ship and the credentials.
type Cluster struct {
	yard     *Yard
	programs Programs
	dir      string
	ports    []int // Of the clients, of the routes, of monitoring.
	nodes    []*Process
}

// NewCluster starts the servers, in folders below dir. Configuration and credentials are folders whose files they are given.
func NewCluster(ctx context.Context, yard *Yard, programs Programs, dir, configuration, credentials string) (*Cluster, error) {
	ports, err := FreePorts(ctx, 3*nodes)
	if err != nil {
		return nil, err
	}
	c := &Cluster{yard: yard, programs: programs, dir: dir, ports: ports, nodes: make([]*Process, nodes)}
	for i := range c.nodes {
		if err := equip(c.folder(i), configuration, credentials); err != nil {
			return nil, err
		}
		if err := c.Start(i); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// equip copies folders into one, which is new.
func equip(dir string, from ...string) error {
	for _, folder := range from {
		if err := os.CopyFS(dir, os.DirFS(folder)); err != nil {
			return fmt.Errorf("equipping a server: %w", err)
		}
	}
	return nil
}

// NodeName is what a server calls itself.
func NodeName(i int) string { return "nats-" + strconv.Itoa(i) }

func (c *Cluster) folder(i int) string { return filepath.Join(c.dir, NodeName(i)) }

// Start starts a server: the first time, or again on what it has stored.
func (c *Cluster) Start(i int) (err error) {
	routes := make([]string, nodes)
	for j := range routes {
		routes[j] = "tls://" + address(c.ports[nodes+j])
	}
	c.nodes[i], err = c.yard.Start(Command{
		Name: NodeName(i), Path: c.programs.Path("nats-server"), Dir: c.folder(i),
		Args: []string{
			"-c", "cluster.conf", "--name", NodeName(i), "--addr", host, "--port", strconv.Itoa(c.ports[i]),
			"--cluster", "nats://" + address(c.ports[nodes+i]), "--routes", strings.Join(routes, ","),
			"--http_port", strconv.Itoa(c.ports[2*nodes+i]),
		},
	})
	return err
}

// URL is NATS_URL.
func (c *Cluster) URL() string {
	all := make([]string, nodes)
	for i := range all {
		all[i] = "tls://" + address(c.ports[i])
	}
	return strings.Join(all, ",")
}

// Kill kills a server by its name, and returns its number.
func (c *Cluster) Kill(name string) (int, error) {
	for i, p := range c.nodes {
		if NodeName(i) == name {
			p.Kill()
			return i, nil
		}
	}
	return 0, fmt.Errorf("killing a server: none is called %q", name)
}

// Leave has a server leave as a Kubernetes would: it hands over what it leads, sends its clients to the others, and ends.
func (c *Cluster) Leave(ctx context.Context, i int) error {
	p := c.nodes[i]
	p.asked.Store(true)
	err := c.yard.Run(ctx, Command{
		Name: "signal", Path: c.programs.Path("nats-server"), Args: []string{"--signal", "ldm=" + strconv.Itoa(p.ID())},
	})
	if err != nil {
		return err
	}
	return p.Leave(LameDuckPatience)
}
