package vtq_test

import (
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/vtq/internal/simulation"
	"vtq.internal/shared/grant"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// TestRolesSuffice runs the three stages and the operator's commands, each with the rights of its role and no more, through what they
// do on the server: nobody meets the end of their rights, and next to none is left over.
func TestRolesSuffice(t *testing.T) {
	f := newStaff(newSite(t))
	f.vtq(f.env(grant.Admin, "VTQ_PROVIDERS=virustotal"), "setup") // Its route is a former one soon.
	for range 2 {
		f.vtq(f.env(grant.Admin), "setup") // The second time changes what is there.
	}
	seeds := simulation.Synthetic()
	if _, err := f.sim.Fill(seeds[:20]); err != nil {
		t.Fatal(err)
	}
	stopProducer, stopWriter := f.start(grant.Producer), f.start(grant.Writer)
	stopLookup := f.start(grant.Lookup, "VT_REQUESTS_PER_DAY=10000", "RL_REQUESTS_PER_DAY=10000")
	js := f.jetStream(grant.Admin, "operator")
	f.eventually("indicators that bear verdicts", func() bool { return f.bearing() >= 15 && f.idle(js) })

	f.buries(js)
	f.operates(js)
	f.periodic()
	stopLookup()
	stopProducer()
	stopWriter()
	f.silences(js)
	stopWriter = f.start(grant.Writer)
	f.spends(js, seeds[20:40])
	f.fails(seeds[40:60])
	stopWriter()
	f.unviolated()
	f.needed()
}

// idle tells that nothing is under way.
func (f *staff) idle(js jetstream.JetStream) bool {
	jobs, err := js.Stream(f.Context(), stream.Jobs)
	if err != nil {
		f.Fatal(err)
	}
	writer, err := js.Consumer(f.Context(), stream.Verdicts, stream.Writer)
	if err != nil {
		f.Fatal(err)
	}
	info := writer.CachedInfo()
	return jobs.CachedInfo().State.Msgs == 0 && info.NumPending == 0 && info.NumAckPending == 0
}

// letters counts the dead letters.
func (f *staff) letters(js jetstream.JetStream) int {
	s, err := js.Stream(f.Context(), stream.DeadLetters)
	if err != nil {
		f.Fatal(err)
	}
	return int(s.CachedInfo().State.Msgs)
}

const someKey = "0123456789abcdef0123456789abcdef"

// buries has each stage that can bury a message, on the new route and on the former one, and look at what was buried before. A lookup also
// looks at what was spent.
func (f *staff) buries(js jetstream.JetStream) {
	f.Helper()
	for _, route := range []string{"virustotal-reversinglabs", "virustotal"} {
		at := wire.JobAddress{Lane: wire.Fresh, Route: route, Key: someKey, ID: 77}
		if _, err := js.Publish(f.Context(), at.Subject(), []byte("no job")); err != nil {
			f.Fatal(err)
		}
	}
	at := wire.VerdictAddress{Provider: "virustotal", Key: someKey, ID: 77}
	if _, err := js.Publish(f.Context(), at.Subject(), []byte("no verdict")); err != nil {
		f.Fatal(err)
	}
	f.eventually("three dead letters", func() bool { return f.letters(js) == 3 })
	for _, role := range []grant.Role{grant.Lookup, grant.Writer} {
		letters, err := f.jetStream(role, string(role)).Stream(f.Context(), stream.DeadLetters)
		if err != nil {
			f.Fatal(err)
		}
		if _, err := letters.GetMsg(f.Context(), 1); err != nil {
			f.Errorf("%s reads a letter: %v", role, err)
		}
	}
	day := wire.Account{Provider: "virustotal", Name: "main"}.SpendSubject("20260102")
	for _, err := range stream.Latest(f.Context(), f.jetStream(grant.Lookup, "lookup"), stream.Spend, []string{day}) { // As every few minutes.
		if err != nil {
			f.Errorf("a lookup hears of what was spent: %v", err)
		}
	}
}

// operates runs the commands of an operator.
func (f *staff) operates(js jetstream.JetStream) {
	f.Helper()
	env := f.env(grant.Admin)
	if said := f.vtq(env, "check"); !strings.Contains(said, "all there, and as they should be") {
		f.Errorf("vtq check says:\n%s", said)
	}
	f.vtq(env, "lookup", "quiet-harbor.com", "nobody-has-asked.com")
	f.vtq(env, "deadletters", "list")
	f.vtq(env, "deadletters", "show", "1")
	f.vtqCode(env, "deadletters", "redrive", "--all") // To die again.
	f.eventually("three dead letters again", func() bool { return f.letters(js) == 3 })
	f.vtq(env, "deadletters", "drop", "--all", "--yes")
	f.vtq(env, "replay", "--all", "--dry-run")
	f.vtq(env, "replay", "--all", "--verify", "--reason", "a restored backup")
	f.vtq(env, "replay", "--history")
	f.vtq(env, "replay", "jobs", "--kind", "file", "--ignore-fresh", "--yes")
	f.eventually("answers that were asked for again", func() bool { return f.idle(js) })

	f.vtq(env, "pause", "--for", "1h", "--why", "an incident")
	_, stderr, code := f.vtqCode(env, "lookup", "--timeout", "1s", "somebody-waits.com")
	if code == 0 {
		f.Errorf("vtq lookup during a pause: exit code 0:\n%s", stderr)
	}
	f.vtq(env, "resume")
	f.eventually("the end of the pause", func() bool { return !f.paused(js) })
}

// paused tells whether a lane of the backlog is.
func (f *staff) paused(js jetstream.JetStream) bool {
	lane, err := js.Consumer(f.Context(), stream.Jobs, stream.LookupConsumer(wire.Fresh, "virustotal-reversinglabs"))
	if err != nil {
		f.Fatal(err)
	}
	return lane.CachedInfo().Paused
}

// more has a producer find more indicators: one that starts, as the one before would wait for its time.
func (f *staff) more(seeds []simulation.Seed) {
	f.Helper()
	if _, err := f.sim.Fill(seeds); err != nil {
		f.Fatal(err)
	}
	f.Cleanup(f.start(grant.Producer))
}

// spends has a day end before its jobs do.
func (f *staff) spends(js jetstream.JetStream, seeds []simulation.Seed) {
	f.Helper()
	stop := f.start(grant.Lookup, "VT_REQUESTS_PER_DAY=2", "RL_REQUESTS_PER_DAY=2", "VTQ_URGENT_RESERVE=0")
	defer stop()
	f.more(seeds)
	f.eventually("a day that is spent", func() bool { return f.paused(js) })
}

// fails has all providers fail, once the day has room again.
func (f *staff) fails(seeds []simulation.Seed) {
	f.Helper()
	f.down.Store(true)
	stop := f.start(grant.Lookup)
	defer stop()
	f.more(seeds)
	f.eventually("a breaker that opens", func() bool { return strings.Contains(f.clients.String(), "provider not asked for now") })
	f.down.Store(false) // Whoever watches the outage sees its end.
	f.eventually("a breaker that closes", func() bool { return strings.Contains(f.clients.String(), "provider answers again") })
}
