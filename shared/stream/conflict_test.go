package stream_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/stream"
)

func TestConflict(t *testing.T) {
	cases := map[string]struct {
		err  error
		want bool
	}{
		"nothing":                       {nil, false},
		"of a single server":            {&jetstream.APIError{ErrorCode: 10071}, true},
		"of a replicated stream":        {&jetstream.APIError{ErrorCode: 10164}, true},
		"wrapped":                       {fmt.Errorf("publishing: %w", &jetstream.APIError{ErrorCode: 10164}), true},
		"a key that is there":           {jetstream.ErrKeyExists, true},
		"a key that was changed":        {fmt.Errorf("%w: %w", &jetstream.APIError{ErrorCode: 10164}, jetstream.ErrKeyRevisionMismatch), true},
		"a full stream":                 {&jetstream.APIError{ErrorCode: 10077}, false},
		"another error":                 {errors.New("10071"), false},
		"a key that is not there":       {jetstream.ErrKeyNotFound, false},
		"the wrong stream for its name": {&jetstream.APIError{ErrorCode: 10060}, false},
	}
	for name, c := range cases {
		if got := stream.Conflict(c.err); got != c.want {
			t.Errorf("%s: Conflict(%v) = %t, want %t", name, c.err, got, c.want)
		}
	}
}

// TestAConflictIsOne asks a server.
func TestAConflictIsOne(t *testing.T) {
	inLab(t, func(l *lab) {
		for _, expected := range []uint64{7, 8} {
			_, err := l.js.Publish(l.Context(), verdictSubject(1), body(1), jetstream.WithExpectLastSequencePerSubject(expected))
			if !stream.Conflict(err) {
				l.Errorf("Conflict(%v) = false, want true", err)
			}
		}
	})
}
