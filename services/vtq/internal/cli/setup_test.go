package cli_test

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"vtq.internal/services/vtq/internal/embedded"
	"vtq.internal/services/vtq/internal/simulation"
)

func TestSetupCanRunAnyNumberOfTimes(t *testing.T) {
	dir := t.TempDir()
	server, err := embedded.Start(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	at, err := embedded.Find(dir)
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"NATS_URL=" + at.URL[0], "NATS_USER=" + at.User, "NATS_PASSWORD=" + at.Password.Reveal()}
	for range 2 {
		stdout, stderr, code := run(t, env, "setup")
		if code != 0 || !strings.Contains(stdout, "VTQ_JOBS  ") || !strings.Contains(stdout, "VTQ_VERDICTS  ") {
			t.Errorf("exit code %d, want 0 and the names of the streams:\n%s%s", code, stdout, stderr)
		}
	}
	stdout, _, _ := run(t, env, "check")
	if !strings.Contains(stdout, "all there, and as they should be") {
		t.Errorf("after vtq setup, vtq check says:\n%s", stdout)
	}
}

// TestSetupTakesNothingAway has somebody run it from a shell that lacks what the services are told.
func TestSetupTakesNothingAway(t *testing.T) {
	held, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := held.Addr().String()
	_ = held.Close()
	host, port, _ := net.SplitHostPort(at)
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	if err := natstest(t, host, number); err != nil {
		t.Fatal(err)
	}
	shell := []string{"NATS_URL=" + at}
	services := append(slices.Clone(shell), "VTQ_REFRESH_CLEAN=2400h")
	if _, stderr, code := run(t, services, "setup", "--wait", "1m"); code != 0 {
		t.Fatalf("exit code %d, want 0:\n%s", code, stderr)
	}
	const lost = "stream VTQ_VERDICTS: max age would go from 4800h0m0s to 1440h0m0s, by the VTQ_REFRESH_ variables"
	stdout, stderr, code := run(t, shell, "setup")
	if code != 1 || stdout != "" || !strings.Contains(stderr, lost) || !strings.Contains(stderr, "vtq setup --shrink") {
		t.Errorf("exit code %d, want 1, what is lost and the flag:\n%s%s", code, stdout, stderr)
	}
	sim := simulators(t, simulation.Options{}, nil)
	_, stderr, code = run(t, append(sim.Environment(), shell...), "up")
	if said := strings.ReplaceAll(stderr, `\n`, "\n"); code != 1 || !strings.Contains(said, lost) || !strings.Contains(said, "vtq setup --shrink") {
		t.Errorf("vtq up: exit code %d, want 1, what is lost and the flag:\n%s", code, stderr)
	}
	if stdout, _, _ = run(t, services, "check"); !strings.Contains(stdout, "all there, and as they should be") {
		t.Errorf("refused, it has changed something:\n%s", stdout)
	}
	if stdout, _, _ = run(t, shell, "check"); !strings.Contains(stdout, "vtq setup --shrink") {
		t.Errorf("vtq check says nothing of the flag:\n%s", stdout)
	}
	if _, stderr, code = run(t, shell, "setup", "--shrink"); code != 0 {
		t.Errorf("with the flag: exit code %d, want 0:\n%s", code, stderr)
	}
	if stdout, _, _ = run(t, shell, "check"); !strings.Contains(stdout, "all there, and as they should be") {
		t.Errorf("with the flag nothing has changed:\n%s", stdout)
	}
}

func TestSetupSaysWhatItLacks(t *testing.T) {
	cases := map[string]struct {
		env  []string
		code int
		want string
	}{
		"no server named": {nil, 2, "NATS_URL: must be set"},
		"an even number":  {[]string{"NATS_URL=127.0.0.1:1", "NATS_REPLICAS=2"}, 2, "NATS_REPLICAS: wants 1, 3 or 5"},
		"nobody at home":  {[]string{"NATS_URL=127.0.0.1:1"}, 1, "connecting to NATS"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, stderr, code := run(t, c.env, "setup")
			if code != c.code || !strings.Contains(stderr, c.want) {
				t.Errorf("exit code %d, want %d and %q:\n%s", code, c.code, c.want, stderr)
			}
		})
	}
}

// TestSetupWaits starts the server when setup has already found nobody there.
func TestSetupWaits(t *testing.T) {
	held, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := held.Addr().String()
	knocked := make(chan struct{})
	go func() { // It hangs up on the first who comes.
		defer close(knocked)
		if guest, err := held.Accept(); err == nil {
			_ = guest.Close()
		}
		_ = held.Close()
	}()
	served := make(chan error, 1)
	go func() {
		<-knocked
		host, port, _ := net.SplitHostPort(address)
		number, err := strconv.Atoi(port)
		if err == nil {
			err = natstest(t, host, number)
		}
		served <- err
	}()
	stdout, stderr, code := run(t, []string{"NATS_URL=" + address}, "setup", "--wait", "1m")
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	if code != 0 || !strings.Contains(stdout, "VTQ_JOBS  ") {
		t.Errorf("exit code %d, want 0 and the names of the streams:\n%s%s", code, stdout, stderr)
	}
}

// TestSetupDoesNotWaitForARefusal would time out if it did.
func TestSetupDoesNotWaitForARefusal(t *testing.T) {
	dir := t.TempDir()
	server, err := embedded.Start(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	at, err := embedded.Find(dir)
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"NATS_URL=" + at.URL[0], "NATS_USER=" + at.User, "NATS_PASSWORD=wrong"}
	_, stderr, code := run(t, env, "setup", "--wait", "24h")
	if code != 1 || !strings.Contains(stderr, "NATS_USER, NATS_PASSWORD") {
		t.Errorf("exit code %d, want 1 and the variables to mend:\n%s", code, stderr)
	}
}

// natstest runs a server at an address until the test ends.
func natstest(t *testing.T, host string, port int) error {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: host, Port: port, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true})
	if err != nil {
		return err
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	return nil
}

// TestSetupWaitsForALeader connects to the one server of a cluster that is there, which can make no stream before it has a peer, and sees
// setup come again.
func TestSetupWaitsForALeader(t *testing.T) {
	s, err := server.NewServer(&server.Options{
		ServerName: "n0", Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true,
		Cluster: server.ClusterOpts{Name: "C", Host: "127.0.0.1", Port: server.RANDOM_PORT},
		Routes:  server.RoutesFromStr("nats://127.0.0.1:1,nats://127.0.0.1:2"), // Nobody is there.
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(30 * time.Second) {
		t.Fatal("the server is not ready")
	}
	_, stderr, code := run(t, []string{"NATS_URL=" + s.ClientURL()}, "setup", "--wait", "6s") // A question may take 5 s to remain without answer.
	if code != 1 || !strings.Contains(stderr, "stream VTQ_JOBS") {
		t.Errorf("exit code %d, want 1 and what could not be asked about:\n%s", code, stderr)
	}
	if seen, err := s.Varz(nil); err != nil || seen.TotalConnections < 2 {
		t.Errorf("the server saw %v connections, %v, want two or more: setup did not wait", seen.TotalConnections, err)
	}
}
