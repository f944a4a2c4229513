package stream_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/stream"
)

func TestPatiently(t *testing.T) {
	gone, missing := fmt.Errorf("opening: %w", nats.ErrTimeout), fmt.Errorf("opening: %w", jetstream.ErrStreamNotFound)
	cases := map[string]struct {
		errs  []error // Of the tries, before the one that works.
		want  error
		tries int
	}{
		"at once":                {nil, nil, 1},
		"when it is back":        {[]error{gone, context.DeadlineExceeded, &jetstream.APIError{Code: 503}}, nil, 4},
		"what is missing is not": {[]error{missing}, jetstream.ErrStreamNotFound, 1},
		"not waited for":         {[]error{gone, missing}, jetstream.ErrStreamNotFound, 2},
		"a closed connection":    {[]error{nats.ErrConnectionClosed}, nats.ErrConnectionClosed, 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began, tries, heard := time.Now(), 0, 0
				err := stream.Patiently(t.Context(), func(error) { heard++ }, func(context.Context) error {
					if tries++; tries <= len(c.errs) {
						return c.errs[tries-1]
					}
					return nil
				})
				if !errors.Is(err, c.want) || tries != c.tries || heard != tries-1 {
					t.Errorf("Patiently = %v after %d tries, %d told; want %v after %d", err, tries, heard, c.want, c.tries)
				}
				if took := time.Since(began); took > time.Duration(tries)*15*time.Second {
					t.Errorf("it took %v for %d tries", took, tries)
				}
			})
		})
	}
}

func TestPatientlyEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		why := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Hour, func() { cancel(why) })
		err := stream.Patiently(ctx, func(error) {}, func(context.Context) error { return nats.ErrTimeout })
		if !errors.Is(err, why) {
			t.Errorf("Patiently = %v, want the cause of the end", err)
		}
	})
}
