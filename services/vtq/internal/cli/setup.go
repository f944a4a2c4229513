package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"vtq.internal/services/vtq"
	"vtq.internal/shared/config"
	"vtq.internal/shared/dial"
	"vtq.internal/shared/lifecycle"
	"vtq.internal/shared/stream"
)

// setupPause parts two attempts to reach the server that setup waits for.
const setupPause = 2 * time.Second

// setupFlags are the flags of `vtq setup`.
type setupFlags struct {
	patience time.Duration
	shrink   bool
}

func (c *cli) setup() *cobra.Command {
	var f setupFlags
	cmd := &cobra.Command{
		Use:   "setup",
		Short: "Create the streams on a NATS server, or bring them up to date",
		Long: `Setup creates the streams and consumers that the services need on the server that
NATS_URL names, and brings those that are there up to date. It can run any number
of times. The services only use what is there, so that their accounts need no
right to create anything; vtq up does the same for itself.

It refuses to take something away: copies of a stream, or what a shorter age or a
smaller bound would have the server drop. A shell without NATS_REPLICAS and the
VTQ_REFRESH_ variables of the services asks for just that. With --shrink it does
so, and what was dropped is gone.

With --wait it waits for a server that does not answer yet, or for a cluster that
has no leader yet, as one that is being installed along with the services.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.runSetup(cmd, f) },
	}
	cmd.Flags().DurationVar(&f.patience, "wait", 0, "how long to wait for a server that is not ready")
	cmd.Flags().BoolVar(&f.shrink, "shrink", false, "also have fewer copies, shorter ages and smaller bounds than stand there")
	return cmd
}

func (c *cli) runSetup(cmd *cobra.Command, f setupFlags) error {
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
	if err := insist(ctx, f.patience, func() error { return arrange(ctx, s.NATS, topology, f.shrink) }); err != nil {
		return err
	}
	for _, made := range topology.Streams {
		_, _ = fmt.Fprintf(c.process.Stdout, "%-15s  %s\n", made.Name, made.Description) // Whoever closed it does not want it.
	}
	return nil
}

// arrange connects and makes the topology, which takes something away only where shrink says so.
func arrange(ctx context.Context, at config.NATS, topology stream.Topology, shrink bool) error {
	nc, err := dial.NATS(ctx, at, "setup", zerolog.Nop())
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
	makeFunc := stream.Extend
	if shrink {
		makeFunc = stream.Ensure
	}
	if err := makeFunc(ctx, js, topology); err != nil {
		return fmt.Errorf("setting up: %w", err)
	}
	return nil
}

// insist tries again, for as long as the patience lasts, what may be only too early. All of it can run any number of times.
func insist(ctx context.Context, patience time.Duration, try func() error) error {
	end := time.Now().Add(patience)
	for {
		err := try()
		if err == nil || !early(err) || time.Now().After(end) || !lifecycle.Sleep(ctx, setupPause) {
			return err
		}
	}
}

// early tells that a server may only not be there yet, or not be ready: it has no address, does not listen, elects a leader, or misses
// its peers. What is wrong with the settings, with a file, a certificate or a login is no better later, nor is what JetStream refuses.
func early(err error) bool {
	if refused, ok := errors.AsType[*jetstream.APIError](err); ok {
		return soon(refused)
	}
	for _, silence := range []error{
		context.DeadlineExceeded, nats.ErrTimeout, nats.ErrNoResponders, nats.ErrDisconnected, nats.ErrNoServers,
		nats.ErrConnectionClosed, nats.ErrConnectionReconnecting, jetstream.ErrNoStreamResponse, io.EOF,
	} {
		if errors.Is(err, silence) {
			return true
		}
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return false
	}
	network, ok := errors.AsType[*net.OpError](err)
	return ok && network.Op != "remote error" // So crypto/tls names an alert: the server does not like our certificate.
}

// soon tells that JetStream may do later what it refuses now (nats-server 2.15).
func soon(refused *jetstream.APIError) bool {
	const noPeers, noResources = 10005, 10023
	final := []jetstream.ErrorCode{noResources, jetstream.JSErrCodeJetStreamNotEnabled, jetstream.JSErrCodeJetStreamNotEnabledForAccount}
	if slices.Contains(final, refused.ErrorCode) {
		return false
	}
	// No leader, or one that is not ready (10008), or a cluster that is not whole yet.
	return refused.Code == http.StatusServiceUnavailable || refused.ErrorCode == noPeers
}
