package dial_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/config"
	"vtq.internal/shared/dial"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
)

// kept is how long the server of the tests keeps verdicts.
const kept = 48 * time.Hour

// prepared is a server with some streams: verdicts are kept for an age, dead letters without end.
func prepared(t *testing.T, age time.Duration) *nats.Conn {
	t.Helper()
	nc := testkit.Loopback(t, testkit.Access{}).Connect()
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []jetstream.StreamConfig{
		{Name: stream.Verdicts, Subjects: []string{"a"}, MaxAge: age}, {Name: stream.DeadLetters, Subjects: []string{"b"}, MaxAge: time.Hour},
	} {
		if _, err := js.CreateStream(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	return nc
}

func TestReady(t *testing.T) {
	nc, endless := prepared(t, kept), prepared(t, 0)
	cases := map[string]struct {
		nc      *nats.Conn
		keep    time.Duration
		streams []string
		want    []string // What the error says; none for none.
	}{
		"all there":               {nc, kept, []string{stream.Verdicts, stream.DeadLetters}, nil},
		"kept longer than needed": {nc, kept - 1, []string{stream.Verdicts}, nil},
		"kept too short":          {nc, kept + 1, []string{stream.Verdicts}, []string{"VTQ_VERDICTS keeps messages for 48h0m0s", "VTQ_REFRESH_", "need 48h0m0.000000001s", "run vtq setup"}},
		"kept without end":        {endless, kept, []string{stream.Verdicts}, nil},
		"verdicts not needed":     {nc, kept + 1, []string{stream.DeadLetters}, nil},
		"two missing":             {nc, kept, []string{stream.Jobs, stream.Verdicts, stream.Quota}, []string{"stream VTQ_JOBS is missing; run vtq setup", "stream VTQ_QUOTA is missing"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := dial.Ready(t.Context(), c.nc, c.keep, c.streams...)
			if (err == nil) != (c.want == nil) {
				t.Fatalf("Ready(%v, %q) = %v, want %q", c.keep, c.streams, err, c.want)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("Ready(%v, %q) = %v, want %q in it", c.keep, c.streams, err, want)
				}
			}
		})
	}
}

func TestReadyWantsANewServer(t *testing.T) {
	nc, err := connect(t, config.NATS{URL: []string{oldServer(t)}})
	if err != nil {
		t.Fatal(err)
	}
	if err := dial.Ready(t.Context(), nc, kept, stream.Jobs); !errors.Is(err, stream.ErrServerTooOld) {
		t.Errorf("Ready = %v, want %v", err, stream.ErrServerTooOld)
	}
}

func TestReadyWhenNobodyAnswers(t *testing.T) {
	nc, err := connect(t, config.NATS{URL: []string{testkit.Loopback(t, testkit.Access{}).URL()}})
	if err != nil {
		t.Fatal(err)
	}
	nc.Close()
	if err := dial.Ready(t.Context(), nc, kept, stream.Jobs); err == nil {
		t.Error("Ready on a closed connection = nil, want an error")
	}
}

func TestReadyHearsTheEndOfItsContext(t *testing.T) {
	why := errors.New("told to stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	nc := prepared(t, kept)
	cancel(why)
	if err := dial.Ready(ctx, nc, kept, stream.Jobs, stream.Verdicts); !errors.Is(err, why) {
		t.Errorf("Ready after the end of its context = %v, want %v", err, why)
	}
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
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = fmt.Fprint(conn, `INFO {"server_id":"OLD","version":"2.10.29","headers":true,"max_payload":1048576}`+"\r\n")
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			if lines.Text() == "PING" {
				_, _ = fmt.Fprint(conn, "PONG\r\n")
			}
		}
	}()
	return listener.Addr().String()
}
