package logging

import (
	"strings"
	"time"

	"github.com/rs/zerolog"
)

// What became of a message: values of [Event.Outcome], beside the names of
// fault kinds that mean the same.
const (
	OutcomeOK          = "ok"          // The work is done.
	OutcomeGone        = "gone"        // The indicator was deleted meanwhile.
	OutcomeQuota       = "quota"       // Not now: the budget is spent.
	OutcomeInterrupted = "interrupted" // We are leaving; another worker gets it.
	OutcomeTransient   = "transient"   // Will be tried again.
	OutcomeDead        = "dead"        // In the dead letters, for a person.
	OutcomeDenied      = "denied"      // Our credentials are refused; the stage pauses.
	OutcomeUnknown     = "unknown"     // Nobody classified the error.
)

// settled is the message of every canonical line.
const settled = "settled"

// maxErr bounds the error in a line, in bytes. Ours are a few wrapped phrases;
// what is longer quotes something from outside.
const maxErr = 1024

// Event is the canonical line of one message: what it was, what was done, how
// long it took and what became of it. Zero fields are left out.
type Event struct {
	Stream   string // The stream and the sequence in it identify the message.
	Seq      uint64
	Delivery uint64 // 1 is the first.
	Replay   string // The replay that sent the message, or the job that it answers.

	IndicatorID   int64 // ThreatQ's number. The value is never logged.
	IndicatorType string
	Lane          string
	Provider      string

	Outcome string        // One of the Outcome constants.
	Settle  string        // What the server was told: ack, nak or term.
	RetryIn time.Duration // The delay of a nak.

	Cache          string        // How the cache answered: hit, alias or miss.
	PermitWait     time.Duration // Until the quota allowed the request.
	ProviderTook   time.Duration // The request to the provider.
	ProviderStatus int           // Its HTTP status.

	Created, Updated, Deleted, Unchanged int // Attribute rows in ThreatQ.

	QueueAge time.Duration // From publication to this delivery.
	Took     time.Duration // From this delivery to settlement.

	TraceID       string // Of the trace of this delivery.
	LinkedTraceID string // Of the trace in which the message was published.

	Err string // Without secrets and indicator values; cut at 1 KiB.
}

// Write writes the line at the level that its outcome promises.
func (e Event) Write(log zerolog.Logger) {
	log.WithLevel(e.level()).EmbedObject(e).Msg(settled)
}

// level maps an outcome to a promise. One that is not listed is a mistake of
// ours, which is what unknown stands for.
func (e Event) level() zerolog.Level {
	switch e.Outcome {
	case OutcomeOK, OutcomeGone, OutcomeQuota, OutcomeInterrupted:
		return zerolog.InfoLevel
	case OutcomeTransient:
		return zerolog.WarnLevel
	}
	return zerolog.ErrorLevel
}

// MarshalZerologObject adds the fields in the order in which they are read.
func (e Event) MarshalZerologObject(to *zerolog.Event) {
	text(to, "stream", e.Stream)
	unsigned(to, "seq", e.Seq)
	unsigned(to, "delivery", e.Delivery)
	text(to, "replay", e.Replay)
	number(to, "indicator_id", e.IndicatorID)
	text(to, "indicator_type", e.IndicatorType)
	text(to, "lane", e.Lane)
	text(to, "provider", e.Provider)
	text(to, "outcome", e.Outcome)
	text(to, "settle", e.Settle)
	seconds(to, "retry_in_s", e.RetryIn)
	text(to, "cache", e.Cache)
	seconds(to, "permit_wait_s", e.PermitWait)
	seconds(to, "provider_s", e.ProviderTook)
	number(to, "provider_status", e.ProviderStatus)
	number(to, "rows_created", e.Created)
	number(to, "rows_updated", e.Updated)
	number(to, "rows_deleted", e.Deleted)
	number(to, "rows_unchanged", e.Unchanged)
	seconds(to, "queue_age_s", e.QueueAge)
	seconds(to, "took_s", e.Took)
	text(to, "trace_id", e.TraceID)
	text(to, "linked_trace_id", e.LinkedTraceID)
	text(to, "error", cut(e.Err))
}

func text(to *zerolog.Event, key, value string) {
	if value != "" {
		to.Str(key, value)
	}
}

func number[T int | int64](to *zerolog.Event, key string, value T) {
	if value != 0 {
		to.Int64(key, int64(value))
	}
}

func unsigned(to *zerolog.Event, key string, value uint64) {
	if value != 0 {
		to.Uint64(key, value)
	}
}

// seconds leaves out what rounds to zero milliseconds, and what is negative:
// ages are differences between two machines' clocks.
func seconds(to *zerolog.Event, key string, d time.Duration) {
	if ms := d.Round(time.Millisecond).Milliseconds(); ms > 0 {
		to.Float64(key, float64(ms)/1000) // Seconds would make 1.235 a 1.2349999999999999.
	}
}

// cut bounds an error; what it cuts a character into is dropped.
func cut(err string) string {
	if len(err) <= maxErr {
		return err
	}
	return strings.ToValidUTF8(err[:maxErr], "") + "..."
}
