package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"vtq.internal/services/vtq/internal/check"
	"vtq.internal/services/vtq/internal/screen"
	"vtq.internal/shared/daemon"
)

func (c *cli) check() *cobra.Command {
	var f *format
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Tell whether the configuration, NATS, ThreatQ and the providers will do",
		Long: `Check reads the configuration and tries to reach NATS, ThreatQ and every provider
in use. Each line says what was tried and how to mend what is wrong. It spends no
quota and writes nothing. Who is asked about what shows in the line of the routes.

Exit code 0: vtq up will run. 1: something cannot be reached, or refuses.
2: the configuration is wrong.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.runCheck(cmd, *f) },
	}
	f = formatFlag(cmd, formatText, formatJSON)
	return cmd
}

// A checkReport is what -o json prints.
type checkReport struct {
	OK     bool           `json:"ok"`
	Checks []check.Result `json:"checks"`
}

func (c *cli) runCheck(cmd *cobra.Command, f format) error {
	ctx, stop := c.signals(cmd)
	defer stop()
	stdout := screen.Of(c.process.Stdout, c.process.Env)
	code := daemon.Done
	var report checkReport
	for result := range check.All(ctx, c.process.Env) {
		report.Checks = append(report.Checks, result)
		if f.chosen == formatText {
			showResult(stdout, result)
		}
		switch result.State {
		case check.Wrong:
			code = daemon.Misused
		case check.Failed:
			code = max(code, daemon.Failed)
		case check.OK, check.Note:
		}
	}
	report.OK = code == daemon.Done
	if f.chosen == formatJSON {
		if err := printJSON(c.process.Stdout, report); err != nil {
			return err
		}
	}
	return exit(code)
}

// checkIndent is where the text of a result begins: after its state and its name.
const checkIndent = 4 + 2 + 13 + 2

func showResult(s screen.Screen, r check.Result) {
	word, style := "ok", screen.Green
	switch r.State {
	case check.OK:
	case check.Note:
		word, style = "note", screen.Yellow
	case check.Failed, check.Wrong:
		word, style = "FAIL", screen.Red
	}
	head := fmt.Sprintf("%s  %s  ", s.Paint(style, fmt.Sprintf("%-4s", word)), s.Paint(screen.Bold, fmt.Sprintf("%-13s", r.Check)))
	s.Paragraph(head, checkIndent, screen.Plain, r.Tried+": "+r.Found)
	if r.Mend != "" {
		s.Paragraph(strings.Repeat(" ", checkIndent), checkIndent, screen.Dim, "-> "+r.Mend)
	}
}
