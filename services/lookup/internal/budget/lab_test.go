package budget_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/lookup/internal/budget"
	"vtq.internal/services/lookup/internal/quota"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/wire"
)

// A lab is a server with the streams of the quota, and a record of the calls that permits paid for.
type lab struct {
	*testing.T
	server *testkit.Server

	mu    sync.Mutex
	calls []call
}

// A call is a request that a permit paid for.
type call struct {
	at   time.Time
	lane wire.Lane
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
	return l.watched(account(), limits, budget.Watch{})
}

func (l *lab) watched(account wire.Account, limits budget.Limits, watch budget.Watch) (b *budget.Budget, stop func()) {
	l.Helper()
	nc := l.connect()
	js, err := jetstream.New(nc)
	if err != nil {
		l.Fatal(err)
	}
	return l.through(js, account, limits, watch), nc.Close
}

// through opens the budget of a worker on a connection that a test may have bent.
func (l *lab) through(js jetstream.JetStream, account wire.Account, limits budget.Limits, watch budget.Watch) *budget.Budget {
	l.Helper()
	b, err := budget.Open(l.Context(), js, account, limits, watch)
	if err != nil {
		l.Fatal(err)
	}
	return b
}

// must takes a permit, and tells how long it took.
func (l *lab) must(b *budget.Budget, lane wire.Lane) (*budget.Permit, time.Duration) {
	l.Helper()
	began := time.Now()
	permit, err := b.Take(l.Context(), budget.Want{Lane: lane})
	if err != nil {
		l.Fatalf("Take(%s) = %v", lane, err)
	}
	return permit, time.Since(began)
}

// refused expects that a lane has nothing left until a moment of the bubble, which the server's is.
func (l *lab) refused(b *budget.Budget, lane wire.Lane, until time.Duration) {
	l.Helper()
	_, err := b.Take(l.Context(), budget.Want{Lane: lane})
	want := time.Until(testkit.Epoch().Add(until))
	if got := fault.RetryAfter(err); !errors.Is(err, budget.ErrSpent) || (got-want).Abs() > time.Second {
		l.Errorf("Take(%s) = %v for %v, want it spent for %v", lane, err, got, want)
	}
	if got := b.Spent(lane); (got - want).Abs() > time.Second {
		l.Errorf("Spent(%s) = %v, want %v", lane, got, want)
	}
}

// counted reads a counter as others see it.
func (l *lab) counted(subject string) string {
	l.Helper()
	nc := l.connect()
	defer nc.Close()
	message := nats.NewMsg(subject)
	message.Header.Set("Nats-Incr", "+0")
	js, err := jetstream.New(nc)
	if err != nil {
		l.Fatal(err)
	}
	ack, err := js.PublishMsg(l.Context(), message)
	if err != nil {
		l.Fatal(err)
	}
	return ack.Value
}

// work takes permits for a lane and calls with them, until ctx ends. What is spent is waited for.
func (l *lab) work(ctx context.Context, b *budget.Budget, lane wire.Lane) {
	for ctx.Err() == nil {
		permit, err := b.Take(ctx, budget.Want{Lane: lane})
		if err != nil {
			wait(ctx, b.Spent(lane)+time.Second)
			continue
		}
		if permit.Void() {
			permit.Release() //nolint:contextcheck // As in production.
			continue
		}
		l.called(lane)
	}
}

func (l *lab) called(lane wire.Lane) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = append(l.calls, call{time.Now(), lane})
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
func within(calls []call, per time.Duration) int {
	slices.SortFunc(calls, func(a, b call) int { return a.at.Compare(b.at) })
	best, from := 0, 0
	for i, c := range calls {
		for c.at.Sub(calls[from].at) >= per {
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
	for _, c := range l.calls {
		days[quota.Day(c.at)]++
	}
	return days
}

func public() budget.Limits {
	return budget.Limits{Window: quota.Window{Requests: 4, Per: time.Minute}, Day: 500, Month: 15_500}
}

// sleep lets virtual time pass.
func (l *lab) sleep(d time.Duration) { time.Sleep(d) }

// skip lets virtual time pass without a server, which has timers for every second of it. Nobody is connected.
func (l *lab) skip(d time.Duration) {
	l.Helper()
	l.server.Stop()
	time.Sleep(d)
	l.server.Start()
}

// take takes a slot for somebody else, for a minute.
func (l *lab) take(subject string) {
	l.Helper()
	message := nats.NewMsg(subject)
	message.Header.Set(jetstream.MsgTTLHeader, "1m")
	nc := l.connect()
	defer nc.Close()
	if _, err := nc.RequestMsg(message, time.Second); err != nil {
		l.Fatal(err)
	}
}

// standing lists what stands in the quota stream, oldest first.
func (l *lab) standing() []*jetstream.RawStreamMsg {
	l.Helper()
	nc := l.connect()
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		l.Fatal(err)
	}
	quotas, err := js.Stream(l.Context(), stream.Quota)
	if err != nil {
		l.Fatal(err)
	}
	state := quotas.CachedInfo().State
	var all []*jetstream.RawStreamMsg
	for sequence := state.FirstSeq; sequence <= state.LastSeq; sequence++ {
		if message, err := quotas.GetMsg(l.Context(), sequence); err == nil {
			all = append(all, message)
		}
	}
	return all
}
