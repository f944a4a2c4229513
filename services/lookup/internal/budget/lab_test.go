package budget_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/lookup/internal/budget"
	"vtq.internal/services/lookup/internal/quota"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/wire"
)

// A lab is a server with the streams of the quota, and a record of the calls that permits paid for.
type lab struct {
	*testing.T
	server *testkit.Server

	mu    sync.Mutex
	calls []time.Time
}

func inLab(t *testing.T, f func(l *lab)) {
	t.Helper()
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		l := &lab{T: t, server: s}
		nc := l.connect()
		js, err := jetstream.New(nc)
		if err != nil {
			t.Fatal(err)
		}
		topology, err := stream.NewTopology(stream.Options{Routes: []string{"virustotal"}, VerdictAge: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		if err := stream.Ensure(t.Context(), js, topology); err != nil {
			t.Fatal(err)
		}
		nc.Close()
		f(l)
	})
}

func (l *lab) connect() *nats.Conn { return l.server.Connect() }

func account() wire.Account { return wire.Account{Provider: "virustotal", Name: "main"} }

// open opens the budget of a worker with a connection of its own.
func (l *lab) open(limits budget.Limits) (b *budget.Budget, stop func()) {
	l.Helper()
	nc := l.connect()
	js, err := jetstream.New(nc)
	if err != nil {
		l.Fatal(err)
	}
	b, err = budget.Open(l.Context(), js, account(), limits)
	if err != nil {
		l.Fatal(err)
	}
	return b, nc.Close
}

// work takes permits for a lane and calls with them, until ctx ends. What is spent is waited for.
func (l *lab) work(ctx context.Context, b *budget.Budget, lane wire.Lane) {
	for ctx.Err() == nil {
		permit, err := b.Take(ctx, lane)
		if err != nil {
			wait(ctx, b.Spent()+time.Second)
			continue
		}
		if permit.Void() {
			permit.Release() //nolint:contextcheck // As in production.
			continue
		}
		l.call()
	}
}

func (l *lab) call() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = append(l.calls, time.Now())
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// within is the most calls in any stretch of so long.
func (l *lab) within(per time.Duration) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	slices.SortFunc(l.calls, time.Time.Compare)
	best, from := 0, 0
	for i, at := range l.calls {
		for at.Sub(l.calls[from]) >= per {
			from++
		}
		best = max(best, i-from+1)
	}
	return best
}

// perDay counts the calls of each UTC day.
func (l *lab) perDay() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	days := map[string]int{}
	for _, at := range l.calls {
		days[quota.Day(at)]++
	}
	return days
}

func public() budget.Limits {
	return budget.Limits{Window: quota.Window{Requests: 4, Per: time.Minute}, Day: 500, Month: 15_500}
}

// sleep lets virtual time pass.
func (l *lab) sleep(d time.Duration) { time.Sleep(d) }
