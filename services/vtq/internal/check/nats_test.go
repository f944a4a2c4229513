package check_test

import (
	"bufio"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/vtq"
	"vtq.internal/services/vtq/internal/check"
	"vtq.internal/services/vtq/internal/embedded"
	"vtq.internal/services/vtq/internal/simulation"
	"vtq.internal/shared/config"
	"vtq.internal/shared/stream"
)

// runningServer starts an embedded server, and adds to an environment where its data is.
func runningServer(t *testing.T, environ []string) (*embedded.Server, []string) {
	t.Helper()
	dir := t.TempDir()
	server, err := embedded.Start(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	return server, append(slices.Clone(environ), "VTQ_DATA_DIR="+dir)
}

// setUp makes the streams that an environment asks for.
func setUp(t *testing.T, server *embedded.Server, environ []string) {
	t.Helper()
	var s vtq.Settings
	if err := config.Load(environ, &s); err != nil {
		t.Fatal(err)
	}
	topology, err := s.Topology()
	if err != nil {
		t.Fatal(err)
	}
	nc, err := server.Connect()
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Ensure(t.Context(), js, topology); err != nil {
		t.Fatal(err)
	}
}

func TestStreams(t *testing.T) {
	server, env := runningServer(t, world(t, simulation.Synthetic()))
	connected := expectation{"NATS", check.OK, "connected, version 2."}
	expect(t, env, but("NATS", connected, expectation{"streams", check.OK, "none there yet; vtq up and vtq setup make them"})...)

	setUp(t, server, env)
	expect(t, env, but("NATS", connected, expectation{"streams", check.OK, "as they should be"})...)
	expect(t, append(slices.Clone(env), "VTQ_REFRESH_CLEAN=800h"),
		but("NATS", connected, expectation{"streams", check.Note, "VTQ_VERDICTS: max age is 1440h0m0s, should be 1600h0m0s"})...)
}

func TestAServerThatIsConfigured(t *testing.T) {
	env := world(t, simulation.Synthetic())
	_, there := runningServer(t, nil)
	at, err := embedded.Find(there[0][len("VTQ_DATA_DIR="):])
	if err != nil {
		t.Fatal(err)
	}
	login := append(slices.Clone(env), "NATS_URL="+at.URL[0], "NATS_USER="+at.User)
	expect(t, append(slices.Clone(login), "NATS_PASSWORD="+at.Password.Reveal()),
		but("NATS", expectation{"NATS", check.OK, "connected"}, expectation{"streams", check.OK, "none there yet"})...)
	expect(t, append(slices.Clone(login), "NATS_PASSWORD=wrong"),
		but("NATS", expectation{"NATS", check.Failed, "check NATS_URL"})...)
	expect(t, append(slices.Clone(env), "NATS_URL=127.0.0.1:1"),
		but("NATS", expectation{"NATS", check.Failed, "start the server"})...)
	expect(t, append(slices.Clone(env), "NATS_URL="+oldServer(t)),
		but("NATS", expectation{"NATS", check.Failed, "2.14 or newer -> upgrade the server"})...)
}

func TestAServerWithoutJetStream(t *testing.T) {
	plain, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	plain.Start()
	t.Cleanup(func() { plain.Shutdown(); plain.WaitForShutdown() })
	if !plain.ReadyForConnections(time.Minute) {
		t.Fatal("the server is not ready")
	}
	env := append(world(t, simulation.Synthetic()), "NATS_URL="+plain.ClientURL())
	expect(t, env, but("NATS",
		expectation{"NATS", check.OK, "connected"}, expectation{"streams", check.Failed, "enable JetStream"})...)
}

// oldServer says the first words of a NATS server of another time.
func oldServer(t *testing.T) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go greet(conn)
		}
	}()
	return listener.Addr().String()
}

func greet(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	_, _ = fmt.Fprint(conn, `INFO {"server_id":"OLD","version":"2.10.29","headers":true,"max_payload":1048576}`+"\r\n")
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		if lines.Text() == "PING" {
			_, _ = fmt.Fprint(conn, "PONG\r\n")
		}
	}
}
