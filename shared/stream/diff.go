package stream

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Diff reports every difference between the topology and the server that changes what the pipeline does, with both values; nil
// when there is none. Descriptions may differ.
func Diff(ctx context.Context, js jetstream.JetStream, t Topology) error {
	var all []error
	for _, want := range t.Streams {
		all = append(all, diffStream(ctx, js, want))
	}
	for _, want := range t.Consumers {
		all = append(all, diffConsumer(ctx, js, want))
	}
	return errors.Join(all...)
}

func diffStream(ctx context.Context, js jetstream.JetStream, want jetstream.StreamConfig) error {
	name := "stream " + want.Name
	stream, err := js.Stream(ctx, want.Name)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	got := stream.CachedInfo().Config
	if want.Duplicates == 0 {
		want.Duplicates = got.Duplicates // Whatever the server chose: nothing there bears a message id.
	}
	return errors.Join(
		differs(name, "subjects", got.Subjects, want.Subjects),
		differs(name, "retention", got.Retention, want.Retention),
		differs(name, "storage", got.Storage, want.Storage),
		differs(name, "compression", got.Compression, want.Compression),
		differs(name, "replicas", got.Replicas, want.Replicas),
		differs(name, "messages per subject", got.MaxMsgsPerSubject, orNoLimit(want.MaxMsgsPerSubject)),
		differs(name, "discard", got.Discard, want.Discard),
		differs(name, "discard per subject", got.DiscardNewPerSubject, want.DiscardNewPerSubject),
		differs(name, "max messages", got.MaxMsgs, orNoLimit(want.MaxMsgs)),
		differs(name, "max bytes", got.MaxBytes, orNoLimit(want.MaxBytes)),
		differs(name, "max message size", got.MaxMsgSize, orNoLimit(want.MaxMsgSize)),
		differs(name, "max age", got.MaxAge, want.MaxAge),
		differs(name, "duplicate window", got.Duplicates, want.Duplicates),
		differs(name, "direct get", got.AllowDirect, want.AllowDirect),
		differs(name, "message TTL", got.AllowMsgTTL, want.AllowMsgTTL),
		differs(name, "counters", got.AllowMsgCounter, want.AllowMsgCounter),
		differs(name, "rollup", got.AllowRollup, want.AllowRollup),
		differs(name, "deny delete", got.DenyDelete, want.DenyDelete),
	)
}

// orNoLimit spells "no limit" as the server gives it back.
func orNoLimit[T int32 | int64](limit T) T {
	if limit == 0 {
		return -1
	}
	return limit
}

func diffConsumer(ctx context.Context, js jetstream.JetStream, want Consumer) error {
	name := "consumer " + want.Stream + "/" + want.Config.Durable
	consumer, err := js.Consumer(ctx, want.Stream, want.Config.Durable)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	got := consumer.CachedInfo().Config
	return errors.Join(
		differs(name, "filter", got.FilterSubject, want.Config.FilterSubject),
		differs(name, "deliver policy", got.DeliverPolicy, want.Config.DeliverPolicy),
		differs(name, "ack policy", got.AckPolicy, want.Config.AckPolicy),
		differs(name, "ack wait", got.AckWait, want.Config.AckWait),
		differs(name, "back-off", got.BackOff, want.Config.BackOff),
		differs(name, "max deliver", got.MaxDeliver, want.Config.MaxDeliver),
		differs(name, "max ack pending", got.MaxAckPending, want.Config.MaxAckPending),
	)
}

func differs(name, what string, got, want any) error {
	if fmt.Sprint(got) == fmt.Sprint(want) {
		return nil
	}
	return differenceError(fmt.Sprintf("%s: %s is %v, should be %v", name, what, got, want))
}

// A differenceError is one difference.
type differenceError string

// Error implements error.
func (e differenceError) Error() string { return string(e) }
