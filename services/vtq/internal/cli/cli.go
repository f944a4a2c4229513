package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"vtq.internal/shared/config"
	"vtq.internal/shared/daemon"
	"vtq.internal/shared/dial"
)

// Main runs the command that the arguments name, and returns the exit code.
func Main(p daemon.Process) int {
	c := &cli{process: p}
	return c.code(c.root().ExecuteContext(context.Background()))
}

// A cli is one run of the command.
type cli struct {
	process daemon.Process
	// understood is set once cobra has made sense of the command line: an error before that is a misuse.
	understood bool
}

func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "vtq",
		Short: "Enriches ThreatQ indicators with what VirusTotal knows about them",
		Long: `vtq reads indicators from ThreatQ, asks VirusTotal about each within the quota of
its API key, and writes the answers back as attributes. It is configured by
environment variables; "vtq check" tells whether they will do.`,
		Version:       strings.TrimPrefix(dial.Product(), "vtq/"),
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRun: func(*cobra.Command, []string) {
			c.understood = true
		},
	}
	root.Flags().Bool("version", false, "print the version") // Without -v, which is for verbosity elsewhere.
	root.SetVersionTemplate("vtq {{.Version}}\n")
	root.SetArgs(c.process.Args) // cobra would read os.Args.
	root.SetOut(c.process.Stdout)
	root.SetErr(c.process.Stderr)
	root.AddCommand(c.up(), c.check(), c.setup(), c.credentials(), c.lookup(), c.pause(), c.resume(), c.deadletters(), c.replay(), c.demo(), c.simulate())
	return root
}

// An exitError ends the command with a code, when all that there is to say has been said.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// exit is nil for success.
func exit(code int) error {
	if code == daemon.Done {
		return nil
	}
	return exitError(code)
}

// A misuseError is a mistake on the command line that cobra does not know of.
type misuseError struct{ error }

func (e misuseError) Unwrap() error { return e.error }

// code says an error that has not been said, and picks the exit code.
func (c *cli) code(err error) int {
	if err == nil {
		return daemon.Done
	}
	if said, ok := errors.AsType[exitError](err); ok {
		return int(said)
	}
	c.complain("vtq: %v\n", err)
	if !c.understood {
		c.complain("Run 'vtq --help' for usage.\n")
		return daemon.Misused
	}
	if _, ok := errors.AsType[misuseError](err); ok || errors.Is(err, config.ErrInvalid) {
		return daemon.Misused
	}
	return daemon.Failed
}

// complain writes for a person. There is nobody to tell when that fails.
func (c *cli) complain(format string, args ...any) {
	_, _ = fmt.Fprintf(c.process.Stderr, format, args...)
}

// signals gives the context of a command that runs for a while.
func (c *cli) signals(cmd *cobra.Command) (context.Context, context.CancelFunc) {
	return daemon.Signals(cmd.Context(), c.process.Exit)
}

// isSet tells whether the environment has a value for a variable; an empty one counts as unset, as everywhere.
func (c *cli) isSet(name string) bool {
	set := false
	for _, entry := range c.process.Env {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			set = value != ""
		}
	}
	return set
}
