package cli

import (
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vtq.internal/services/vtq/internal/simulation"
	"vtq.internal/shared/provider"
)

// simulateFlags are the flags of `vtq simulate`.
type simulateFlags struct {
	provider                                       *simulated
	listen                                         string
	threatQPort, virusTotalPort, reversingLabsPort uint16
	reports                                        string
	latency                                        time.Duration
	perMinute, perDay, besidePerDay                int
}

func (c *cli) simulate() *cobra.Command {
	var f simulateFlags
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Serve a simulated ThreatQ and simulated providers",
		Long: `Simulate serves a simulated ThreatQ and a simulated VirusTotal, as strict as the
vendors', until it is told to stop. It prints what to set so that vtq, or any
other client of either, finds them:

  rm -f simulators.env
  vtq simulate > simulators.env &
  until [ -s simulators.env ]; do sleep 1; done
  . ./simulators.env
  vtq up

With --provider reversinglabs ReversingLabs takes VirusTotal's place; both has it
stand beside VirusTotal, with its own API for up to 100 hashes in one request.

ThreatQ has 200 made-up indicators, the providers the reports about them; or, with
--reports, those of report files as VirusTotal's API v3 returns them.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.runSimulate(cmd, f) },
	}
	f.provider = providerFlag(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", "127.0.0.1", "`address` to listen on")
	flags.Uint16Var(&f.threatQPort, "threatq-port", 0, "`port` of ThreatQ; 0 lets the system pick one")
	flags.Uint16Var(&f.virusTotalPort, "virustotal-port", 0, "`port` of VirusTotal; 0 lets the system pick one")
	flags.Uint16Var(&f.reversingLabsPort, "reversinglabs-port", 0, "`port` of ReversingLabs; 0 lets the system pick one")
	flags.StringVar(&f.reports, "reports", "", "serve the report files (*.json) below this `directory`")
	flags.DurationVar(&f.latency, "latency", 60*time.Millisecond, "how long a provider takes to answer")
	flags.IntVar(&f.perMinute, "requests-per-minute", 240, "what the API key may ask in a minute; 4 is a public key, 0 no limit")
	flags.IntVar(&f.perDay, "requests-per-day", 0, "what the API key may ask in a day; 0 is no limit")
	flags.IntVar(&f.besidePerDay, "reversinglabs-per-day", 0, "what ReversingLabs beside VirusTotal may be asked in a day; 0 is no limit")
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
		Providers: f.provider.providers(), ThreatQ: address(f.listen, f.threatQPort),
		VirusTotal: address(f.listen, f.virusTotalPort), ReversingLabs: address(f.listen, f.reversingLabsPort),
		PerMinute: max(f.perMinute, 0), PerDay: max(f.perDay, 0), BesidePerDay: max(f.besidePerDay, 0),
		VirusTotalLatency: f.latency, ReversingLabsLatency: f.latency,
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
	c.complain("ThreatQ had %d requests, %d of them writes%s\n", sim.ThreatQ.Requests(), sim.ThreatQ.Writes(), requested(sim, f.provider.providers()))
	return err
}

// requested says what the providers were asked.
func requested(sim *simulation.Simulation, providers []string) string {
	var b strings.Builder
	for _, name := range providers {
		requests, spent := sim.VirusTotal.Requests().Total(), sim.VirusTotal.Lookups()
		if name == provider.ReversingLabs {
			requests, spent = sim.ReversingLabs.Requests().Total(), sim.ReversingLabs.Billed()
		}
		fmt.Fprintf(&b, "; %s had %d, %d counted against the quota", provider.Title(name), requests, spent)
	}
	return b.String()
}

func address(host string, port uint16) string { return net.JoinHostPort(host, strconv.Itoa(int(port))) }
