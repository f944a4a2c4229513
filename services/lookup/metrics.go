package lookup

import (
	"github.com/prometheus/client_golang/prometheus"

	"vtq.internal/services/lookup/internal/enrich"
	"vtq.internal/services/lookup/internal/recall"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/stream"
)

const stage = "lookup"

// faultless is the fault of a delivery with which nothing went wrong.
const faultless = "none"

// metrics counts what becomes of jobs.
type metrics struct {
	settled  *prometheus.CounterVec
	answers  *prometheus.CounterVec
	requests prometheus.Counter
	wait     prometheus.Histogram
	open     prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		settled: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vtq_lookup_settled_total", Help: "Deliveries of jobs, by what went wrong and how they ended.",
		}, []string{"fault", "settle"}),
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vtq_lookup_answers_total", Help: "Jobs answered, by where the answer came from: miss means the provider.",
		}, []string{"cache"}),
		requests: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "vtq_provider_requests_total", Help: "Requests that the provider was asked.",
		}),
		wait: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "vtq_permit_wait_seconds", Help: "How long jobs waited for a permit.",
			Buckets: prometheus.ExponentialBuckets(0.01, 4, 10), // 10 ms to 44 min.
		}),
		open: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "vtq_breaker_open", Help: "1 while the provider is not asked because it does not answer.",
		}),
	}
	m.settled.WithLabelValues(faultless, "ack")
	for _, kind := range fault.Kinds() {
		m.settled.WithLabelValues(kind.String(), settles(kind))
	}
	for _, cache := range []string{recall.Hit, recall.Alias, recall.Miss} {
		m.answers.WithLabelValues(cache)
	}
	for _, collector := range []prometheus.Collector{m.settled, m.answers, m.requests, m.wait, m.open} {
		if err := r.Register(collector); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// settles is how a delivery with a fault of this kind ends, as far as its settlement reaches the server: see package stream.
func settles(kind fault.Kind) string {
	switch kind {
	case fault.Gone:
		return "ack"
	case fault.Permanent:
		return "term"
	case fault.Unknown, fault.Transient, fault.Quota, fault.Denied, fault.Interrupted:
	}
	return "nak"
}

// answered counts one delivery.
func (m *metrics) answered(report enrich.Report, outcome stream.Outcome) {
	kind := faultless
	if outcome.Err != nil {
		kind = outcome.Kind.String()
	} else if report.Cache != "" {
		m.answers.WithLabelValues(report.Cache).Inc()
	}
	m.settled.WithLabelValues(kind, outcome.Settle).Inc()
	m.requests.Add(float64(report.Requests))
	m.wait.Observe(report.PermitWait.Seconds())
}
