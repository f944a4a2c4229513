package writer

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/lifecycle"
	"vtq.internal/shared/stream"
)

const (
	// roomEvery is how often it is looked how full the stream of verdicts is: it fills within days.
	roomEvery = time.Minute
	// roomTimeout bounds a look; one that is lost is made up for by the next.
	roomTimeout = 10 * time.Second
)

// watchRoom watches how full the stream of verdicts is, until ctx ends; the wait returns then. A full stream forgets its oldest verdicts,
// written or not, and says so to nobody.
func (w *Writer) watchRoom(ctx context.Context, verdicts jetstream.Stream) (wait func()) {
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		for full := false; ; {
			full = w.room(ctx, verdicts, full)
			if !lifecycle.Sleep(ctx, roomEvery) {
				return
			}
		}
	})
	return func() { cancel(); watching.Wait() }
}

// room looks once, and tells it when that has changed.
func (w *Writer) room(ctx context.Context, verdicts jetstream.Stream, was bool) (full bool) {
	ctx, cancel := context.WithTimeout(ctx, roomTimeout)
	defer cancel()
	info, err := verdicts.Info(ctx)
	if err != nil {
		return was
	}
	uses, most := stream.Uses(info), 0.0
	for _, use := range uses {
		most = max(most, use.Share())
	}
	w.metrics.used.Set(most)
	full = slices.ContainsFunc(uses, stream.Use.NearlyFull)
	switch log := w.options.Logger.With().Float64("used_ratio", most).Logger(); {
	case full && !was:
		log.Warn().Msg("the stream of verdicts is nearly full: when it is full it forgets its oldest verdicts, written or not")
	case was && !full:
		log.Info().Msg("the stream of verdicts has room again")
	}
	return full
}
