// Command vtq-lookup takes jobs, asks the provider about each object once, and publishes the verdicts.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/rs/zerolog"

	"vtq.internal/services/lookup"
	"vtq.internal/shared/admin"
	"vtq.internal/shared/config"
	"vtq.internal/shared/daemon"
	"vtq.internal/shared/dial"
	"vtq.internal/shared/stream"
)

func main() {
	os.Exit(run(daemon.Process{Args: os.Args[1:], Env: os.Environ(), Stdout: os.Stdout, Stderr: os.Stderr, Exit: os.Exit}))
}

type settings struct {
	Providers config.Providers
	Lookup    lookup.Config
	Verdicts  config.Verdicts
	NATS      config.NATS
	Log       config.Log
	Shutdown  config.Shutdown
	Admin     config.Admin
}

func run(p daemon.Process) int {
	var s settings
	return daemon.Main(p, daemon.Service{
		Name: "vtq-lookup", Log: &s.Log, Settings: []any{&s}, Admin: &s.Admin, AdminAddress: admin.Address,
		WarnFunc: func() []string { return s.Providers.Warnings(s.Shutdown) },
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
	routes := s.Providers.Routing.Table()
	topology, err := stream.NewTopology(stream.Options{
		Replicas: s.NATS.Replicas, Routes: routes.RouteNames(), VerdictAge: s.Verdicts.Keep(),
	})
	if err != nil {
		return err
	}
	providers, err := lookup.ProvidersOf(s.Providers)
	if err != nil {
		return err
	}
	nc, err := dial.NATS(ctx, s.NATS, "lookup", log)
	if err != nil {
		return err
	}
	defer nc.Close()
	board.Reached(nc)
	if err := dial.Ready(ctx, nc, s.Verdicts.Keep(), stream.Jobs, stream.Verdicts, stream.DeadLetters, stream.Quota, stream.Spend); err != nil {
		return err
	}
	stage, err := lookup.New(lookup.Options{
		Config: s.Lookup, NATS: nc, Providers: providers, Routes: routes.Routes(),
		Policy: policy, Refresh: s.Verdicts.Refresh(), Topology: topology, Grace: s.Shutdown.Grace,
		Logger: log, Registerer: board.Registerer(), PulseFunc: board.Pulse,
	})
	if err != nil {
		return fmt.Errorf("making the lookup worker: %w", err)
	}
	for _, p := range providers {
		board.Account(p.Name, p.Account)
	}
	board.Began()
	return stage.Run(ctx)
}
