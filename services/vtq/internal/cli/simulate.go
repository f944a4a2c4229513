package cli

import (
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vtq.internal/services/vtq/internal/simulation"
)

// simulateFlags are the flags of `vtq simulate`.
type simulateFlags struct {
	listen                      string
	threatQPort, virusTotalPort uint16
	reports                     string
	latency                     time.Duration
	perMinute, perDay           int
}

func (c *cli) simulate() *cobra.Command {
	var f simulateFlags
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Serve a simulated ThreatQ and a simulated VirusTotal",
		Long: `Simulate serves a simulated ThreatQ and a simulated VirusTotal, as strict as the
vendors', until it is told to stop. It prints what to set so that vtq, or any
other client of either, finds them:

  rm -f simulators.env
  vtq simulate > simulators.env &
  until [ -s simulators.env ]; do sleep 1; done
  . ./simulators.env
  vtq up

ThreatQ has 200 made-up indicators, VirusTotal the reports about them; or, with
--reports, those of report files as VirusTotal's API v3 returns them.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.runSimulate(cmd, f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", "127.0.0.1", "`address` to listen on")
	flags.Uint16Var(&f.threatQPort, "threatq-port", 0, "`port` of ThreatQ; 0 lets the system pick one")
	flags.Uint16Var(&f.virusTotalPort, "virustotal-port", 0, "`port` of VirusTotal; 0 lets the system pick one")
	flags.StringVar(&f.reports, "reports", "", "serve the report files (*.json) below this `directory`")
	flags.DurationVar(&f.latency, "latency", 60*time.Millisecond, "how long VirusTotal takes to answer")
	flags.IntVar(&f.perMinute, "requests-per-minute", 240, "what the API key may ask in a minute; 4 is a public key, 0 no limit")
	flags.IntVar(&f.perDay, "requests-per-day", 0, "what the API key may ask in a day; 0 is no limit")
	_ = cmd.MarkFlagDirname("reports") // The flag is there.
	return cmd
}

func (c *cli) runSimulate(cmd *cobra.Command, f simulateFlags) error {
	rounds, skipped, err := seeds(f.reports)
	if err != nil {
		return err
	}
	for _, skip := range skipped {
		c.complain("not served: %s: %s\n", skip.Path, skip.Reason)
	}
	for _, round := range rounds[1:] {
		for _, seed := range round {
			c.complain("not served: %s: another report of its object is\n", seed.Path)
		}
	}
	// From here on a signal ends it in order, with a count of what was asked.
	ctx, stop := c.signals(cmd)
	defer stop()
	sim, err := simulation.Listen(ctx, simulation.Options{
		ThreatQ: address(f.listen, f.threatQPort), VirusTotal: address(f.listen, f.virusTotalPort),
		PerMinute: max(f.perMinute, 0), PerDay: max(f.perDay, 0), VirusTotalLatency: f.latency,
	})
	if err != nil {
		return err
	}
	defer sim.Close()
	if _, err := sim.Fill(rounds[0]); err != nil {
		return err
	}
	// In one piece: whoever waits for the file to be filled must not find half of it.
	lines := "export " + strings.Join(sim.Environment(), "\nexport ") + "\n"
	_, _ = io.WriteString(c.process.Stdout, lines) // Whoever closed it does not want it.
	c.complain("serving %d indicators; Ctrl-C stops\n", len(rounds[0]))
	err = sim.Run(ctx)
	c.complain("ThreatQ had %d requests, %d of them writes; VirusTotal had %d, %d of them counted against the quota\n",
		sim.ThreatQ.Requests(), sim.ThreatQ.Writes(), sim.VirusTotal.Requests().Total(), sim.VirusTotal.Lookups())
	return err
}

func address(host string, port uint16) string { return net.JoinHostPort(host, strconv.Itoa(int(port))) }
