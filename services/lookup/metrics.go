package lookup

import (
	"errors"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"vtq.internal/services/lookup/internal/budget"
	"vtq.internal/services/lookup/internal/enrich"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/histogram"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/recall"
	"vtq.internal/shared/stream"
)

const stage = "lookup"

// faultless is the fault of a request that was answered: as package stream has it of deliveries.
const faultless = "none"

// Decisions about a permit.
const (
	decisionGranted = "granted"
	decisionSpent   = "spent" // The lane has nothing left of the day or the month.
	decisionHeld    = "held"  // The provider wants to be left alone for longer than the job waits.
)

// metrics are those of a worker.
type metrics struct {
	jobs
	asking
	permissions
	sharing
	meter *stream.Meter
}

// newMetrics registers the metrics, which start at zero for each of the providers.
func newMetrics(r prometheus.Registerer, providers []string) (*metrics, error) {
	m := &metrics{jobs: newJobs(providers), asking: newAsking(providers), permissions: newPermissions(providers), sharing: newSharing()}
	return m, m.register(r)
}

// jobs count what becomes of jobs.
type jobs struct {
	settled   *prometheus.CounterVec
	answers   *prometheus.CounterVec
	failovers *prometheus.CounterVec
}

func newJobs(providers []string) jobs {
	j := jobs{
		settled: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vtq_lookup_settled_total", Help: "Deliveries of jobs, by what went wrong and how they ended.",
		}, []string{"fault", "settle"}),
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vtq_lookup_answers_total", Help: "Jobs answered, by where the answer came from: miss means the provider.",
		}, []string{"cache"}),
		failovers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vtq_lookup_failovers_total", Help: "Times that the jobs of a route went over to another provider, and back.",
		}, []string{"from", "to"}),
	}
	for _, label := range stream.Labels() {
		j.settled.WithLabelValues(label.Fault, label.Settle)
	}
	for _, cache := range []string{recall.Hit, recall.Alias, recall.Miss} {
		j.answers.WithLabelValues(cache)
	}
	for _, from := range providers {
		for _, to := range providers {
			if to != from {
				j.failovers.WithLabelValues(from, to)
			}
		}
	}
	return j
}

// asking tells what a provider is asked, and whether it is.
type asking struct {
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	open     *prometheus.GaugeVec
	denied   map[string]prometheus.Gauge // By provider: as everywhere both labels are constant, lest one registry refuse two stages.
}

func newAsking(providers []string) asking {
	a := asking{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vtq_provider_requests_total",
			Help: "Requests that a provider was asked, by the kind of object and what came of it: none is an answer, that nothing is known among them.",
		}, []string{"provider", "kind", "fault"}),
		took: prometheus.NewHistogramVec(histogram.Options("vtq_provider_request_duration_seconds",
			"How long a provider took to answer, or not to.", []float64{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60}), []string{"provider"}),
		open: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "vtq_breaker_open", Help: "1 while a provider is not asked because it does not answer.",
		}, []string{"provider"}),
		denied: map[string]prometheus.Gauge{},
	}
	for _, name := range providers {
		for _, kind := range indicator.Kinds() {
			a.requests.WithLabelValues(name, string(kind), faultless)
			for _, f := range fault.Kinds() {
				a.requests.WithLabelValues(name, string(kind), f.String())
			}
		}
		a.took.WithLabelValues(name)
		a.open.WithLabelValues(name)
		a.denied[name] = prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "vtq_credentials_denied", ConstLabels: prometheus.Labels{"stage": stage, "api": name},
			Help: "1 while a service refuses our credentials, or what we ask with them.",
		})
	}
	return a
}

// permissions tell of the quota, and of the permits that it gives.
type permissions struct {
	permits *prometheus.CounterVec
	wait    prometheus.Histogram
	refused *prometheus.CounterVec
	void    *prometheus.CounterVec
	quota   *quotas
}

func newPermissions(providers []string) permissions {
	p := permissions{
		permits: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vtq_permits_total", Help: "Decisions about permits: granted, or that nothing is left for the lane (spent), or that the provider wants " +
				"to be left alone for longer than the job waits (held).",
		}, []string{"provider", "decision"}),
		wait: prometheus.NewHistogram(histogram.Options("vtq_permit_wait_seconds", "How long jobs waited for a permit.",
			prometheus.ExponentialBuckets(0.01, 4, 10))), // 10 ms to 44 min.
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vtq_quota_refused_total", Help: "Requests that a provider refused for the quota (429) though they had a permit.",
		}, []string{"provider"}),
		void: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vtq_permits_void_total", Help: "Permits that became too old before a request was written.",
		}, []string{"provider"}),
		quota: newQuotas(),
	}
	for _, name := range providers {
		for _, decision := range []string{decisionGranted, decisionSpent, decisionHeld} {
			p.permits.WithLabelValues(name, decision)
		}
		p.refused.WithLabelValues(name)
		p.void.WithLabelValues(name)
	}
	return p
}

// sharing tells of what all workers share.
type sharing struct {
	trouble prometheus.Counter
	drift   *prometheus.GaugeVec // Of one series, once something is known: none is something to have seen.
}

func newSharing() sharing {
	return sharing{
		trouble: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "vtq_fleet_trouble_total", Help: "Times that what all workers share could not be read or written.",
		}),
		drift: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "vtq_topology_drift",
			Help: "Differences between the streams and consumers of the server and what the settings ask for, as this worker last saw.",
		}, nil),
	}
}

func (m *metrics) register(r prometheus.Registerer) (err error) {
	all := []prometheus.Collector{
		m.settled, m.answers, m.requests, m.took, m.permits, m.wait, m.open, m.trouble, m.refused, m.void, m.quota, m.drift, m.failovers,
	}
	for _, gauge := range m.denied {
		all = append(all, gauge)
	}
	for _, collector := range all {
		if err := r.Register(collector); err != nil {
			return err
		}
	}
	m.meter, err = stream.NewMeter(r, stage)
	return err
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

// asked counts one request.
func (m *metrics) asked(provider string) func(indicator.Kind, time.Duration, error) {
	return func(kind indicator.Kind, took time.Duration, err error) {
		met := faultless
		if err != nil {
			met = fault.KindOf(err).String()
		}
		m.requests.WithLabelValues(provider, string(kind), met).Inc()
		m.took.WithLabelValues(provider).Observe(took.Seconds())
	}
}

// decided counts a decision about a permit. What is neither a permit nor a refusal, as the end of who waited, is none.
func (m *metrics) decided(provider string, err error) {
	switch {
	case err == nil:
		m.permits.WithLabelValues(provider, decisionGranted).Inc()
	case errors.Is(err, budget.ErrSpent):
		m.permits.WithLabelValues(provider, decisionSpent).Inc()
	case errors.Is(err, budget.ErrHeld):
		m.permits.WithLabelValues(provider, decisionHeld).Inc()
	}
}

// outage notes whether a provider is not asked, and whether it is because it refuses the key.
func (m *metrics) outage(provider string, open, denied bool) {
	m.open.WithLabelValues(provider).Set(number(open))
	m.denied[provider].Set(number(denied))
}

func number(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// quotas tells, when it is asked, what is left of each limit of each provider, since days end without any request. Before a budget is
// open nothing is known, and nothing told.
type quotas struct {
	limit, remaining, reserved, reset *prometheus.Desc

	mu    sync.Mutex
	known map[string]func() []budget.Figure // By provider.
}

func newQuotas() *quotas {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, []string{"provider", "window"}, nil)
	}
	return &quotas{
		limit: desc("vtq_quota_limit", "Requests that the settings allow: a day, a month, or a minute, where VT_QUOTA_WINDOW names no other."),
		remaining: desc("vtq_quota_remaining", "Requests that the backlog (the lanes fresh and refresh together) may still take of a limit, for all workers, as far as "+
			"this one has heard: the least that any of them tells is nearest to the truth. What VTQ_URGENT_RESERVE and the lanes' VTQ_SHARE_ keep from "+
			"it is left out until the day's last hour."),
		reserved: desc("vtq_quota_reserved", "Requests that are left beside for urgent lookups alone. None of a month, and of a day none in its last hour."),
		reset:    desc("vtq_quota_reset_timestamp_seconds", "When all of a limit is there again."),
		known:    map[string]func() []budget.Figure{},
	}
}

// of tells where the figures of a provider come from.
func (q *quotas) of(provider string, figures func() []budget.Figure) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.known[provider] = figures
}

// Describe implements prometheus.Collector.
func (q *quotas) Describe(to chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{q.limit, q.remaining, q.reserved, q.reset} {
		to <- desc
	}
}

// Collect implements prometheus.Collector.
func (q *quotas) Collect(to chan<- prometheus.Metric) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for provider, figures := range q.known {
		for _, f := range figures() {
			tell := func(desc *prometheus.Desc, value float64) {
				to <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, provider, string(f.Period))
			}
			tell(q.limit, float64(f.Limit))
			tell(q.remaining, float64(f.Remaining))
			tell(q.reserved, float64(f.Reserved))
			tell(q.reset, float64(f.Reset.UnixMilli())/1000)
		}
	}
}
