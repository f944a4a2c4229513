package testkit

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats-server/v2/server/ats"
)

// Epoch is when f begins in a Bubble: a midnight, UTC, the same in every run.
func Epoch() time.Time { return time.Date(2080, time.January, 1, 0, 0, 0, 0, time.UTC) }

// Bubble runs f under virtual time that begins at Epoch, with an embedded server. The server is stopped when f returns; f stops
// everything else that it started.
func Bubble(t *testing.T, f func(t *testing.T, s *Server)) {
	t.Helper()
	ats.Register()
	defer ats.Unregister()
	forget()
	defer forget()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(Epoch())) //nolint:forbidigo // In a bubble.
		s := start(t, dir, &server.Options{DontListen: true})
		defer s.Stop()
		f(t, s)
	})
}

// forget empties the pools of package sync: the garbage collector does, what has survived one of its rounds in the next.
func forget() {
	runtime.GC()
	runtime.GC()
}
