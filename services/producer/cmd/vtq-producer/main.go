// Command vtq-producer reads indicators from ThreatQ and puts those that have to be asked about into the job stream.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/rs/zerolog"

	"vtq.internal/services/producer"
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

type settings struct {
	ThreatQ  config.ThreatQ
	Routing  config.Routing
	Producer producer.Config
	Verdicts config.Verdicts
	NATS     config.NATS
	Log      config.Log
	Shutdown config.Shutdown
	Admin    config.Admin
}

func run(p daemon.Process) int {
	var s settings
	return daemon.Main(p, daemon.Service{
		Name: "vtq-producer", Log: &s.Log, Settings: []any{&s}, Admin: &s.Admin, AdminAddress: admin.Address,
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
	nc, err := dial.NATS(ctx, s.NATS, "producer", log)
	if err != nil {
		return err
	}
	defer nc.Close()
	board.Reached(nc)
	if err := dial.Ready(ctx, nc, s.Verdicts.Keep(), stream.Jobs, stream.Verdicts, stream.DeadLetters); err != nil {
		return err
	}
	stage, err := producer.New(producer.Options{
		Config: s.Producer, NATS: nc, ThreatQ: library, Site: s.ThreatQ.URL.String(),
		Policy: policy, Refresh: s.Verdicts.Refresh(), Routes: s.Routing.Table(),
		Logger: log, Registerer: board.Registerer(), PulseFunc: board.Pulse,
	})
	if err != nil {
		return fmt.Errorf("making the producer: %w", err)
	}
	board.Began()
	return stage.Run(ctx)
}
