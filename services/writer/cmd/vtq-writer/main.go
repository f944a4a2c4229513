// Command vtq-writer takes verdicts and writes them onto the indicators in ThreatQ.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/rs/zerolog"

	"vtq.internal/services/writer"
	"vtq.internal/shared/admin"
	"vtq.internal/shared/config"
	"vtq.internal/shared/daemon"
	"vtq.internal/shared/dial"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/threatq"
)

func main() {
	os.Exit(run(daemon.Process{Args: os.Args[1:], Env: os.Environ(), Stdout: os.Stdout, Stderr: os.Stderr, Exit: os.Exit}))
}

// settings lack the key of the provider, which is none of the writer's business.
type settings struct {
	ThreatQ  config.ThreatQ
	Writer   writer.Config
	Verdicts config.Verdicts
	NATS     config.NATS
	Log      config.Log
	Shutdown config.Shutdown
	Admin    config.Admin
}

func run(p daemon.Process) int {
	var s settings
	return daemon.Main(p, daemon.Service{
		Name: "vtq-writer", Log: &s.Log, Settings: []any{&s}, Admin: &s.Admin, AdminAddress: admin.Address,
		RunFunc: func(ctx context.Context, log zerolog.Logger, board *admin.Board) error {
			return serve(ctx, s, log, board)
		},
	})
}

func serve(ctx context.Context, s settings, log zerolog.Logger, board *admin.Board) error {
	policy, err := s.Verdicts.Policy()
	if err != nil {
		return err
	}
	meter, err := threatq.NewMeter(board.Registerer())
	if err != nil {
		return err
	}
	library, err := dial.ThreatQ(s.ThreatQ, meter.Observe)
	if err != nil {
		return err
	}
	nc, err := dial.NATS(ctx, s.NATS, "writer", log)
	if err != nil {
		return err
	}
	defer nc.Close()
	board.Reached(nc)
	if err := dial.Ready(ctx, nc, s.Verdicts.Keep(), stream.Verdicts, stream.DeadLetters, stream.Written); err != nil {
		return err
	}
	stage, err := writer.New(writer.Options{
		Config: s.Writer, NATS: nc, ThreatQ: library, Policy: policy, Grace: s.Shutdown.Grace,
		Logger: log, Registerer: board.Registerer(), PulseFunc: board.Pulse,
	})
	if err != nil {
		return fmt.Errorf("making the writer: %w", err)
	}
	board.Began()
	return stage.Run(ctx)
}
