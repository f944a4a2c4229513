package demo

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/provider"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// standstill is how many looks in a row have to find everything that is left behind paused consumers: a second, in which a job that
// was in hand when its consumer was paused would have gone on.
const standstill = 10

// paused counts the jobs that nobody asks about before a quota is renewed: those of consumers that are paused.
func paused(ctx context.Context, js jetstream.JetStream) (int, error) {
	jobs, err := js.Stream(ctx, stream.Jobs)
	if err != nil {
		return 0, fmt.Errorf("asking for jobs that wait: %w", err)
	}
	n := 0
	consumers := jobs.ListConsumers(ctx)
	for info := range consumers.Info() {
		if info.PauseRemaining > 0 {
			n += int(info.NumPending) + info.NumAckPending //nolint:gosec // A stream holds at most a million jobs.
		}
	}
	return n, consumers.Err()
}

// waiting lists the indicators whose jobs are left, with the providers that could answer them.
func waiting(ctx context.Context, js jetstream.JetStream) (map[int64][]string, error) {
	jobs, err := js.Stream(ctx, stream.Jobs)
	if err != nil {
		return nil, fmt.Errorf("asking for jobs that wait: %w", err)
	}
	info, err := jobs.Info(ctx, jetstream.WithSubjectFilter(wire.AllJobs))
	if err != nil {
		return nil, fmt.Errorf("asking for jobs that wait: %w", err)
	}
	all := map[int64][]string{}
	for subject := range info.State.Subjects {
		if at, err := wire.ParseJobSubject(subject); err == nil { // A subject of somebody else is no job.
			all[at.ID] = provider.ParseRoute(at.Route).Providers
		}
	}
	return all, nil
}
