package stream

import (
	"errors"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
)

// ForLookup is the part of a topology that a lookup worker uses, and may therefore ask the server about.
func (t Topology) ForLookup() Topology {
	var part Topology
	for _, config := range t.Streams {
		if slices.Contains([]string{Jobs, Urgent, Verdicts, DeadLetters, Quota, Spend, StateStream}, config.Name) {
			part.Streams = append(part.Streams, config)
		}
	}
	for _, consumer := range t.Consumers {
		if consumer.Stream == Jobs || consumer.Stream == Urgent {
			part.Consumers = append(part.Consumers, consumer)
		}
	}
	return part
}

// Differences counts what Diff reported: settings that are others, and what is missing. It is not known where the server could not be
// asked about everything.
func Differences(err error) (n int, known bool) {
	if err == nil {
		return 0, true
	}
	if all, ok := err.(interface{ Unwrap() []error }); ok { // What Diff has joined, and nothing below.
		known = true
		for _, one := range all.Unwrap() {
			m, asked := Differences(one)
			n, known = n+m, known && asked
		}
		return n, known
	}
	var differs differenceError
	missing := errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, jetstream.ErrConsumerNotFound)
	if missing || errors.As(err, &differs) {
		return 1, true
	}
	return 0, false
}
