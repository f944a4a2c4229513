package admin_test

import (
	"testing"
	"testing/synctest"
	"time"

	"vtq.internal/shared/admin"
	"vtq.internal/shared/testkit"
)

// TestProbesOverALife holds the probes to what each is for, from the start of a process to its end.
func TestProbesOverALife(t *testing.T) {
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		b := admin.New("vtq-test", "vtq/dev")
		holds(t, b, "before NATS is reached", "/livez: OK", "/startupz: NATS: not reached yet", "/readyz: NATS: not reached yet")

		nc := s.Connect()
		defer nc.Close()
		b.Reached(nc)
		lacks := "NATS: not known yet to have all that is needed"
		holds(t, b, "before the streams are found", "/livez: OK", "/startupz: "+lacks, "/readyz: "+lacks)

		b.Began()
		holds(t, b, "at work", "/livez: OK", "/startupz: OK", "/readyz: OK")

		s.Stop()
		time.Sleep(time.Second)
		holds(t, b, "without NATS", "/livez: OK", "/startupz: OK", "/readyz: NATS: away, reconnecting")

		s.Start()
		time.Sleep(time.Minute)
		holds(t, b, "with NATS again", "/livez: OK", "/startupz: OK", "/readyz: OK")

		b.Drain()
		holds(t, b, "while it drains", "/livez: OK", "/startupz: OK", "/readyz: shutting down")
		nc.Close()
		holds(t, b, "at the end", "/livez: OK", "/startupz: OK", "/readyz: shutting down")
	})
}

// TestANewLoopIsNotReady lets a loop begin late, which is no reason to restart anything.
func TestANewLoopIsNotReady(t *testing.T) {
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		b := admin.New("vtq-test", "vtq/dev")
		nc := s.Connect()
		defer nc.Close()
		b.Reached(nc)
		b.Began()
		first, second := b.Pulse("lane fresh"), b.Pulse("lane refresh")
		first.Beat(time.Hour)
		time.Sleep(30 * time.Minute)
		holds(t, b, "with a loop that has not begun", "/livez: OK", "/readyz: lane refresh: has not begun yet")
		second.Rest()
		holds(t, b, "with loops that have", "/livez: OK", "/readyz: OK")
	})
}

// TestPulse holds a loop to its promises, to the second.
func TestPulse(t *testing.T) {
	const hour = time.Hour
	cases := map[string]struct {
		do   func(*admin.Pulse)
		late bool // A little later.
	}{
		"never begun":             {func(*admin.Pulse) { time.Sleep(hour) }, false},
		"within its promise":      {func(p *admin.Pulse) { p.Beat(hour); time.Sleep(hour) }, false},
		"at the end of patience":  {func(p *admin.Pulse) { p.Beat(hour); time.Sleep(hour + admin.Patience - 2*time.Second) }, false},
		"beyond patience":         {func(p *admin.Pulse) { p.Beat(hour); time.Sleep(hour + admin.Patience) }, true},
		"promised nothing":        {func(p *admin.Pulse) { p.Beat(0); time.Sleep(admin.Patience) }, true},
		"promised the past":       {func(p *admin.Pulse) { p.Beat(-hour); time.Sleep(admin.Patience - 2*time.Second) }, false},
		"kept on":                 {func(p *admin.Pulse) { beats(p, 100) }, false},
		"rests for a month":       {func(p *admin.Pulse) { p.Beat(0); p.Rest(); time.Sleep(30 * 24 * hour) }, false},
		"hangs after a rest":      {func(p *admin.Pulse) { p.Rest(); time.Sleep(hour); p.Beat(0); time.Sleep(hour) }, true},
		"came back, though late":  {func(p *admin.Pulse) { p.Beat(0); time.Sleep(hour); p.Beat(0) }, false},
		"nobody watches the loop": {func(*admin.Pulse) { var p *admin.Pulse; p.Beat(0); p.Rest(); time.Sleep(hour) }, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := admin.New("vtq-test", "vtq/dev")
				c.do(b.Pulse("the loop"))
				time.Sleep(time.Second)
				if code, body := get(t, b, "/livez"); (code != 200) != c.late {
					t.Errorf("/livez answers %d and %q, want late: %v", code, body, c.late)
				}
			})
		})
	}
}

func beats(p *admin.Pulse, n int) {
	for range n {
		p.Beat(time.Minute)
		time.Sleep(time.Minute)
	}
}

// TestLateLoopsAreNamed tells a person which loops hang, and for how long.
func TestLateLoopsAreNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := admin.New("vtq-test", "vtq/dev")
		b.Pulse("lane fresh").Beat(time.Minute)
		b.Pulse("lane urgent").Beat(time.Hour)
		b.Pulse("lane refresh").Beat(2 * time.Minute)
		time.Sleep(10 * time.Minute)
		want := "lane fresh: should have come back 9m0s ago, lane refresh: should have come back 8m0s ago"
		holds(t, b, "with loops that hang", "/livez: "+want)
		b.Drain()
		holds(t, b, "while it drains", "/livez: OK")
	})
}
