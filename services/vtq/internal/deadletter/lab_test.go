package deadletter_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/vtq/internal/deadletter"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/wire"
)

const route = "virustotal"

// A lab is a server with the whole topology, in a bubble, and its dead letters.
type lab struct {
	*testing.T
	js  jetstream.JetStream
	box *deadletter.Box
}

// inLab runs f in a bubble; changes are made to the topology before it is set up.
func inLab(t *testing.T, f func(l *lab), changes ...func(*stream.Topology)) {
	t.Helper()
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		nc := s.Connect()
		defer nc.Close()
		l := &lab{T: t}
		l.js = must(jetstream.New(nc))(t)
		topology := must(stream.NewTopology(stream.Options{Routes: []string{route}, VerdictAge: 30 * 24 * time.Hour}))(t)
		for _, change := range changes {
			change(&topology)
		}
		if err := stream.Ensure(t.Context(), l.js, topology); err != nil {
			t.Fatal(err)
		}
		l.box = must(deadletter.Open(t.Context(), l.js))(t)
		f(l)
	})
}

// must gives a value, or ends the test.
func must[V any](v V, err error) func(*testing.T) V {
	return func(t *testing.T) V {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func key(id int) indicator.Key { return indicator.Key(fmt.Sprintf("%032x", id)) }

func job(id int) string {
	return wire.JobAddress{Lane: wire.Fresh, Route: route, Key: key(id), ID: int64(id)}.Subject()
}

func urgent(id int) string {
	return wire.JobAddress{Lane: wire.Urgent, Route: route, Key: key(id), ID: int64(id)}.Subject()
}

func verdict(id int) string {
	return wire.VerdictAddress{Provider: route, Key: key(id), ID: int64(id)}.Subject()
}

// body tells one message from another.
func body(id int) string { return fmt.Sprintf("body %d", id) }

func (l *lab) publish(subject, body string) {
	l.Helper()
	must(l.js.Publish(l.Context(), subject, []byte(body)))(l.T)
}

func (l *lab) stream(name string) jetstream.Stream {
	l.Helper()
	return must(l.js.Stream(l.Context(), name))(l.T)
}

// stored counts the messages of a stream.
func (l *lab) stored(name string) int {
	l.Helper()
	return int(l.stream(name).CachedInfo().State.Msgs)
}

// at reads what stands under a subject, nil for nothing.
func (l *lab) at(from, subject string) *jetstream.RawStreamMsg {
	l.Helper()
	message, err := l.stream(from).GetLastMsgForSubject(l.Context(), subject)
	if err != nil {
		return nil
	}
	return message
}

// take takes the next message of a consumer.
func (l *lab) take(from, consumer string) jetstream.Msg {
	l.Helper()
	c := must(l.js.Consumer(l.Context(), from, consumer))(l.T)
	return must(c.Next(jetstream.FetchMaxWait(24 * time.Hour)))(l.T)
}

func (l *lab) takeJob() jetstream.Msg {
	l.Helper()
	return l.take(stream.Jobs, stream.LookupConsumer(wire.Fresh, route))
}

func (l *lab) takeVerdict() jetstream.Msg {
	l.Helper()
	return l.take(stream.Verdicts, stream.Writer)
}

// bury settles a message as one that will never work.
func (l *lab) bury(stage string, message jetstream.Msg, reason string) {
	l.Helper()
	meta := must(message.Metadata())(l.T)
	settler := stream.NewSettler(l.js, stage, l.stream(meta.Stream).CachedInfo().Created)
	if got := settler.Settle(l.Context(), message, fault.New(fault.Permanent, fmt.Errorf("%s", reason))); got.Settle != "term" {
		l.Fatalf("Settle = %+v, want it terminated", got)
	}
	l.pass(time.Second) // The server hears of it.
}

// dieJob and dieVerdict publish a message and bury it.
func (l *lab) dieJob(id int, reason string) {
	l.Helper()
	l.publish(job(id), body(id))
	l.bury("lookup", l.takeJob(), reason)
}

func (l *lab) dieVerdict(id int, reason string) {
	l.Helper()
	l.publish(verdict(id), body(id))
	l.bury("writer", l.takeVerdict(), reason)
}

// list reads the letters that a filter takes.
func (l *lab) list(f deadletter.Filter) []deadletter.Letter {
	l.Helper()
	var all []deadletter.Letter
	for letter, err := range l.box.List(l.Context(), f) {
		if err != nil {
			l.Fatalf("List(%+v): %v", f, err)
		}
		all = append(all, letter)
	}
	return all
}

// fates tells what became of each letter.
type fates map[uint64]deadletter.Fate

func (f fates) tell(letter deadletter.Letter, fate deadletter.Fate) { f[letter.ID] = fate }

// redrive redrives all that there is, without an error.
func (l *lab) redrive() fates {
	l.Helper()
	all := fates{}
	if err := l.box.Redrive(l.Context(), deadletter.Filter{}, all.tell); err != nil {
		l.Fatalf("Redrive = %v", err)
	}
	return all
}

// pass lets virtual time pass.
func (l *lab) pass(d time.Duration) { time.Sleep(d) }

// header makes headers of pairs.
func header(pairs ...string) nats.Header {
	all := nats.Header{}
	for i := 0; i < len(pairs); i += 2 {
		all.Add(pairs[i], pairs[i+1])
	}
	return all
}
