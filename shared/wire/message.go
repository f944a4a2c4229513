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
	Schema int `json:"schema"`
	// Created is when the job was made of what ThreatQ said of the indicator. One that is made again of a verdict keeps the time: it
	// knows no better.
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
	// JobCreated is when the job was that led to it; zero in messages of versions that did not say so.
	JobCreated time.Time `json:"job_created,omitzero"`
}

// Asking says for what an indicator was asked about: at is where the verdict stands.
func (v Verdict) Asking(at VerdictAddress) Asking { return Asking{Key: at.Key, Created: v.JobCreated} }

// An Asking is what an indicator stood for, and when that was known. When its value changes it stands for another object, and verdicts
// about the two stand under two subjects, of which the later message may be the older word: a job about the old value can have waited
// for days.
type Asking struct {
	Key     indicator.Key `json:"key"`     // The object that was asked about.
	Created time.Time     `json:"created"` // When the job was made.
}

// NotAfter is an asking as it is told by a message of a time. No job is made after its verdict: one that says so comes from a clock that is
// ahead, and would keep what the indicator becomes away until its time has come.
func (a Asking) NotAfter(stored time.Time) Asking {
	if a.Created.After(stored) {
		a.Created = stored.UTC()
	}
	return a
}

// Outdated tells that by is about what the indicator became later. Of two about the same object none is outdated: there the later
// message has the later answer. What does not say when it was asked for is not outdated either.
func (a Asking) Outdated(by Asking) bool {
	return a.Key != by.Key && !a.Created.IsZero() && a.Created.Before(by.Created)
}

// An Alias says that the answer about one object stands under another.
type Alias struct {
	Schema int           `json:"schema"`
	Key    indicator.Key `json:"key"` // The object that has the answer.
}
