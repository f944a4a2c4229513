package fleet_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/fleet"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/wire"
)

const route = "virustotal"

// A lab is a server with all streams, in a bubble.
type lab struct {
	*testing.T
	server *testkit.Server
	js     jetstream.JetStream
}

// alone is a route that the account has for itself.
func alone() []fleet.Route { return []fleet.Route{{Name: route, Accounts: []wire.Account{account()}}} }

func account() wire.Account { return wire.Account{Provider: "virustotal", Name: "main"} }

func inLab(t *testing.T, f func(l *lab)) {
	t.Helper()
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		t.Helper()
		nc := s.Connect()
		defer nc.Close()
		js, err := jetstream.New(nc)
		if err != nil {
			t.Fatal(err)
		}
		topology, err := stream.NewTopology(stream.Options{Routes: []string{route}, VerdictAge: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		if err := stream.Ensure(t.Context(), js, topology); err != nil {
			t.Fatal(err)
		}
		f(&lab{T: t, server: s, js: js})
	})
}

func (l *lab) sleep(d time.Duration) { time.Sleep(d) }

func (l *lab) open() *fleet.Fleet {
	l.Helper()
	f, err := fleet.Open(l.Context(), l.js, account(), alone(), time.Now)
	if err != nil {
		l.Fatalf("Open = %v", err)
	}
	return f
}

// paused tells for how long the consumer of a lane is paused.
func (l *lab) paused(lane wire.Lane) time.Duration {
	l.Helper()
	consumer, err := l.js.Consumer(l.Context(), stream.LaneStream(lane), stream.LookupConsumer(lane, route))
	if err != nil {
		l.Fatal(err)
	}
	return consumer.CachedInfo().PauseRemaining.Round(time.Second)
}

func (l *lab) wantPaused(want map[wire.Lane]time.Duration) {
	l.Helper()
	got := map[wire.Lane]time.Duration{}
	for _, lane := range wire.Lanes() {
		got[lane] = l.paused(lane)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		l.Errorf("the consumers are paused for (-want +got):\n%s", diff)
	}
}

// outage gives the provider one that lasts for an hour from now on.
func (l *lab) outage(f *fleet.Fleet) wire.ProviderState {
	l.Helper()
	state, changed, err := f.Change(l.Context(), func(state *wire.ProviderState) bool {
		state.Outage = &wire.Outage{Fault: "transient", Since: time.Now(), Until: time.Now().Add(time.Hour)}
		return true
	})
	if err != nil || !changed {
		l.Fatalf("Change = %v, %v", changed, err)
	}
	if err := f.Pause(l.Context(), state); err != nil {
		l.Fatalf("Pause = %v", err)
	}
	return state
}

func TestTheLatestReasonPauses(t *testing.T) {
	inLab(t, func(l *lab) {
		f := l.open()
		none := map[wire.Lane]time.Duration{wire.Urgent: 0, wire.Fresh: 0, wire.Refresh: 0}
		l.wantPaused(none)
		if err := f.Spend(l.Context(), wire.Refresh, 2*time.Hour); err != nil {
			l.Fatalf("Spend = %v", err)
		}
		l.wantPaused(map[wire.Lane]time.Duration{wire.Urgent: 0, wire.Fresh: 0, wire.Refresh: 2 * time.Hour})
		l.outage(f)
		l.wantPaused(map[wire.Lane]time.Duration{wire.Urgent: time.Hour, wire.Fresh: time.Hour, wire.Refresh: 2 * time.Hour})
		if err := f.Restore(l.Context(), wire.Refresh); err != nil {
			l.Fatalf("Restore = %v", err)
		}
		l.wantPaused(map[wire.Lane]time.Duration{wire.Urgent: time.Hour, wire.Fresh: time.Hour, wire.Refresh: time.Hour})
		state, _, err := f.Change(l.Context(), func(state *wire.ProviderState) bool { state.Outage = nil; return true })
		if err != nil {
			l.Fatal(err)
		}
		if err := f.Pause(l.Context(), state); err != nil {
			l.Fatal(err)
		}
		l.wantPaused(none)
	})
}

// TestOthersReadIt after a restart of the server, too.
func TestOthersReadIt(t *testing.T) {
	inLab(t, func(l *lab) {
		want := l.outage(l.open())
		l.server.Stop()
		l.server.Start()
		l.sleep(10 * time.Second) // The client finds it again.
		got, err := l.open().State(l.Context())
		if err != nil || got.Outage == nil || !got.Outage.Until.Equal(want.Outage.Until) {
			l.Errorf("State = %+v, %v, want %+v", got.Outage, err, want.Outage)
		}
		l.wantPaused(map[wire.Lane]time.Duration{
			wire.Urgent: time.Hour - 10*time.Second, wire.Fresh: time.Hour - 10*time.Second, wire.Refresh: time.Hour - 10*time.Second,
		})
	})
}

// TestManyChangeItAtOnce, and every change is there in the end.
func TestManyChangeItAtOnce(t *testing.T) {
	inLab(t, func(l *lab) {
		l.outage(l.open())
		const workers, times = 8, 5
		var working sync.WaitGroup
		for range workers {
			f := l.open()
			working.Go(func() {
				for range times {
					_, changed, err := f.Change(l.Context(), func(state *wire.ProviderState) bool {
						state.Probes.Spent++
						return true
					})
					if err != nil || !changed {
						l.Errorf("Change = %v, %v, want a change", changed, err)
					}
				}
			})
		}
		working.Wait()
		state, err := l.open().State(l.Context())
		if err != nil || state.Probes.Spent != workers*times {
			l.Errorf("%d changes are there (%v), want %d", state.Probes.Spent, err, workers*times)
		}
	})
}

func TestWhatIsOverIsForgotten(t *testing.T) {
	inLab(t, func(l *lab) {
		f := l.open()
		if err := f.Spend(l.Context(), wire.Fresh, time.Hour); err != nil {
			l.Fatal(err)
		}
		if _, _, err := f.Change(l.Context(), func(state *wire.ProviderState) bool {
			state.Operator = &wire.Pause{Since: time.Now(), Until: time.Now().Add(time.Hour)}
			return true
		}); err != nil {
			l.Fatal(err)
		}
		l.sleep(61 * time.Minute)
		if err := f.Spend(l.Context(), wire.Refresh, time.Hour); err != nil {
			l.Fatal(err)
		}
		state, err := f.State(l.Context())
		if _, ok := state.Spent[wire.Fresh]; ok || state.Operator != nil || len(state.Spent) != 1 || err != nil {
			l.Errorf("State = %+v, %v, want the refresh lane alone", state, err)
		}
	})
}

// TestWorkersAgree that a lane is spent, each by its own clock: one change is enough.
func TestWorkersAgree(t *testing.T) {
	inLab(t, func(l *lab) {
		f := l.open()
		for _, left := range []time.Duration{time.Hour, time.Hour - 500*time.Millisecond, time.Hour + 500*time.Millisecond} {
			if err := f.Spend(l.Context(), wire.Fresh, left); err != nil {
				l.Fatal(err)
			}
		}
		bucket, err := l.js.KeyValue(l.Context(), stream.State)
		if err != nil {
			l.Fatal(err)
		}
		entry, err := bucket.Get(l.Context(), account().StateKey())
		if err != nil || entry.Revision() != 1 {
			l.Errorf("the entry has revision %d, %v, want 1", entry.Revision(), err)
		}
	})
}

func TestNothingToRestore(t *testing.T) {
	inLab(t, func(l *lab) {
		f := l.open()
		if err := f.Restore(l.Context(), wire.Fresh); err != nil {
			l.Errorf("Restore of nothing = %v, want nil", err)
		}
		if state, err := f.State(l.Context()); err != nil || state.Outage != nil || state.Revision != 0 {
			l.Errorf("State = %+v, %v, want nothing", state, err)
		}
	})
}

// TestRestoreMendsWhatWasLeftHalfDone by a worker that died between its change and the consumer.
func TestRestoreMendsWhatWasLeftHalfDone(t *testing.T) {
	inLab(t, func(l *lab) {
		f := l.open()
		if _, err := l.js.PauseConsumer(l.Context(), stream.Jobs, stream.LookupConsumer(wire.Fresh, route), time.Now().Add(time.Hour)); err != nil {
			l.Fatal(err)
		}
		if err := f.Restore(l.Context(), wire.Fresh); err != nil {
			l.Fatalf("Restore = %v", err)
		}
		if left := l.paused(wire.Fresh); left != 0 {
			l.Errorf("the consumer is paused for another %v, want it at work", left)
		}
	})
}

// TestTheEntryIsDeleted by hand, as one does who wants an outage to be over.
func TestTheEntryIsDeleted(t *testing.T) {
	inLab(t, func(l *lab) {
		f := l.open()
		l.outage(f)
		bucket, err := l.js.KeyValue(l.Context(), stream.State)
		if err != nil {
			l.Fatal(err)
		}
		if err := bucket.Delete(l.Context(), account().StateKey()); err != nil {
			l.Fatal(err)
		}
		if state, err := f.State(l.Context()); err != nil || state.Outage != nil {
			l.Errorf("State = %+v, %v, want nothing", state, err)
		}
		l.outage(f)
		if state, err := f.State(l.Context()); err != nil || state.Outage == nil {
			l.Errorf("State = %+v, %v, want the next outage", state, err)
		}
	})
}

func TestAnEntryThatCannotBeRead(t *testing.T) {
	inLab(t, func(l *lab) {
		bucket, err := l.js.KeyValue(l.Context(), stream.State)
		if err != nil {
			l.Fatal(err)
		}
		if _, err := bucket.PutString(l.Context(), account().StateKey(), "<html>"); err != nil {
			l.Fatal(err)
		}
		f := l.open()
		if state, err := f.State(l.Context()); err != nil || state.Outage != nil {
			l.Errorf("State = %+v, %v, want none", state, err)
		}
		l.outage(f)
		if state, err := f.State(l.Context()); err != nil || state.Outage == nil {
			l.Errorf("State = %+v, %v, want the outage", state, err)
		}
	})
}

// TestAnEntryOfALaterVersion is left alone: a worker of before must not lose what one of after has written.
func TestAnEntryOfALaterVersion(t *testing.T) {
	inLab(t, func(l *lab) {
		bucket, err := l.js.KeyValue(l.Context(), stream.State)
		if err != nil {
			l.Fatal(err)
		}
		if _, err := bucket.PutString(l.Context(), account().StateKey(), `{"schema":99}`); err != nil {
			l.Fatal(err)
		}
		if err := l.open().Spend(l.Context(), wire.Fresh, time.Hour); !errors.Is(err, wire.ErrNewer) {
			l.Errorf("Spend = %v, want %v", err, wire.ErrNewer)
		}
	})
}

func TestWithoutNATS(t *testing.T) {
	inLab(t, func(l *lab) {
		f := l.open()
		l.server.Stop()
		began := time.Now()
		if _, err := f.State(l.Context()); err == nil {
			l.Error("State without a server = nil, want an error")
		}
		if _, _, err := f.Change(l.Context(), func(*wire.ProviderState) bool { return true }); err == nil {
			l.Error("Change without a server = nil, want an error")
		}
		if err := f.Pause(l.Context(), wire.ProviderState{}); err == nil || !strings.Contains(err.Error(), "pausing consumer lookup-fresh-virustotal") {
			l.Errorf("Pause without a server = %v, want an error that names the consumer", err)
		}
		if took := time.Since(began); took > time.Minute {
			l.Errorf("that took %v, want bounded waits", took)
		}
		l.server.Start()
	})
}

func TestOpenWithoutTheBucket(t *testing.T) {
	inLab(t, func(l *lab) {
		if err := l.js.DeleteKeyValue(l.Context(), stream.State); err != nil {
			l.Fatal(err)
		}
		if _, err := fleet.Open(context.Background(), l.js, account(), alone(), time.Now); err == nil || !strings.Contains(err.Error(), "opening bucket vtq_state") {
			l.Errorf("Open = %v, want an error that names the bucket", err)
		}
	})
}
