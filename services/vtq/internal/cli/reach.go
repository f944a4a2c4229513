package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"vtq.internal/services/vtq"
	"vtq.internal/services/vtq/internal/embedded"
	"vtq.internal/shared/dial"
	"vtq.internal/shared/telemetry"
)

// operate connects to the pipeline that runs, in the role of an operator, for as long as f works. The context ends with a signal.
func (c *cli) operate(cmd *cobra.Command, s vtq.Settings, f func(context.Context, jetstream.JetStream) error) error {
	ctx, stop := c.signals(cmd)
	defer stop()
	ctx, flush := c.traced(ctx)
	defer flush()
	nc, err := reach(ctx, s, "operator")
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return fmt.Errorf("opening JetStream: %w", err)
	}
	err = f(ctx, js)
	for _, missing := range []error{jetstream.ErrStreamNotFound, jetstream.ErrBucketNotFound, jetstream.ErrConsumerNotFound} {
		if errors.Is(err, missing) {
			return fmt.Errorf("%w; vtq up and vtq setup make the streams", err)
		}
	}
	return err
}

// traced gives a context whose spans go where OpenTelemetry's variables say. What is wrong with them is no concern of somebody who is at
// a terminal.
func (c *cli) traced(ctx context.Context) (_ context.Context, flush func()) {
	tracer := telemetry.New(ctx, telemetry.Program{Env: c.process.Env, Name: "vtq", Version: dial.Version(), Log: zerolog.Nop()})
	return tracer.Context(ctx), tracer.Close
}

// reach connects to the server of the pipeline that runs, in a role.
func reach(ctx context.Context, s vtq.Settings, role string) (*nats.Conn, error) {
	at := s.NATS
	if len(at.URL) == 0 {
		var err error
		at, err = embedded.Find(s.Data.Dir)
		if errors.Is(err, embedded.ErrNotRunning) {
			return nil, fmt.Errorf("%w; start vtq up, set VTQ_DATA_DIR to the directory of one that runs, or NATS_URL to the server of the services", err)
		}
		if err != nil {
			return nil, err
		}
	}
	return dial.NATS(ctx, at, role, zerolog.Nop())
}
