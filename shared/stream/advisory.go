package stream

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// advisories is how the subjects begin under which the server tells that a message was delivered as often as its consumer allows
// (NATS documentation, JetStream advisories). It tells nobody but a stream that listens, and it tells once.
const advisories = "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES."

// maxAdvisory bounds an advisory, in bytes: names, numbers and a time; the server's own have 300.
const maxAdvisory = 4 << 10

// ErrAdvisory means that a message is no advisory of deliveries that came to their end.
var ErrAdvisory = errors.New("not an advisory of the last delivery")

// AdvisoriesOf covers the advisories of all consumers of a stream.
func AdvisoriesOf(stream string) string { return advisories + stream + ".>" }

// A Silence is a message that is delivered no more although it was never settled: it stays in its stream, where nothing shows it,
// and where one message per subject is allowed, it blocks its subject. No consumer of the Topology lets it come to that; one whose
// MaxDeliver was changed by hand does.
type Silence struct {
	Stream     string
	Consumer   string
	Sequence   uint64 // Of the message in its stream.
	Deliveries int
	Since      time.Time
}

// ParseSilence reads an advisory. Errors are ErrAdvisory.
func ParseSilence(subject string, body []byte) (Silence, error) {
	if !strings.HasPrefix(subject, advisories) || len(body) > maxAdvisory {
		return Silence{}, fmt.Errorf("%w: %d bytes at %.80q", ErrAdvisory, len(body), subject)
	}
	var said struct {
		Time       time.Time `json:"timestamp"`
		Stream     string    `json:"stream"`
		Consumer   string    `json:"consumer"`
		Sequence   uint64    `json:"stream_seq"`
		Deliveries uint64    `json:"deliveries"`
	}
	if json.Unmarshal(body, &said) != nil || subject != advisories+said.Stream+"."+said.Consumer || said.Sequence == 0 {
		return Silence{}, fmt.Errorf("%w: %.80q", ErrAdvisory, subject)
	}
	return Silence{
		Stream: said.Stream, Consumer: said.Consumer, Sequence: said.Sequence,
		Deliveries: int(min(said.Deliveries, 1<<30)), Since: said.Time,
	}, nil
}
