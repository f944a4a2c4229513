package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"vtq.internal/services/vtq"
	"vtq.internal/services/vtq/internal/inquiry"
	"vtq.internal/shared/config"
	"vtq.internal/shared/dial"
	"vtq.internal/shared/recall"
	"vtq.internal/shared/stream"
)

const (
	// defaultPatience holds one request at the pace of a public key, which is one in 15 s, for each of four values.
	defaultPatience = time.Minute
	// maxPatience is for how long the stream of urgent jobs keeps one.
	maxPatience = 15 * time.Minute
	// whyTimeout bounds finding out why no answer came.
	whyTimeout = 5 * time.Second
)

// lookupFlags are the flags of `vtq lookup`.
type lookupFlags struct {
	format   *format
	patience time.Duration
	cached   bool
}

func (c *cli) lookup() *cobra.Command {
	var f lookupFlags
	cmd := &cobra.Command{
		Use:   "lookup VALUE...",
		Short: "Ask the running pipeline about hashes, URLs, domains and addresses",
		Long: fmt.Sprintf(`Lookup prints what is known about each value: a hash, URL, domain name or IP
address, defanged or not. What the pipeline does not know yet it is asked for:
its workers ask the provider, before everything else that waits, within the same
quota. Nothing is written to ThreatQ.

Values are arguments or, with - or none, lines of standard input; there, empty
lines and those that begin with # are left out. At most %d at a time.

The pipeline is the one whose NATS server NATS_URL names, else the vtq up that
keeps its data in VTQ_DATA_DIR. What VTQ_INTERNAL_SUFFIXES covers is not asked
about, and the VTQ_REFRESH_ variables say how old a known answer may be: set them
as for the pipeline.

-o json prints one document: ok, and answers with an entry for each value (value,
type, kind, object, class, severity, detections, counts, engines, threat_label,
file_name, link, asked, cached, or error with the reason).

Exit code 0: every value is answered, where "Not Found" is an answer. 1: some are
not. 2: the command line or the configuration is wrong.`, maxValues),
		Example: `  vtq lookup quiet-harbor.com 198.51.100.7
  vtq lookup --cached - < hashes.txt`,
		RunE: func(cmd *cobra.Command, args []string) error { return c.runLookup(cmd, args, f) },
	}
	f.format = formatFlag(cmd, formatTable, formatJSON)
	cmd.Flags().DurationVar(&f.patience, "timeout", defaultPatience, "how `long` to wait for all answers, up to "+maxPatience.String())
	cmd.Flags().BoolVar(&f.cached, "cached", false, "tell what is known, and ask nobody")
	return cmd
}

func (c *cli) runLookup(cmd *cobra.Command, args []string, f lookupFlags) error {
	if f.patience <= 0 || f.patience > maxPatience {
		return misuseError{fmt.Errorf("--timeout: want more than 0s and at most %v (got %v)", maxPatience, f.patience)}
	}
	var s vtq.Settings
	// Of the producer's settings only the domains of the house matter.
	if err := config.Load(c.process.Env, &s.NATS, &s.Verdicts, &s.Producer, &s.Providers.Routing, &s.Data); err != nil {
		return err
	}
	values, err := valuesOf(args, cmd.InOrStdin())
	if err != nil {
		return misuseError{err}
	}
	ctx, stop := c.signals(cmd)
	defer stop()
	ctx, flush := c.traced(ctx)
	defer flush()
	nc, err := reach(ctx, s, "inquiry")
	if err != nil {
		return err
	}
	defer nc.Close()
	inquirer, err := newInquirer(ctx, nc, s)
	if err != nil {
		return err
	}
	answers := inquire(ctx, inquirer, values, f)
	if err := c.showAnswers(answers, s.Verdicts, f.format.chosen); err != nil { // Of an interrupted one, too: some may be paid for.
		return err
	}
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	return verdictOn(ctx, inquirer, answers, f)
}

func newInquirer(ctx context.Context, nc *nats.Conn, s vtq.Settings) (*inquiry.Inquirer, error) {
	// How long verdicts are kept is no concern of somebody who reads them once.
	if err := dial.Ready(ctx, nc, 0, stream.Verdicts, stream.Urgent); err != nil {
		return nil, err
	}
	policy, err := s.Verdicts.Policy()
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("looking up: %w", err)
	}
	verdicts, err := js.Stream(ctx, stream.Verdicts)
	if err != nil {
		return nil, fmt.Errorf("opening the verdicts: %w", err)
	}
	return &inquiry.Inquirer{
		NATS: nc, JS: js, Routes: s.Providers.Routing.Table(), InternalSuffixes: s.Producer.InternalSuffixes,
		Memory: recall.Memory{Stream: verdicts, Policy: policy, Refresh: s.Verdicts.Refresh()},
	}, nil
}

// inquire gets all answers that can be had in time.
func inquire(ctx context.Context, q *inquiry.Inquirer, values []string, f lookupFlags) []inquiry.Answer {
	ctx, cancel := context.WithTimeout(ctx, f.patience)
	defer cancel()
	if f.cached {
		return q.Recall(ctx, values)
	}
	return q.Ask(ctx, values)
}

// verdictOn is nil when every value is answered. Else it says how many are not and, of those for which it was waited, why.
func verdictOn(ctx context.Context, q *inquiry.Inquirer, answers []inquiry.Answer, f lookupFlags) error {
	open, late := 0, false
	for _, a := range answers {
		if a.Err != nil {
			open++
		}
		late = late || errors.Is(a.Err, inquiry.ErrNoAnswer)
	}
	switch {
	case open == 0:
		return nil
	case !late:
		return fmt.Errorf("%d of %d values have no answer", open, len(answers))
	}
	return fmt.Errorf("%d of %d values have no answer after %v: %s", open, len(answers), f.patience, why(ctx, q))
}

// why says what keeps the workers from answering, as far as the server knows.
func why(ctx context.Context, q *inquiry.Inquirer) string {
	ctx, cancel := context.WithTimeout(ctx, whyTimeout)
	defer cancel()
	obstacle, err := q.Obstacle(ctx)
	switch {
	case err != nil:
		return "what keeps them cannot be found out: " + err.Error()
	case obstacle == "":
		return "they wait their turn within the quota; the answers come all the same, ask again later"
	}
	return obstacle
}
