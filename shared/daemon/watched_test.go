package daemon_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/rs/zerolog"

	"vtq.internal/shared/admin"
	"vtq.internal/shared/config"
	"vtq.internal/shared/daemon"
)

// A watched is a service that answers probes, and what it left behind.
type watched struct {
	code int
	log  bytes.Buffer
}

// watch runs a service that answers probes on loopback unless the environment says otherwise.
func watch(t *testing.T, env []string, service func(ctx context.Context, w *watched, board *admin.Board) error) *watched {
	t.Helper()
	var s settings
	var a config.Admin
	w := &watched{}
	w.code = daemon.Main(daemon.Process{Env: env, Stdout: &w.log, Stderr: &w.log}, daemon.Service{
		Name: "vtq-test", Log: &s.Log, Settings: []any{&s, &a}, Admin: &a, AdminAddress: "127.0.0.1:0",
		RunFunc: func(ctx context.Context, _ zerolog.Logger, board *admin.Board) error { return service(ctx, w, board) },
	})
	return w
}

// address is where the log says that probes are answered; "" while it does not.
func (w *watched) address(t *testing.T) string {
	t.Helper()
	for _, line := range lines(t, w.log.String()) {
		if at, ok := line["address"].(string); ok {
			return at
		}
	}
	return ""
}

// probe asks over a connection of its own.
func (w *watched) probe(t *testing.T, path string) string {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get("http://" + w.address(t) + path)
	if err != nil {
		t.Errorf("probing %s: %v", path, err)
		return ""
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Errorf("probing %s: %v", path, err)
	}
	return strings.TrimSpace(string(body))
}

// TestProbesBeforeAndAfterTheIntake answers from before the service begins until its work in hand is done, and is not ready from the
// moment in which the intake ends.
func TestProbesBeforeAndAfterTheIntake(t *testing.T) {
	w := watch(t, nil, func(ctx context.Context, w *watched, board *admin.Board) error {
		for path, want := range map[string]string{"/livez": "ok", "/startupz": "NATS: not reached yet", "/readyz": "NATS: not reached yet"} {
			if got := w.probe(t, path); got != want {
				t.Errorf("before NATS is reached %s says %q, want %q", path, got, want)
			}
		}
		board.Began()
		if got := w.probe(t, "/readyz"); got != "ok" {
			t.Errorf("at work /readyz says %q, want ok", got)
		}
		send(t, syscall.SIGTERM)
		<-ctx.Done()
		for path, want := range map[string]string{"/livez": "ok", "/startupz": "ok", "/readyz": "shutting down"} {
			if got := w.probe(t, path); got != want {
				t.Errorf("while it drains %s says %q, want %q", path, got, want)
			}
		}
		return context.Cause(ctx)
	})
	if got, want := story(t, w.log.String()), "info started, info answering probes, info stopped"; w.code != daemon.Done || got != want {
		t.Errorf("Main() = %d with %q, want %d with %q", w.code, got, daemon.Done, want)
	}
	if conn, err := net.Dial("tcp", w.address(t)); err == nil {
		_ = conn.Close()
		t.Error("probes are answered when the process has ended")
	}
}

func TestProbesOff(t *testing.T) {
	w := watch(t, []string{"VTQ_ADMIN_ADDRESS=off"}, func(_ context.Context, w *watched, board *admin.Board) error {
		board.Began()
		if at := w.address(t); at != "" {
			t.Errorf("probes are answered on %s", at)
		}
		return nil
	})
	if got, want := story(t, w.log.String()), "info started, info stopped"; w.code != daemon.Done || got != want {
		t.Errorf("Main() = %d with %q, want %d with %q", w.code, got, daemon.Done, want)
	}
}

// TestProbesOnATakenPort ends before the service begins, and says what to change.
func TestProbesOnATakenPort(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	w := watch(t, []string{"VTQ_ADMIN_ADDRESS=" + taken.Addr().String()}, func(context.Context, *watched, *admin.Board) error {
		t.Error("the service runs")
		return nil
	})
	log := lines(t, w.log.String())
	said, _ := log[len(log)-1]["error"].(string)
	if w.code != daemon.Failed || !strings.HasPrefix(said, "VTQ_ADMIN_ADDRESS: ") || !strings.Contains(said, "address already in use") {
		t.Errorf("Main() = %d and says %q, want %d and the variable", w.code, said, daemon.Failed)
	}
}

// TestProbesAfterAFailure says why the service ended, and stops to answer.
func TestProbesAfterAFailure(t *testing.T) {
	w := watch(t, nil, func(context.Context, *watched, *admin.Board) error { return errDisk })
	log := lines(t, w.log.String())
	if said := log[len(log)-1]["error"]; w.code != daemon.Failed || said != "vtq-test: the disk is full" {
		t.Errorf("Main() = %d and says %q, want %d and what went wrong", w.code, said, daemon.Failed)
	}
}
