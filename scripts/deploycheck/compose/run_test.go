package compose_test

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
)

// enough is how many of the 200 made-up indicators have to be enriched: the pace of the simulated key is 240 a minute.
const enough = 20

// What the two files describe enriches indicators: real programs, with the settings and arguments of the containers and the keys that
// vtq credentials makes, on a NATS server with the shipped configuration. Only names of hosts, ports and paths are others.
func TestTheServicesEnrich(t *testing.T) {
	s := stand(t)
	simulator := s.start(t, "simulators")
	s.reachable(t, s.ports["8100"])
	if err := s.start(t, "setup").wait(); err != nil {
		t.Fatalf("setup, which the others wait for: %v", err)
	}
	if n := s.enriched(t); n > 0 {
		t.Fatalf("%d indicators are enriched before anybody could", n)
	}
	var running []*process
	for _, name := range []string{"producer", "lookup", "lookup", "writer"} { // Two, as by --scale lookup=2.
		running = append(running, s.start(t, name))
	}
	eventually(t, "enriched indicators", running, func() bool { return s.enriched(t) >= enough })

	for _, p := range running {
		began := time.Now()
		if err := p.stop(); err != nil {
			t.Errorf("%s: %v", p, err)
		}
		if limit := time.Duration(*s.project.Services[p.name].StopGracePeriod); time.Since(began) > limit {
			t.Errorf("%s took %s to stop, and is killed after %s", p.name, time.Since(began), limit)
		}
		if said := p.said.String(); strings.Contains(said, "no such variable") || strings.Contains(said, "ermission") {
			t.Errorf("%s complains:\n%s", p.name, said)
		}
	}
	if err := simulator.stop(); err != nil {
		t.Errorf("%s: %v", simulator, err)
	}
}

// A machine stands for the one that docker compose would run on.
type machine struct {
	project *types.Project
	bin     string            // The programs, by the names of their images.
	keys    string            // What vtq credentials made: nats/ beside the Compose files.
	ports   map[string]string // Ports of loopback in place of those in the files.
	nats    string            // The address of the server.
}

// stand makes keys, and starts NATS.
func stand(t *testing.T) *machine {
	t.Helper()
	configuration := filepath.Join(root, "deployments", "nats")
	if _, err := os.Stat(filepath.Join(configuration, "server.conf")); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the configuration of NATS, which compose.yaml mounts: %v", err)
		}
		t.Skipf("the configuration of NATS, which compose.yaml mounts: %v", err)
	}
	m := &machine{
		project: load(t, nil, base, simulators), bin: build(t), keys: filepath.Join(t.TempDir(), "nats"),
		ports: map[string]string{"8100": free(t), "8101": free(t)},
	}
	// The test's certificate has one name more, since nobody resolves "nats" here.
	if out, err := run(m.bin, "vtq", nil, "credentials", "--dir", m.keys, "--server", "nats", "--server", "localhost"); err != nil {
		t.Fatalf("vtq credentials: %v\n%s", err, out)
	}
	m.nats = serve(t, m.project.Services["nats"], m.keys, configuration)
	return m
}

// start runs a service's program with all that its container would have.
func (m *machine) start(t *testing.T, name string) *process {
	t.Helper()
	service := m.project.Services[name]
	image, _, _ := strings.Cut(service.Image[strings.LastIndexByte(service.Image, '/')+1:], ":")
	var env []string
	for key, value := range service.Environment {
		if value != nil {
			env = append(env, key+"="+m.here(*value))
		}
	}
	slices.Sort(env)
	var args []string
	for _, arg := range service.Command {
		args = append(args, m.here(arg))
	}
	return begin(t, name, filepath.Join(m.bin, image), env, args)
}

// here puts what is on this machine in the place of what is in a container.
func (m *machine) here(value string) string {
	pairs := []string{"tls://nats:4222", m.nats, "/run/secrets", m.keys}
	for from, to := range m.ports {
		pairs = append(pairs, from, to)
	}
	return strings.NewReplacer(pairs...).Replace(value)
}

// reachable waits for the simulators to listen.
func (m *machine) reachable(t *testing.T, port string) {
	t.Helper()
	eventually(t, "the simulated ThreatQ", nil, func() bool {
		response, err := http.Get("http://127.0.0.1:" + port + "/")
		if err != nil {
			return false
		}
		response.Body.Close()
		return true
	})
}

// free finds a port that nobody listens on.
func free(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }() // Its port is wanted, not it.
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
}
