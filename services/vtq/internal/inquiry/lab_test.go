package inquiry_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/vtq/internal/inquiry"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/recall"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

const day = 24 * time.Hour

// A lab is an inquirer over real streams, in a bubble, and a worker that is made of a loop.
type lab struct {
	*testing.T
	server   *testkit.Server
	js       jetstream.JetStream // Everybody's but the inquirer's.
	inquirer *inquiry.Inquirer

	mu   sync.Mutex
	jobs []wire.Job // That the worker took.
}

func inLab(t *testing.T, f func(l *lab)) {
	t.Helper()
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		t.Helper()
		nc, asker := s.Connect(), s.Connect()
		defer nc.Close()
		defer asker.Close()
		l := &lab{T: t, server: s, js: open(t, nc)}
		topology, err := stream.NewTopology(stream.Options{Routes: provider.Only(provider.VirusTotal).RouteNames(), VerdictAge: 100 * day})
		if err != nil {
			t.Fatalf("making the topology: %v", err)
		}
		if err := stream.Ensure(t.Context(), l.js, topology); err != nil {
			t.Fatalf("creating the topology: %v", err)
		}
		js := open(t, asker)
		verdicts, err := js.Stream(t.Context(), stream.Verdicts)
		if err != nil {
			t.Fatalf("opening the verdicts: %v", err)
		}
		l.inquirer = &inquiry.Inquirer{
			NATS: asker, JS: js, Routes: provider.Only(provider.VirusTotal), InternalSuffixes: []string{"corp.example.com"},
			Memory: recall.Memory{
				Stream: verdicts, Policy: verdict.DefaultPolicy(),
				Refresh: verdict.Refresh{Malicious: 7 * day, Clean: 30 * day, NotFound: day},
			},
		}
		f(l)
	})
}

func open(t *testing.T, nc *nats.Conn) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatalf("opening JetStream: %v", err)
	}
	return js
}

func (l *lab) sleep(d time.Duration) { time.Sleep(d) }

// ask asks, for some time at most, and tells how long it took.
func (l *lab) ask(most time.Duration, values ...string) ([]inquiry.Answer, time.Duration) {
	l.Helper()
	ctx, cancel := context.WithTimeout(l.Context(), most)
	defer cancel()
	began := time.Now()
	answers := l.inquirer.Ask(ctx, values)
	if len(answers) != len(values) {
		l.Fatalf("%d answers to %d values", len(answers), len(values))
	}
	return answers, time.Since(began)
}

// answer says that so many engines speak against an object; below zero it is not found.
func answer(object indicator.Object, malicious int, asked time.Time) wire.Verdict {
	return wire.Verdict{Object: object, Verdict: verdict.Verdict{
		Provider: provider.VirusTotal, Kind: object.Kind, Asked: asked.UTC().Truncate(time.Second), Found: malicious >= 0,
		Counts: verdict.Counts{verdict.Malicious: malicious, verdict.Undetected: 70},
	}}
}

// said stores an answer for nobody.
func (l *lab) said(object indicator.Object, malicious int, asked time.Time) {
	l.Helper()
	body, err := wire.EncodeVerdict(answer(object, malicious, asked))
	if err != nil {
		l.Fatalf("encoding a verdict: %v", err)
	}
	l.store(verdictSubject(object), body)
}

func verdictSubject(object indicator.Object) string {
	return wire.VerdictAddress{Provider: provider.VirusTotal, Key: object.Key()}.Subject()
}

func (l *lab) store(subject string, body []byte) {
	l.Helper()
	if _, err := l.js.Publish(l.Context(), subject, body); err != nil {
		l.Fatalf("publishing to %s: %v", subject, err)
	}
}

// work takes urgent jobs and handles each for itself, until it is stopped.
func (l *lab) work(handle func(job wire.Job)) (stop func()) {
	l.Helper()
	consumer, err := l.js.Consumer(l.Context(), stream.Urgent, stream.LookupConsumer(wire.Urgent, provider.VirusTotal))
	if err != nil {
		l.Fatalf("opening the urgent lane: %v", err)
	}
	ctx, cancel := context.WithCancel(l.Context())
	var working sync.WaitGroup
	working.Go(func() {
		for ctx.Err() == nil {
			err := stream.One(ctx, consumer, func(m jetstream.Msg) {
				job, err := wire.DecodeJob(m.Data())
				if err != nil {
					l.Errorf("taking a job: %v", err)
				}
				working.Go(func() {
					l.took(job)
					handle(job)
					_ = m.Ack() // What is lost comes again, and is answered again.
				})
			})
			if err != nil {
				l.Errorf("taking jobs: %v", err)
				return
			}
		}
	})
	return func() { cancel(); working.Wait() }
}

func (l *lab) took(job wire.Job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.jobs = append(l.jobs, job)
}

// worker answers every job after a second, with nine engines.
func (l *lab) worker() (stop func()) {
	l.Helper()
	return l.work(func(job wire.Job) {
		l.sleep(time.Second)
		l.said(job.Object, 9, time.Now())
	})
}

func domain() indicator.Object {
	return indicator.Object{Kind: indicator.Domain, Value: "quiet-harbor.com"}
}

// sites are n values of n objects.
func sites(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("quiet-harbor-%d.com", i)
	}
	return all
}

// state says what keeps workers from asking with an account.
func (l *lab) state(account string, s wire.ProviderState) {
	l.Helper()
	body, err := wire.EncodeState(s)
	if err != nil {
		l.Fatalf("encoding a state: %v", err)
	}
	l.storeState(account, body)
}

func (l *lab) storeState(account string, body []byte) {
	l.Helper()
	bucket, err := l.js.KeyValue(l.Context(), stream.State)
	if err != nil {
		l.Fatalf("opening the state bucket: %v", err)
	}
	if _, err := bucket.Put(l.Context(), wire.Account{Provider: provider.VirusTotal, Name: account}.StateKey(), body); err != nil {
		l.Fatalf("storing a state: %v", err)
	}
}
