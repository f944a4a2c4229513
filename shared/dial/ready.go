package dial

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/stream"
)

// Ready tells whether a server will do for a service, which makes no streams itself: it is new enough, the streams are there, and
// verdicts, if they are among them, are kept for as long as keep: one that vanishes before it is due for a refresh would be asked
// for with every sweep. The account needs the right to ask for the information about each stream; an answer takes up to 5 s.
func Ready(ctx context.Context, nc *nats.Conn, keep time.Duration, streams ...string) error {
	if err := stream.CheckServer(nc); err != nil {
		return fmt.Errorf("NATS_URL: %w", err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return fmt.Errorf("looking for the streams: %w", err)
	}
	var all []error
	for _, name := range streams {
		all = append(all, ready(ctx, js, keep, name))
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return errors.Join(all...)
}

func ready(ctx context.Context, js jetstream.JetStream, keep time.Duration, name string) error {
	there, err := js.Stream(ctx, name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return fmt.Errorf("stream %s is missing; run vtq setup, which makes it: %w", name, err)
	}
	if err != nil {
		return fmt.Errorf("looking for stream %s: %w", name, err)
	}
	age := there.CachedInfo().Config.MaxAge
	if name == stream.Verdicts && age != 0 && age < keep { // Zero is without end.
		return fmt.Errorf("stream %s keeps messages for %v, the VTQ_REFRESH_ variables need %v; run vtq setup with the same variables",
			name, age, keep)
	}
	return nil
}
