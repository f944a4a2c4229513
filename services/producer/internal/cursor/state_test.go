package cursor_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/services/producer/internal/cursor"
)

const overlap = 5 * time.Minute

func TestWhereAPollBegins(t *testing.T) {
	cases := map[string]struct {
		state cursor.State
		want  time.Time
	}{
		"nothing was seen": {cursor.State{Settled: true}, time.Time{}},
		"not settled":      {cursor.State{Since: noon()}, noon().Add(-overlap)},
		"settled":          {cursor.State{Since: noon(), Settled: true}, noon().Add(time.Second)},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := c.state.From(overlap); !got.Equal(c.want) {
				t.Errorf("From = %v, want %v", got, c.want)
			}
		})
	}
}

func TestAfterAWalk(t *testing.T) {
	later := noon().Add(time.Hour)
	seen := cursor.State{Since: noon(), Moved: noon(), Swept: noon().Add(-time.Hour)}
	settled := seen
	settled.Settled = true
	cases := map[string]struct {
		state cursor.State
		walk  cursor.Walk
		want  cursor.State
	}{
		"nothing newer, too early": {
			seen, cursor.Walk{Started: noon().Add(overlap - 1), Newest: noon()}, seen,
		},
		"nothing newer, an overlap later": {
			seen, cursor.Walk{Started: noon().Add(overlap), Newest: noon().Add(-time.Second)}, settled,
		},
		"something newer": {
			settled,
			cursor.Walk{Started: later, Newest: noon().Add(1)},
			cursor.State{Since: noon().Add(1), Moved: later, Swept: seen.Swept},
		},
		"settled, and nothing": {
			settled, cursor.Walk{Started: later}, settled,
		},
		"a sweep": {
			seen,
			cursor.Walk{Sweep: true, Started: noon().Add(time.Minute), Newest: noon()},
			cursor.State{Since: noon(), Moved: noon(), Swept: noon().Add(time.Minute)},
		},
		"the first sweep": {
			cursor.State{},
			cursor.Walk{Sweep: true, Started: noon(), Newest: noon().Add(-time.Hour)},
			cursor.State{Since: noon().Add(-time.Hour), Moved: later, Swept: noon()},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.state.Walk = &c.walk
			if diff := cmp.Diff(c.want, c.state.After(later, overlap)); diff != "" {
				t.Errorf("After (-want +got):\n%s", diff)
			}
			if c.state.Walk == nil {
				t.Error("After changed the state that it was asked about")
			}
		})
	}
}
