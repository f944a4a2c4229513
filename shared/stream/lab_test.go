package stream_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/wire"
)

const route = "virustotal"

// A lab is a server with the whole topology, in a bubble.
type lab struct {
	*testing.T
	server *testkit.Server
	nc     *nats.Conn
	js     jetstream.JetStream
}

func inLab(t *testing.T, f func(l *lab)) {
	t.Helper()
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		nc := s.Connect()
		defer nc.Close()
		js, err := jetstream.New(nc)
		if err != nil {
			t.Fatal(err)
		}
		l := &lab{T: t, server: s, nc: nc, js: js}
		l.ensure(topology(t))
		f(l)
	})
}

func options() stream.Options {
	return stream.Options{Routes: []string{route}, VerdictAge: 30 * 24 * time.Hour}
}

func topology(t *testing.T) stream.Topology {
	t.Helper()
	all, err := stream.NewTopology(options())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (l *lab) ensure(t stream.Topology) {
	l.Helper()
	if err := stream.Ensure(l.Context(), l.js, t); err != nil {
		l.Fatal(err)
	}
}

// jobs is the consumer of the lane fresh, verdicts that of the writer.
func (l *lab) jobs() jetstream.Consumer {
	return l.consumer(stream.Jobs, stream.LookupConsumer(wire.Fresh, route))
}

func (l *lab) verdicts() jetstream.Consumer { return l.consumer(stream.Verdicts, stream.Writer) }

func (l *lab) consumer(from, name string) jetstream.Consumer {
	l.Helper()
	consumer, err := l.js.Consumer(l.Context(), from, name)
	if err != nil {
		l.Fatal(err)
	}
	return consumer
}

func key(id int) indicator.Key { return indicator.Key(fmt.Sprintf("%032x", id)) }

func jobAddress(id int) wire.JobAddress {
	return wire.JobAddress{Lane: wire.Fresh, Route: route, Key: key(id), ID: int64(id)}
}

func jobSubject(id int) string { return jobAddress(id).Subject() }

func verdictSubject(id int) string {
	return wire.VerdictAddress{Provider: route, Key: key(id), ID: int64(id)}.Subject()
}

// body tells one message from another.
func body(id int) []byte { return fmt.Appendf(nil, "body %d", id) }

// publish stores a message under each subject, all at once.
func (l *lab) publish(ids []int, subject func(id int) string) {
	l.Helper()
	for _, id := range ids {
		if _, err := l.js.PublishAsync(subject(id), body(id), jetstream.WithStallWait(time.Minute)); err != nil {
			l.Fatal(err)
		}
	}
	<-l.js.PublishAsyncComplete()
}

// sleep lets virtual time pass.
func (l *lab) sleep(d time.Duration) { time.Sleep(d) }

// to lists the numbers from 1 to n.
func to(n int) []int {
	ids := make([]int, n)
	for i := range ids {
		ids[i] = i + 1
	}
	return ids
}

// take waits for one message, for up to a day.
func (l *lab) take(consumer jetstream.Consumer) jetstream.Msg {
	l.Helper()
	ctx, cancel := context.WithTimeout(l.Context(), 24*time.Hour)
	defer cancel()
	var taken jetstream.Msg
	for taken == nil && ctx.Err() == nil {
		if err := stream.One(ctx, consumer, func(m jetstream.Msg) { taken = m }); err != nil {
			l.Fatal(err)
		}
	}
	if taken == nil {
		l.Fatal("no message within a day")
	}
	return taken
}

// stored counts the messages of a stream.
func (l *lab) stored(name string) int {
	l.Helper()
	s, err := l.js.Stream(l.Context(), name)
	if err != nil {
		l.Fatal(err)
	}
	return int(s.CachedInfo().State.Msgs)
}

// settler settles for the stage "lookup" what comes from the stream of that name.
func (l *lab) settler(name string) *stream.Settler {
	l.Helper()
	s, err := l.js.Stream(l.Context(), name)
	if err != nil {
		l.Fatal(err)
	}
	return stream.NewSettler(l.js, "lookup", s.CachedInfo().Created)
}
