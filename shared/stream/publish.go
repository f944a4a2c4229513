package stream

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/telemetry"
	"vtq.internal/shared/wire"
)

// ErrFull means that a stream takes no more until somebody works some off: backpressure.
var ErrFull = errors.New("stream is full")

// codeRefused is the server's one code for both "this subject has its message" and "the stream is full".
const codeRefused = 10077

// PublishUnlessPending stores a job unless its subject has one already, and tells which it was. The error is ErrFull when
// the stream of its lane is at a bound.
func PublishUnlessPending(ctx context.Context, js jetstream.JetStream, at wire.JobAddress, body []byte) (stored bool, err error) {
	return Resubmit(ctx, js, at, nil, body)
}

// Resubmit is PublishUnlessPending for a job that was stored before: its headers say what became of it, and in which span it was
// published first.
func Resubmit(ctx context.Context, js jetstream.JetStream, at wire.JobAddress, history nats.Header, body []byte) (stored bool, err error) {
	message := &nats.Msg{Subject: at.Subject(), Header: nats.Header{}, Data: body}
	maps.Copy(message.Header, history)
	span := telemetry.Publish(ctx, LaneStream(at.Lane), message.Header)
	defer func() {
		span.Tell(telemetry.Facts{IndicatorID: at.ID, Lane: string(at.Lane), Outcome: published(stored, err)})
		span.End(err)
	}()
	_, err = js.PublishMsg(ctx, message, jetstream.WithExpectStream(LaneStream(at.Lane)))
	var refused *jetstream.APIError
	if !errors.As(err, &refused) || refused.ErrorCode != codeRefused {
		return err == nil, wrapPublish(err)
	}
	if strings.Contains(refused.Description, "per subject") {
		return false, nil
	}
	return false, wrapPublish(fmt.Errorf("%w: %s", ErrFull, refused.Description))
}

// published is what became of a job, for its span.
func published(stored bool, err error) string {
	switch {
	case errors.Is(err, ErrFull):
		return "full"
	case err != nil || stored:
		return ""
	}
	return "pending"
}

func wrapPublish(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("publishing a job: %w", err)
}
