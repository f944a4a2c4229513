package stream

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Ensure creates what is missing of the topology and updates what differs. It can run any number of times and beside itself.
func Ensure(ctx context.Context, js jetstream.JetStream, t Topology) error {
	for _, config := range t.Streams {
		if _, err := js.CreateOrUpdateStream(ctx, config); err != nil {
			return fmt.Errorf("creating stream %s: %w", config.Name, err)
		}
	}
	for _, consumer := range t.Consumers {
		if _, err := js.CreateOrUpdateConsumer(ctx, consumer.Stream, consumer.Config); err != nil {
			return fmt.Errorf("creating consumer %s of %s: %w", consumer.Config.Durable, consumer.Stream, err)
		}
	}
	return nil
}
