package stream

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/lifecycle"
)

const (
	// minPatience and maxPatience bound the wait between two tries to begin: an election takes up to 7 s, and whoever mends a server
	// wants to see the stages come back.
	minPatience, maxPatience = time.Second, 15 * time.Second
)

// Patiently does what a stage begins with, again while the server cannot be asked: it is away, or elects a leader. Told hears of each
// failure. Any other error is returned, as what is missing does not come by waiting, and so is the cause of the end of ctx.
func Patiently(ctx context.Context, told func(error), begin func(context.Context) error) error {
	for wait := minPatience; ; wait = min(2*wait, maxPatience) {
		err := begin(ctx)
		switch {
		case err == nil, !away(err):
			return err
		case ctx.Err() != nil:
			return context.Cause(ctx)
		}
		told(err)
		if !lifecycle.Sleep(ctx, wait/2+rand.N(wait)) { //nolint:gosec // Jitter, not a secret.
			return context.Cause(ctx)
		}
	}
}

// away tells that nobody answered who could have known.
func away(err error) bool {
	if refused, ok := errors.AsType[*jetstream.APIError](err); ok {
		return refused.Code == http.StatusServiceUnavailable // There is no leader.
	}
	for _, silence := range []error{
		context.DeadlineExceeded, nats.ErrTimeout, nats.ErrNoResponders, nats.ErrDisconnected, nats.ErrConnectionReconnecting, nats.ErrNoServers,
	} {
		if errors.Is(err, silence) {
			return true
		}
	}
	return false
}
