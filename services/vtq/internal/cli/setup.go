package cli

import (
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"vtq.internal/services/vtq"
	"vtq.internal/shared/config"
	"vtq.internal/shared/dial"
	"vtq.internal/shared/stream"
)

func (c *cli) setup() *cobra.Command {
	return &cobra.Command{
		Use:   "setup",
		Short: "Create the streams on a NATS server, or bring them up to date",
		Long: `Setup creates the streams and consumers that the services need on the server that
NATS_URL names, and brings those that are there up to date. It can run any number
of times. The services only use what is there, so that their accounts need no
right to create anything; vtq up does the same for itself.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.runSetup(cmd) },
	}
}

func (c *cli) runSetup(cmd *cobra.Command) error {
	var s vtq.Settings
	// NATS_REPLICAS and the ages of verdicts shape the streams; the rest of the environment is not asked for.
	if err := config.Load(c.process.Env, &s.NATS, &s.Verdicts, &s.Providers.Routing); err != nil {
		return err
	}
	if len(s.NATS.URL) == 0 {
		return fmt.Errorf("%w:\nNATS_URL: must be set; the server that vtq up brings needs no setup", config.ErrInvalid)
	}
	topology, err := s.Topology()
	if err != nil {
		return err
	}
	ctx, stop := c.signals(cmd)
	defer stop()
	nc, err := dial.NATS(ctx, s.NATS, "setup", zerolog.Nop())
	if err != nil {
		return err
	}
	defer nc.Close()
	if err := stream.CheckServer(nc); err != nil {
		return err
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return fmt.Errorf("setting up: %w", err)
	}
	if err := stream.Ensure(ctx, js, topology); err != nil {
		return fmt.Errorf("setting up: %w", err)
	}
	for _, made := range topology.Streams {
		_, _ = fmt.Fprintf(c.process.Stdout, "%-15s  %s\n", made.Name, made.Description) // Whoever closed it does not want it.
	}
	return nil
}
