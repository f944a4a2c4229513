package stream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/lifecycle"
)

// MaxBatch bounds a batch, in messages, unless its Fill says otherwise: as many as a writer settles within a third of its AckWait.
const MaxBatch = 250

// maxBatchBytes bounds a batch in bytes: 250 verdicts have half a megabyte, 250 at their bound would have 125.
const maxBatchBytes = 32 << 20

// linger is how long a batch waits after its first message for others to come, unless its Fill says otherwise, and how long at a time.
const linger = 200 * time.Millisecond

// A Fill says when a batch is full. Whatever it says, a batch has 32 MiB at most.
type Fill struct {
	// Messages is how many messages it has then. Defaults to MaxBatch.
	Messages int
	// Linger is how long it waits after its first message for others to come. Nobody holds messages meanwhile, so that it has to be well
	// within their AckWait. Defaults to 200 ms.
	Linger time.Duration
}

const (
	// pullWait is how long one pull waits for a message: an idle worker asks the server so rarely.
	pullWait = 2 * time.Minute
	// pullBeat is how often the server tells that it has not forgotten a pull. Two that lack end it: after a restart of the server an
	// idle worker is back within half a minute.
	pullBeat = 15 * time.Second
)

// TakeTime bounds how long One and Batch take, but for what handle does: a pull, the linger of a batch, the question whether the consumer
// is still there, and the wait after a pull that went wrong.
const TakeTime = pullWait + 30*time.Second

// lostWait is how long a loop waits after a pull that went wrong (server restarting, no leader), before it pulls again.
const lostWait = time.Second

// One waits for a message, for as long as a pull lasts (two minutes), and hands it to handle. Nothing is taken while handle works. No
// message is no error, and neither is the end of ctx; an error means that the consumer is gone and cannot come back by itself. A message
// that the server sends in the moment in which ctx ends comes again after AckWait.
func One(ctx context.Context, consumer jetstream.Consumer, handle func(jetstream.Msg)) error {
	if over(ctx) {
		return nil
	}
	messages, err := first(ctx, consumer)
	for _, message := range messages {
		handle(message)
	}
	return survive(ctx, consumer, err)
}

// Batch waits for messages and hands as many of them to handle as fill a batch. Everything else is as with One.
func Batch(ctx context.Context, consumer jetstream.Consumer, full Fill, handle func([]jetstream.Msg)) error {
	if over(ctx) {
		return nil
	}
	batch, err := takeBatch(ctx, consumer, full)
	if len(batch) > 0 {
		handle(batch)
	}
	return survive(ctx, consumer, err)
}

// takeBatch waits for the first message, and a little for others: a beat at a time, so that it ends soon after ctx. When ctx ends there
// are no others: they would only have to be given back.
func takeBatch(ctx context.Context, consumer jetstream.Consumer, full Fill) ([]jetstream.Msg, error) {
	batch, err := first(ctx, consumer)
	end := time.Now().Add(cmp.Or(full.Linger, linger))
	for len(batch) > 0 && err == nil && !over(ctx) {
		more, left, room := cmp.Or(full.Messages, MaxBatch)-len(batch), time.Until(end), maxBatchBytes-size(batch)
		if more <= 0 || left <= 0 || room < maxBatchBytes/2 {
			break
		}
		var rest []jetstream.Msg
		rest, err = fetch(consumer, more, jetstream.FetchMaxWait(min(left, linger)), jetstream.FetchMaxBytes(room))
		batch = append(batch, rest...)
	}
	return batch, err
}

func size(batch []jetstream.Msg) int {
	sum := 0
	for _, message := range batch {
		sum += len(message.Data())
	}
	return sum
}

// first waits for one message.
func first(ctx context.Context, consumer jetstream.Consumer) ([]jetstream.Msg, error) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, pullWait)
	defer cancel()
	end, _ := ctx.Deadline() // That of the caller may be sooner; a pull has to outlast two beats.
	return fetch(consumer, 1, jetstream.FetchContext(ctx), jetstream.FetchHeartbeat(min(pullBeat, end.Sub(began)/3)))
}

// fetch takes up to n messages. Some may come along with an error.
func fetch(consumer jetstream.Consumer, n int, options ...jetstream.FetchOpt) ([]jetstream.Msg, error) {
	batch, err := consumer.Fetch(n, options...)
	if err != nil {
		return nil, err
	}
	var messages []jetstream.Msg
	for message := range batch.Messages() {
		messages = append(messages, message)
	}
	return messages, batch.Error()
}

// survive decides whether a loop goes on after a pull: it does, but when the consumer or its stream is gone. A pull from a consumer
// that is gone has nobody to answer it, as one from a server that restarts has: only the server can tell.
func survive(ctx context.Context, consumer jetstream.Consumer, err error) error {
	if err == nil || over(ctx) {
		return nil
	}
	if !gone(err) {
		_, err = consumer.Info(ctx)
	}
	if gone(err) {
		return fmt.Errorf("taking messages: %w", err)
	}
	lifecycle.Sleep(ctx, lostWait)
	return nil
}

// gone tells that nothing will ever come again this way.
func gone(err error) bool {
	return errors.Is(err, jetstream.ErrConsumerDeleted) || errors.Is(err, jetstream.ErrConsumerNotFound) ||
		errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, nats.ErrConnectionClosed)
}

// over tells that nobody waits any more, which is no error here.
func over(ctx context.Context) bool { return ctx.Err() != nil }

// Hold tells the server, at a third of ackWait, that messages are still being worked on, until release is called. Release
// returns when no more will be told, so that nothing is said about a message after it was settled.
func Hold(ackWait time.Duration, messages ...jetstream.Msg) (release func()) {
	done := make(chan struct{})
	var working sync.WaitGroup
	working.Go(func() {
		ticker := time.NewTicker(ackWait / 3)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				for _, message := range messages {
					_ = message.InProgress() // A lost one costs a redelivery, which is harmless.
				}
			}
		}
	})
	return sync.OnceFunc(func() { close(done); working.Wait() })
}
