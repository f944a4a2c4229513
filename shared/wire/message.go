package wire

import (
	"time"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/verdict"
)

// Schema is the version of the messages that this package writes.
const Schema = 1

// Bounds of the messages, in bytes. Both are far below the 1 MiB that a NATS server takes by default.
const (
	// MaxJob holds an indicator value, its object and the object's other scheme, 8 KiB each, with every byte escaped
	// sixfold as JSON may do to hostile input (144 KiB), and the few fields beside them.
	MaxJob = 192 << 10
	// MaxVerdict holds a verdict at every bound of package verdict at four bytes a rune (about 230 KiB), the indicator
	// and object of its job as above (96 KiB), and half as much again for fields to come.
	MaxVerdict = 512 << 10
)

// A Job asks for one object on behalf of one indicator.
type Job struct {
	Schema    int                 `json:"schema"`
	Created   time.Time           `json:"created"`
	Indicator indicator.Indicator `json:"indicator"`
	Object    indicator.Object    `json:"object"`
	// Other is the same URL under the other scheme, when the scheme of Object was a guess.
	Other *indicator.Object `json:"other,omitempty"`
	// After, when set, refuses answers that were given at or before it: the answer that grew old must not count as fresh
	// for a reader with other settings.
	After time.Time `json:"after,omitzero"`
}

// A Verdict is an answer on its way to one indicator.
type Verdict struct {
	Schema    int                 `json:"schema"`
	Indicator indicator.Indicator `json:"indicator"` // Who asked; the zero value when nobody in ThreatQ did.
	Object    indicator.Object    `json:"object"`    // What was asked about.
	Verdict   verdict.Verdict     `json:"verdict"`
}

// An Alias says that the answer about one object stands under another.
type Alias struct {
	Schema int           `json:"schema"`
	Key    indicator.Key `json:"key"` // The object that has the answer.
}
