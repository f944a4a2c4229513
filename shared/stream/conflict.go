package stream

import (
	"errors"

	"github.com/nats-io/nats.go/jetstream"
)

// Conflict tells that a publish or a change of a key was refused, since something else stands there than was expected. A single server
// has another code for it (10071) than the leader of a replicated stream (10164), and the key-value store of the client library wraps
// either in errors of its own.
func Conflict(err error) bool {
	if errors.Is(err, jetstream.ErrKeyRevisionMismatch) || errors.Is(err, jetstream.ErrKeyExists) {
		return true
	}
	refused, ok := errors.AsType[*jetstream.APIError](err)
	return ok && (refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence ||
		refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}
