package cursor_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/producer/internal/cursor"
	"vtq.internal/shared/testkit"
)

// A lab is an empty state bucket in a bubble.
type lab struct {
	*testing.T
	bucket jetstream.KeyValue
}

func inLab(t *testing.T, f func(l *lab)) {
	t.Helper()
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		t.Helper()
		nc := s.Connect()
		defer nc.Close()
		js, err := jetstream.New(nc)
		if err != nil {
			t.Fatalf("opening JetStream: %v", err)
		}
		bucket, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "state", History: 1})
		if err != nil {
			t.Fatalf("creating a bucket: %v", err)
		}
		f(&lab{T: t, bucket: bucket})
	})
}

func (l *lab) open(selection ...string) (*cursor.Store, cursor.State) {
	l.Helper()
	store, state, err := cursor.Open(l.Context(), l.bucket, selection...)
	if err != nil {
		l.Fatalf("Open(%q) = %v", selection, err)
	}
	return store, state
}

func (l *lab) save(store *cursor.Store, state cursor.State) {
	l.Helper()
	if err := store.Save(l.Context(), state); err != nil {
		l.Fatalf("Save = %v", err)
	}
}

func noon() time.Time { return time.Date(2024, 5, 6, 12, 0, 0, 0, time.UTC) }

func walking() cursor.State {
	return cursor.State{
		Since: noon(), Moved: noon().Add(time.Minute), Settled: true, Swept: noon().Add(-time.Hour),
		Walk: &cursor.Walk{From: noon().Add(-time.Minute), Started: noon(), Newest: noon(), Mark: "AoJ9z5LKnvwCJjEwNjk2Nw=="},
	}
}

func TestAFreshSelectionHasTheZeroState(t *testing.T) {
	inLab(t, func(l *lab) {
		if _, state := l.open("site", ""); !cmp.Equal(state, cursor.State{}) {
			l.Errorf("a fresh selection has %+v, want the zero state", state)
		}
	})
}

func TestWhatIsSavedIsFoundAgain(t *testing.T) {
	inLab(t, func(l *lab) {
		store, _ := l.open("site", "hashes")
		l.save(store, cursor.State{Since: noon().Add(-time.Hour)})
		l.save(store, walking())
		want := walking()
		want.Schema = 1
		_, got := l.open("site", "hashes")
		if diff := cmp.Diff(want, got); diff != "" {
			l.Errorf("state after another start (-want +got):\n%s", diff)
		}
	})
}

func TestSelectionsDoNotMeet(t *testing.T) {
	inLab(t, func(l *lab) {
		store, _ := l.open("site", "hashes", "")
		l.save(store, walking())
		for _, other := range [][]string{{"site", "urls", ""}, {"other site", "hashes", ""}, {"site", "", "hashes"}, {"sitehashes", "", ""}} {
			if _, state := l.open(other...); !cmp.Equal(state, cursor.State{}) {
				l.Errorf("selection %q has the state of another: %+v", other, state)
			}
		}
	})
}

func TestOfTwoStoresOneMoves(t *testing.T) {
	inLab(t, func(l *lab) {
		first, _ := l.open("site")
		second, _ := l.open("site")
		l.save(first, walking())
		for range 2 { // The first time nothing was there, the second time an older state.
			if err := second.Save(l.Context(), cursor.State{}); !errors.Is(err, cursor.ErrMoved) {
				l.Errorf("Save over the other's state = %v, want ErrMoved", err)
			}
			if _, err := second.Load(l.Context()); err != nil {
				l.Fatalf("Load = %v", err)
			}
			l.save(second, cursor.State{Since: noon()})
			if err := first.Save(l.Context(), walking()); !errors.Is(err, cursor.ErrMoved) {
				l.Errorf("Save over the other's state = %v, want ErrMoved", err)
			}
			if state, err := first.Load(l.Context()); err != nil || !state.Since.Equal(noon()) {
				l.Errorf("Load after ErrMoved = %+v, %v, want the other's state", state, err)
			}
			l.save(first, walking())
		}
	})
}

func TestWhatCannotBeReadStartsAfresh(t *testing.T) {
	cases := map[string]string{
		"no JSON":      "gone to the dogs",
		"another type": `{"schema":1,"since":7}`,
		"newer":        `{"schema":2,"since":"2024-05-06T12:00:00Z"}`,
		"no schema":    `{"since":"2024-05-06T12:00:00Z"}`,
		"nothing":      "",
		"the last day": `{"schema":1,"since":"9999-12-31T23:59:59Z","settled":true}`,
		"year 0":       `{"schema":1,"since":"0001-01-01T00:00:00+01:00"}`,
	}
	for name, body := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				store, _ := l.open("site")
				l.save(store, walking())
				if _, err := l.bucket.Put(l.Context(), l.onlyKey(), []byte(body)); err != nil {
					l.Fatalf("putting %q: %v", body, err)
				}
				store, state := l.open("site")
				if !cmp.Equal(state, cursor.State{}) {
					l.Errorf("Open over %q = %+v, want the zero state", body, state)
				}
				l.save(store, walking()) // And it can be written over.
			})
		})
	}
}

func TestADeletedCursorStartsAfresh(t *testing.T) {
	inLab(t, func(l *lab) {
		store, _ := l.open("site")
		l.save(store, walking())
		if err := l.bucket.Delete(l.Context(), l.onlyKey()); err != nil {
			l.Fatalf("deleting the cursor: %v", err)
		}
		if err := store.Save(l.Context(), walking()); !errors.Is(err, cursor.ErrMoved) {
			l.Errorf("Save over a deleted cursor = %v, want ErrMoved", err)
		}
		if state, err := store.Load(l.Context()); err != nil || !cmp.Equal(state, cursor.State{}) {
			l.Fatalf("Load of a deleted cursor = %+v, %v, want the zero state", state, err)
		}
		l.save(store, walking())
	})
}

func TestAnUnreachableBucketIsAnError(t *testing.T) {
	inLab(t, func(l *lab) {
		store, _ := l.open("site")
		ended, end := context.WithCancel(l.Context())
		end()
		if err := store.Save(ended, walking()); !errors.Is(err, context.Canceled) {
			l.Errorf("Save = %v, want the end of the context", err)
		}
		if _, err := store.Load(ended); !errors.Is(err, context.Canceled) {
			l.Errorf("Load = %v, want the end of the context", err)
		}
	})
}

// onlyKey also shows that the key hides the address.
func (l *lab) onlyKey() string {
	l.Helper()
	keys, err := l.bucket.Keys(l.Context())
	if err != nil || len(keys) != 1 {
		l.Fatalf("Keys = %q, %v, want one", keys, err)
	}
	return keys[0]
}
