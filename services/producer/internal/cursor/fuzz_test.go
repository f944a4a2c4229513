package cursor_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/producer/internal/cursor"
)

// A shelf is a bucket of one value.
type shelf struct {
	jetstream.KeyValue // Nil: of the bucket only Get and Update are used.

	value []byte
}

func (s *shelf) Get(context.Context, string) (jetstream.KeyValueEntry, error) {
	return entry{value: s.value}, nil
}

func (s *shelf) Update(_ context.Context, _ string, value []byte, _ uint64) (uint64, error) {
	s.value = value
	return 2, nil
}

type entry struct {
	jetstream.KeyValueEntry // Nil: of the entry only these two are used.

	value []byte
}

func (e entry) Value() []byte    { return e.value }
func (e entry) Revision() uint64 { return 1 }

// FuzzLoad finds arbitrary bytes in the bucket: they are a state or none, never an error, since a producer must start again; and whatever
// is done with a state, it can be stored, and reads the same again.
func FuzzLoad(f *testing.F) {
	full := walking()
	full.Schema = 1
	body, err := json.Marshal(full)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Add(body[:len(body)/2])
	for _, seed := range []string{
		``, `null`, `{"schema":2,"since":"2024-05-06T12:00:00Z"}`, `{"schema":1,"since":7}`, `{"schema":1,"walk":{}}`, `{"schema":1,"walk":null}`,
		`{"schema":1,"since":"9999-12-31T23:59:59Z","settled":true}`, `{"schema":1,"since":"0000-01-01T00:00:00Z"}`,
		`{"schema":1,"since":"9999-12-31T23:59:59-23:59","walk":{"started":"0000-01-01T00:00:00+23:59","newest":"9999-12-31T23:59:59-23:59"}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		bucket := &shelf{value: body}
		store, state, err := cursor.Open(t.Context(), bucket, "site")
		if err != nil {
			t.Fatalf("Open over %q = %v", body, err)
		}
		if state.Schema != 1 && !cmp.Equal(state, cursor.State{}) {
			t.Errorf("Open over %q = %+v, a state of no schema", body, state)
		}
		if state.Walk == nil {
			state.Walk = &cursor.Walk{From: state.From(overlap), Started: noon()}
		}
		for _, next := range []cursor.State{state, state.After(noon().Add(time.Hour), overlap)} {
			if err := store.Save(t.Context(), next); err != nil {
				t.Fatalf("Save of %+v, found in %q = %v", next, body, err)
			}
			next.Schema = 1
			if got, err := store.Load(t.Context()); err != nil || !cmp.Equal(next, got) {
				t.Errorf("Load after Save, %v (-want +got):\n%s", err, cmp.Diff(next, got))
			}
		}
	})
}
