package daemon

import (
	"context"
	"errors"
	"fmt"

	"github.com/rs/zerolog"

	"vtq.internal/shared/admin"
	"vtq.internal/shared/dial"
	"vtq.internal/shared/lifecycle"
)

// watched runs the service until ctx ends, and answers probes as long as it runs. Should they not be answered any more the service ends:
// whoever watches would take it for dead anyway.
func (s Service) watched(ctx context.Context, log zerolog.Logger) error {
	board := admin.New(s.Name, dial.Product())
	intake, end := context.WithCancelCause(context.WithoutCancel(ctx))
	defer end(nil)
	defer context.AfterFunc(ctx, func() {
		board.Drain() // First: whoever sees the intake end must not see it ready.
		end(context.Cause(ctx))
	})()
	closeFunc, err := s.answer(ctx, board, log, end)
	if err != nil {
		return err
	}
	err = s.alone(intake, log, board)
	board.Drain()
	return errors.Join(err, closeFunc())
}

// alone runs the service in a group, which knows what is an error and what only a shutdown, and catches a panic.
func (s Service) alone(ctx context.Context, log zerolog.Logger, board *admin.Board) error {
	var alone lifecycle.Group
	alone.Add(s.Name, func(ctx context.Context) error { return s.RunFunc(ctx, log, board) })
	return alone.Run(ctx)
}

// answer begins to answer probes, until closeFunc is called, which waits for the end. When it ends sooner it calls end, and closeFunc
// gives the error.
func (s Service) answer(ctx context.Context, board *admin.Board, log zerolog.Logger, end context.CancelCauseFunc) (closeFunc func() error, err error) {
	address := s.address()
	if address == "" {
		return func() error { return nil }, nil
	}
	listener, err := admin.Listen(context.WithoutCancel(ctx), address)
	if err != nil {
		return nil, err
	}
	log.Info().Str("address", listener.Addr().String()).Msg("answering probes")
	serving, stop := context.WithCancel(context.WithoutCancel(ctx)) // It outlives the intake.
	served := make(chan error, 1)
	go func() {
		err := board.Serve(serving, listener, log)
		end(fmt.Errorf("%w: no probe is answered any more", lifecycle.ErrShutdown)) // For nothing when it was told to stop.
		served <- err
	}()
	return func() error { stop(); return <-served }, nil
}

// address is where probes are answered; "" for nowhere.
func (s Service) address() string {
	if s.Admin == nil {
		return ""
	}
	return s.Admin.Listens(s.AdminAddress)
}
