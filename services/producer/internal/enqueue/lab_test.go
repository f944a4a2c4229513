package enqueue_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/producer/internal/enqueue"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

const (
	route = "virustotal-other"
	day   = 24 * time.Hour
)

// A lab is a queue on a server with all streams, in a bubble.
type lab struct {
	*testing.T
	js    jetstream.JetStream
	queue *enqueue.Queue
	full  int // How often the queue said that the stream is full.
}

func inLab(t *testing.T, f func(l *lab), changes ...func(*stream.Topology)) {
	t.Helper()
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		t.Helper()
		nc := s.Connect()
		defer nc.Close()
		js, err := jetstream.New(nc)
		if err != nil {
			t.Fatalf("opening JetStream: %v", err)
		}
		topology, err := stream.NewTopology(stream.Options{Routes: []string{route}, VerdictAge: 100 * day})
		if err != nil {
			t.Fatalf("making the topology: %v", err)
		}
		for _, change := range changes {
			change(&topology)
		}
		if err := stream.Ensure(t.Context(), js, topology); err != nil {
			t.Fatalf("creating the topology: %v", err)
		}
		l := &lab{T: t, js: js}
		l.queue = &enqueue.Queue{
			JS: js, Policy: verdict.DefaultPolicy(), OnFull: func() { l.full++ },
			Refresh: verdict.Refresh{Malicious: 7 * day, Clean: 30 * day, NotFound: 3 * day},
			Routes:  provider.NewTable(map[indicator.Kind][]string{indicator.Domain: {"virustotal", "other"}}, provider.First),
		}
		f(l)
	})
}

// bounded bounds the job stream.
func bounded(jobs int64) func(*stream.Topology) {
	return func(t *stream.Topology) { t.Streams[0].MaxMsgs = jobs }
}

// job asks about an object of its own for each id.
func job(id int64) wire.Job {
	value := fmt.Sprintf("host-%d.com", id)
	return wire.Job{
		Created: time.Now().UTC(), Indicator: indicator.Indicator{ID: id, Type: "FQDN", Value: value},
		Object: indicator.Object{Kind: indicator.Domain, Value: value},
	}
}

func jobs(ids ...int64) []wire.Job {
	all := make([]wire.Job, len(ids))
	for i, id := range ids {
		all[i] = job(id)
	}
	return all
}

func (l *lab) put(all []wire.Job) enqueue.Tally {
	l.Helper()
	return l.putLater(0, all)
}

// putLater puts as if it were later: a day costs a server in a bubble a second or two.
func (l *lab) putLater(by time.Duration, all []wire.Job) enqueue.Tally {
	l.Helper()
	tally, err := l.queue.Put(l.Context(), all, time.Now().Add(by))
	if err != nil {
		l.Fatalf("Put = %v", err)
	}
	return tally
}

// answer stores a verdict of some age for a job, as malicious as that.
func (l *lab) answer(j wire.Job, provider string, age time.Duration, malicious int) {
	l.Helper()
	body, err := wire.EncodeVerdict(wire.Verdict{Indicator: j.Indicator, Object: j.Object, Verdict: verdict.Verdict{
		Provider: provider, Kind: j.Object.Kind, Found: true, Asked: time.Now().Add(-age).UTC().Truncate(time.Second),
		Counts: verdict.Counts{verdict.Malicious: malicious, verdict.Undetected: 70},
	}})
	if err != nil {
		l.Fatalf("encoding a verdict: %v", err)
	}
	l.store(verdictSubject(j, provider), body)
}

func verdictSubject(j wire.Job, provider string) string {
	return wire.VerdictAddress{Provider: provider, Key: j.Object.Key(), ID: j.Indicator.ID}.Subject()
}

func jobSubject(j wire.Job, lane wire.Lane) string {
	return wire.JobAddress{Lane: lane, Route: route, Key: j.Object.Key(), ID: j.Indicator.ID}.Subject()
}

// die stores the dead letter of a job.
func (l *lab) die(j wire.Job, lane wire.Lane) {
	l.Helper()
	l.store(wire.DeadSubject("lookup", jobSubject(j, lane)), []byte("whatever it was"))
}

func (l *lab) store(subject string, body []byte) {
	l.Helper()
	if _, err := l.js.Publish(l.Context(), subject, body); err != nil {
		l.Fatalf("publishing to %s: %v", subject, err)
	}
}

// stored gives the job that waits in a lane.
func (l *lab) stored(j wire.Job, lane wire.Lane) (wire.Job, bool) {
	l.Helper()
	s := l.stream(stream.Jobs)
	message, err := s.GetLastMsgForSubject(l.Context(), jobSubject(j, lane))
	if err != nil {
		return wire.Job{}, false
	}
	found, err := wire.DecodeJob(message.Data)
	if err != nil {
		l.Fatalf("decoding a stored job: %v", err)
	}
	return found, true
}

func (l *lab) stream(name string) jetstream.Stream {
	l.Helper()
	s, err := l.js.Stream(l.Context(), name)
	if err != nil {
		l.Fatalf("opening %s: %v", name, err)
	}
	return s
}

// drain takes all jobs off the stream, after a while.
func (l *lab) drain(after time.Duration) {
	l.Helper()
	s := l.stream(stream.Jobs)
	time.AfterFunc(after, func() {
		if err := s.Purge(context.Background()); err != nil {
			l.Errorf("taking the jobs off the stream: %v", err)
		}
	})
}
