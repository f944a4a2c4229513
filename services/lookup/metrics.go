package lookup

import (
	"github.com/prometheus/client_golang/prometheus"

	"vtq.internal/services/lookup/internal/enrich"
	"vtq.internal/shared/recall"
	"vtq.internal/shared/stream"
)

const stage = "lookup"

// metrics counts what becomes of jobs.
type metrics struct {
	settled  *prometheus.CounterVec
	answers  *prometheus.CounterVec
	requests *prometheus.CounterVec
	wait     prometheus.Histogram
	open     *prometheus.GaugeVec
	trouble  prometheus.Counter
	refused  *prometheus.CounterVec
	void     *prometheus.CounterVec

	failovers *prometheus.CounterVec
}

// newMetrics registers the metrics, which start at zero for each of the providers.
func newMetrics(r prometheus.Registerer, providers []string) (*metrics, error) {
	m := &metrics{
		settled: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vtq_lookup_settled_total", Help: "Deliveries of jobs, by what went wrong and how they ended.",
		}, []string{"fault", "settle"}),
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vtq_lookup_answers_total", Help: "Jobs answered, by where the answer came from: miss means the provider.",
		}, []string{"cache"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vtq_provider_requests_total", Help: "Requests that a provider was asked.",
		}, []string{"provider"}),
		wait: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "vtq_permit_wait_seconds", Help: "How long jobs waited for a permit.",
			Buckets: prometheus.ExponentialBuckets(0.01, 4, 10), // 10 ms to 44 min.
		}),
		open: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "vtq_breaker_open", Help: "1 while a provider is not asked because it does not answer.",
		}, []string{"provider"}),
	}
	m.trouble = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "vtq_fleet_trouble_total", Help: "Times that what all workers share could not be read or written.",
	})
	m.refused = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "vtq_quota_refused_total", Help: "Requests that a provider refused for the quota (429) though they had a permit.",
	}, []string{"provider"})
	m.void = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "vtq_permits_void_total", Help: "Permits that became too old before a request was written.",
	}, []string{"provider"})
	m.failovers = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "vtq_lookup_failovers_total", Help: "Times that the jobs of a route went over to another provider, and back.",
	}, []string{"from", "to"})
	for _, name := range providers {
		m.requests.WithLabelValues(name)
		m.open.WithLabelValues(name)
		m.refused.WithLabelValues(name)
		m.void.WithLabelValues(name)
		for _, other := range providers {
			if other != name {
				m.failovers.WithLabelValues(name, other)
			}
		}
	}
	for _, label := range stream.Labels() {
		m.settled.WithLabelValues(label.Fault, label.Settle)
	}
	for _, cache := range []string{recall.Hit, recall.Alias, recall.Miss} {
		m.answers.WithLabelValues(cache)
	}
	for _, collector := range []prometheus.Collector{m.settled, m.answers, m.requests, m.wait, m.open, m.trouble, m.refused, m.void, m.failovers} {
		if err := r.Register(collector); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// answered counts one delivery.
func (m *metrics) answered(report enrich.Report, outcome stream.Outcome) {
	if outcome.Err == nil && report.Cache != "" {
		m.answers.WithLabelValues(report.Cache).Inc()
	}
	label := outcome.Label()
	m.settled.WithLabelValues(label.Fault, label.Settle).Inc()
	m.wait.Observe(report.PermitWait.Seconds())
}
