package stream

import (
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/histogram"
	"vtq.internal/shared/wire"
)

// Reasons for a dead letter, as metrics spell them. What exactly happened is in the letter.
const (
	reasonExhausted  = "exhausted"  // Tried as often as one may be.
	reasonUnreadable = "unreadable" // Its bytes are no message of ours.
	reasonRefused    = "refused"    // Whoever was to take it says that it never will, or our own rules do.
)

// reasons lists them, for metrics that start at zero.
func reasons() []string { return []string{reasonExhausted, reasonUnreadable, reasonRefused} }

// ageBuckets reach from a message that was waited for to one that waited for the budget of a month.
func ageBuckets() []float64 {
	const minute, hour, day = 60, 3600, 86400
	return []float64{1, 5, 30, 2 * minute, 15 * minute, hour, 4 * hour, 12 * hour, day, 3 * day, 7 * day, 30 * day}
}

// durationBuckets reach from an answer out of memory to a job that waited in hand for as long as a batch lives.
func durationBuckets() []float64 {
	return []float64{0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 1800}
}

// A Meter measures the deliveries of a stage as they are settled. Several stages of one process share a registry: the stage is a label.
type Meter struct {
	age, took prometheus.Histogram
	again     prometheus.Counter
	dead      *prometheus.CounterVec
}

// NewMeter registers the metrics of a stage, which start at zero.
func NewMeter(r prometheus.Registerer, stage string) (*Meter, error) {
	of := prometheus.Labels{"stage": stage}
	age := histogram.Options("vtq_message_age_seconds", "How old messages were when a stage was done with them for good: from their "+
		"publication to their settlement. What was put back for a replay is left out.", ageBuckets())
	took := histogram.Options("vtq_message_duration_seconds",
		"How long a stage had deliveries in hand, waiting and working, until they were settled one way or another.", durationBuckets())
	age.ConstLabels, took.ConstLabels = of, of
	m := &Meter{
		age: prometheus.NewHistogram(age), took: prometheus.NewHistogram(took),
		again: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "vtq_redeliveries_total", ConstLabels: of, Help: "Settled deliveries of messages that had been delivered before.",
		}),
		dead: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vtq_dead_letters_total", ConstLabels: of, Help: "Messages that became dead letters, by reason.",
		}, []string{"reason"}),
	}
	for _, reason := range reasons() {
		m.dead.WithLabelValues(reason)
	}
	for _, collector := range []prometheus.Collector{m.age, m.took, m.again, m.dead} {
		if err := r.Register(collector); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// Settled measures a delivery that a stage began to work on at some time. One that is replayed, so that its age is older than anybody
// waited, counts for all but the age.
func (m *Meter) Settled(message jetstream.Msg, outcome Outcome, began time.Time, replayed bool) {
	m.took.Observe(time.Since(began).Seconds())
	if Delivery(message) > 1 {
		m.again.Inc()
	}
	if outcome.Settle != "ack" && outcome.Settle != "term" {
		return // It comes again.
	}
	if outcome.Settle == "term" {
		m.dead.WithLabelValues(reasonOf(outcome.Err)).Inc()
	}
	if meta, err := message.Metadata(); err == nil && !replayed {
		m.age.Observe(max(0, time.Since(meta.Timestamp)).Seconds()) // Two machines' clocks.
	}
}

// reasonOf sorts the error of a dead letter.
func reasonOf(err error) string {
	switch {
	case errors.Is(err, ErrExhausted):
		return reasonExhausted
	case errors.Is(err, wire.ErrUnreadable), errors.Is(err, wire.ErrIncomplete), errors.Is(err, wire.ErrTooLarge):
		return reasonUnreadable
	}
	return reasonRefused
}

// ErrExhausted is what the last error of a message is that was tried as often as one may be.
var ErrExhausted = errors.New("tried too often")

// exhaustedError is such an error, in its own words.
type exhaustedError struct{ error }

// Exhaust makes an error the last one of its message: permanent, whatever it was.
func Exhaust(err error) error { return fault.New(fault.Permanent, exhaustedError{err}) }

// Unwrap gives what happened at the last try.
func (e exhaustedError) Unwrap() error { return e.error }

// Is tells errors.Is that it is an ErrExhausted.
func (e exhaustedError) Is(target error) bool { return target == ErrExhausted }
