package admin

import (
	"errors"

	"github.com/nats-io/nats.go/jetstream"
)

// errAway means that NATS cannot be asked now.
var errAway = errors.New("NATS is away")

// isNone tells that there is nothing, which is an answer.
func isNone(err error) bool {
	return errors.Is(err, jetstream.ErrKeyNotFound) || errors.Is(err, jetstream.ErrMsgNotFound)
}
