package check

import (
	"context"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/vtq"
	"vtq.internal/shared/stream"
)

// room gives a note for each stream that is near a bound. A stream that cannot be asked is none of its concern: the comparison of the
// streams has said so.
func room(ctx context.Context, s vtq.Settings, nc *nats.Conn) []Result {
	topology, err := s.Topology()
	if err != nil {
		return nil
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return nil
	}
	var results []Result
	for _, config := range topology.Streams {
		name := config.Name
		found, err := js.Stream(ctx, name)
		if err != nil {
			continue
		}
		// By the bounds that the server goes by, which may have been changed by hand.
		if used := usage(found.CachedInfo()); used != "" {
			results = append(results, Result{
				Check: "room", State: Note, Tried: "asking how full " + name + " is", Found: used, Mend: atTheBound(found.CachedInfo().Config),
			})
		}
	}
	return results
}

// usage words how much of its bounds a stream uses, "" when there is room.
func usage(info *jetstream.StreamInfo) string {
	var parts []string
	for _, use := range stream.Uses(info) {
		if use.NearlyFull() {
			parts = append(parts, fmt.Sprintf("%.0f %% of %d %s", use.Share()*100, use.Most, use.Unit))
		}
	}
	return strings.Join(parts, ", ")
}

// atTheBound says what happens when a stream is full.
func atTheBound(config jetstream.StreamConfig) string {
	switch config.Name {
	case stream.Jobs:
		return "when it is full the producer waits until jobs are answered; nothing is lost"
	case stream.Urgent:
		return "when it is full vtq lookup is refused until some are answered"
	case stream.Verdicts:
		return "when it is full the oldest answers are forgotten, written or not, and are asked for again with the next sweep: " +
			"see whether the writer keeps up, and shorten the VTQ_REFRESH_ ages, for twice the longest of which answers are kept"
	case stream.DeadLetters:
		return "when it is full the oldest dead letters are lost: redrive or drop them with vtq deadletters"
	}
	if config.Discard == jetstream.DiscardNew {
		return "when it is full it takes nothing more, and the stages that write to it wait"
	}
	return "when it is full its oldest messages are lost"
}
