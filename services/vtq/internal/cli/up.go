package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"vtq.internal/services/lookup"
	"vtq.internal/services/vtq"
	"vtq.internal/services/vtq/internal/embedded"
	"vtq.internal/services/vtq/internal/screen"
	"vtq.internal/shared/admin"
	"vtq.internal/shared/config"
	"vtq.internal/shared/daemon"
	"vtq.internal/shared/dial"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/threatq"
)

func (c *cli) up() *cobra.Command {
	return &cobra.Command{
		Use:   "up",
		Short: "Run the pipeline: producer, lookup and writer in one process",
		Long: `Up runs all three stages in one process until it is told to stop (SIGTERM or
Ctrl-C; a second one does not wait for work in hand). It may be killed at any
moment and goes on where it was.

With NATS_URL set it uses that server, else it brings its own, which keeps what it
knows in VTQ_DATA_DIR. A ThreatQ or provider that is down is waited for.

VTQ_ADMIN_ADDRESS has it answer probes and serve metrics (/livez, /readyz,
/startupz, /metrics, /status); nothing is served unless it is set.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			var s vtq.Settings // Filled by the time that it is served.
			p := c.process
			p.Args, p.Env = nil, c.logEnvironment()
			return exit(daemon.Main(p, daemon.Service{
				Name: "vtq", Log: &s.Log, Settings: []any{&s}, Admin: &s.Admin, // No port is opened that nobody has asked for.
				WarnFunc: func() []string { return s.Providers.Warnings(s.Shutdown) },
				RunFunc: func(ctx context.Context, log zerolog.Logger, board *admin.Board) error {
					return serve(ctx, s, log, board)
				},
			}))
		},
	}
}

// logEnvironment lets logs be for people where people read them, and keeps colours out of files.
func (c *cli) logEnvironment() []string {
	env := c.process.Env
	stderr := screen.Of(c.process.Stderr, env)
	if stderr.Terminal && !c.isSet("LOG_FORMAT") {
		env = append(slices.Clip(env), "LOG_FORMAT="+config.LogConsole)
	}
	if !stderr.Color {
		env = append(slices.Clip(env), "NO_COLOR=1")
	}
	return env
}

// serve runs the pipeline until ctx ends.
func serve(ctx context.Context, s vtq.Settings, log zerolog.Logger, board *admin.Board) error {
	nc, at, closeFunc, err := connect(ctx, s, log)
	if err != nil {
		return err
	}
	defer closeFunc()
	board.Reached(nc)
	meter, err := threatq.NewMeter(board.Registerer())
	if err != nil {
		return err
	}
	library, err := dial.ThreatQ(s.ThreatQ, meter.Observe)
	if err != nil {
		return err
	}
	providers, err := lookup.ProvidersOf(s.Providers)
	if err != nil {
		return err
	}
	pipeline, err := vtq.New(ctx, vtq.Options{
		Settings: s, NATS: nc, ThreatQ: library, Providers: providers, Logger: log, Registerer: board.Registerer(), PulseFunc: board.Pulse,
	})
	if err != nil {
		return err
	}
	log.Info().Str("enriches", selection(s)).Str("threatq", s.ThreatQ.URL.String()).Str("asks", asked(s)).Str("data", at).
		Msg("enriching")
	for _, p := range providers {
		board.Account(p.Name, p.Account)
	}
	board.Began()
	return pipeline.Run(ctx)
}

// connect reaches the NATS server that is configured, or starts the embedded one. It tells where the data is.
func connect(ctx context.Context, s vtq.Settings, log zerolog.Logger) (nc *nats.Conn, at string, closeFunc func(), err error) {
	if len(s.NATS.URL) > 0 {
		nc, err := dial.NATS(ctx, s.NATS, "vtq", log)
		if err != nil {
			return nil, "", nil, err
		}
		return nc, "NATS " + nc.ConnectedUrlRedacted(), nc.Close, nil
	}
	server, err := embedded.Start(s.Data.Dir)
	if errors.Is(err, embedded.ErrLocked) {
		return nil, "", nil, fmt.Errorf("%w; stop that one, or set VTQ_DATA_DIR to another directory", err)
	}
	if err != nil {
		return nil, "", nil, err
	}
	if nc, err = server.Connect(dial.Watched(log)...); err != nil {
		server.Stop()
		return nil, "", nil, err
	}
	return nc, "directory " + s.Data.Dir, func() { nc.Close(); server.Stop() }, nil
}

// selection says what is enriched.
func selection(s vtq.Settings) string {
	switch {
	case s.Producer.Collection != "":
		return fmt.Sprintf("data collection %q", s.Producer.Collection)
	case s.Producer.SelectionFile != "":
		return "indicators named in " + s.Producer.SelectionFile
	}
	return "every indicator"
}

// asked says who is asked, and how fast.
func asked(s vtq.Settings) string {
	var all []string
	for _, name := range s.Providers.Routing.InUse() {
		pace := "without limit"
		if n := s.Providers.LimitsOf(name).Minute; n > 0 {
			pace = fmt.Sprintf("%d requests a minute", n)
		}
		all = append(all, provider.Title(name)+", "+pace)
	}
	return strings.Join(all, "; ")
}
