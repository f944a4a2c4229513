package stream

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"
)

// maxSubjects bounds one batched read: a server refuses more than 1,024 subjects.
const maxSubjects = 1000

// headerPending is how many messages of an answer are still to come, on each of them.
const headerPending = "Nats-Num-Pending"

// errCut means that an answer ended before its end, or never began.
var errCut = errors.New("the answer was cut short")

// Latest reads the newest message of each subject directly, in chunks, in no promised order; a subject without a message gives
// none. Subjects bear no wildcards. A follower may answer that is slightly behind: what it yields is a hint that saves work,
// never a proof of absence. After an error it yields nothing more.
func Latest(ctx context.Context, js jetstream.JetStream, stream string, subjects []string) iter.Seq2[*jetstream.RawStreamMsg, error] {
	return func(yield func(*jetstream.RawStreamMsg, error) bool) {
		for chunk := range slices.Chunk(subjects, maxSubjects) {
			if !latestOf(ctx, js, stream, chunk, yield) {
				return
			}
		}
	}
}

// latestOf reads one chunk, and tells whether to go on. A server ends an answer at 64 MiB (its max_pending), and a slow one is cut
// by the connection's timeout: as long as each answer brings something, the next one is asked for the rest.
func latestOf(ctx context.Context, js jetstream.JetStream, stream string, subjects []string,
	yield func(*jetstream.RawStreamMsg, error) bool,
) bool {
	for rest := subjects; ; {
		more := true
		seen, err := answer(ctx, js, stream, rest, func(message *jetstream.RawStreamMsg) bool {
			more = yield(message, nil)
			return more
		})
		if err == nil {
			return more
		}
		if !errors.Is(err, errCut) || len(seen) == 0 {
			yield(nil, fmt.Errorf("reading %d subjects of %s: %w", len(rest), stream, err))
			return false
		}
		rest = slices.DeleteFunc(slices.Clone(rest), func(subject string) bool { return seen[subject] })
	}
}

// answer hands on what one request brings, and says for which subjects something came. The error is nil when that was all, or all
// that was wanted. The client library ends an answer that took too long as if it were whole, so that only the count that the
// messages bear tells.
func answer(ctx context.Context, js jetstream.JetStream, stream string, subjects []string,
	yield func(*jetstream.RawStreamMsg) bool,
) (seen map[string]bool, err error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	messages, err := jetstreamext.GetLastMsgsFor(ctx, js, stream, subjects)
	if err != nil {
		return nil, err
	}
	seen = make(map[string]bool, len(subjects))
	err = errCut
	for message, failed := range messages {
		switch {
		case errors.Is(failed, jetstreamext.ErrNoMessages) && len(seen) == 0:
			return seen, nil
		case ctx.Err() != nil:
			return seen, context.Cause(ctx)
		case failed != nil:
			return seen, failed
		}
		seen[message.Subject] = true
		if message.Header.Get(headerPending) == "0" {
			err = nil
		}
		if !yield(message) {
			return seen, nil
		}
	}
	if ctx.Err() != nil {
		return seen, context.Cause(ctx)
	}
	return seen, err
}
