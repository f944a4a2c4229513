// Package daemon is how a service process begins and ends.
//
// The environment is read once; what is wrong with it is said all at once, and the process exits with 2. SIGTERM or SIGINT ends
// the intake, and the process exits with 0 when what was in hand is finished; a second signal ends it at once. Anything else
// that ends a service is said, and exits with 1.
//
// Spans are sent where OpenTelemetry's variables say so (package telemetry); what is left of them is sent when the service has ended.
//
// Probes are answered (package admin) from before the service begins until after it has ended. Readiness ends before the intake does.
package daemon

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/rs/zerolog"

	"vtq.internal/shared/admin"
	"vtq.internal/shared/config"
	"vtq.internal/shared/dial"
	"vtq.internal/shared/lifecycle"
	"vtq.internal/shared/logging"
	"vtq.internal/shared/telemetry"
)

// Exit codes of every program of this project.
const (
	Done    = 0 // Ended in order.
	Failed  = 1 // Could not go on.
	Misused = 2 // The configuration or the command line is wrong: trying again cannot help.
)

// A Process is what a program is given by its surroundings.
type Process struct {
	Args           []string // Without the program's name.
	Env            []string
	Stdout, Stderr io.Writer
	Exit           func(code int) // Ends the process at once, for a second signal.
}

// A Service is a program that runs until it is told to stop.
type Service struct {
	Name string
	// Log points to the part of the settings that says how to log.
	Log *config.Log
	// Settings are pointers to all structs that the environment fills, Log's among them or around it.
	Settings []any
	// Admin points to the part of the settings that says where probes are answered, and AdminAddress is where that is unless they say
	// so. Without either no probe is answered.
	Admin        *config.Admin
	AdminAddress string
	// WarnFunc gives a line for whatever in the settings works, and works badly. Without one there is nothing of the kind.
	WarnFunc func() []string
	// RunFunc runs the service until ctx ends. It posts on the board how far it has come. The tracer of the process is in ctx.
	RunFunc func(ctx context.Context, log zerolog.Logger, board *admin.Board) error
}

// Main runs a service and returns its exit code.
func Main(p Process, s Service) int {
	flags := flag.NewFlagSet(s.Name, flag.ContinueOnError)
	flags.SetOutput(p.Stderr)
	version := flags.Bool("version", false, "print the version and exit")
	check := flags.Bool("check-config", false, "read the environment, say what is wrong with it, and exit")
	if err := flags.Parse(p.Args); err != nil {
		return misused(err)
	}
	if flags.NArg() > 0 {
		say(p.Stderr, "%s: %q: it takes no arguments, only flags; its settings come from the environment\n", s.Name, flags.Arg(0))
		return Misused
	}
	if *version {
		say(p.Stdout, "%s %s\n", s.Name, dial.Product())
		return Done
	}
	if err := config.Load(p.Env, s.Settings...); err != nil {
		say(p.Stderr, "%s: %v\n", s.Name, err)
		return Misused
	}
	if *check {
		for _, warning := range s.warnings(p.Env) {
			say(p.Stderr, "%s: warning: %s\n", s.Name, warning)
		}
		say(p.Stdout, "%s: the configuration is fine\n", s.Name)
		return Done
	}
	return run(p, s)
}

// ended says why a service ended. A panic is said with its stack, once.
func ended(log zerolog.Logger, err error) {
	event := log.Error().Err(err)
	if panicked, ok := errors.AsType[*lifecycle.PanicError](err); ok {
		event = event.Bytes("stack", panicked.Stack)
	}
	event.Msg("ended")
}

func misused(err error) int {
	if errors.Is(err, flag.ErrHelp) {
		return Done
	}
	return Misused
}

func run(p Process, s Service) int {
	log := logging.New(p.Stderr, *s.Log, s.Name)
	for _, warning := range s.warnings(p.Env) {
		log.Warn().Msg(warning)
	}
	ctx, stop := Signals(context.Background(), p.Exit)
	defer stop()
	log.Info().Str("version", dial.Product()).Msg("started")
	tracer := telemetry.New(ctx, telemetry.Program{Env: p.Env, Name: s.Name, Version: dial.Version(), Log: log})
	defer tracer.Close() // When all work has ended.
	if err := s.watched(tracer.Context(ctx), log); err != nil {
		ended(log, err)
		return Failed
	}
	log.Info().Msg("stopped")
	return Done
}

// Signals gives a context that ends with lifecycle.ErrShutdown at the first SIGTERM or SIGINT. At the second, exit is called.
func Signals(parent context.Context, exit func(code int)) (context.Context, context.CancelFunc) {
	signals := make(chan os.Signal, 2) // Two are all that count.
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	ctx, cancel := lifecycle.WithSignals(parent, signals, exit)
	return ctx, func() { signal.Stop(signals); cancel() }
}

// say writes for a person. There is nobody to tell when that fails.
func say(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }
