package producer

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"vtq.internal/services/producer/internal/admit"
	"vtq.internal/services/producer/internal/cursor"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/wire"
)

const stage = "producer"

// metrics counts what becomes of indicators.
type metrics struct {
	published *prometheus.CounterVec
	skipped   *prometheus.CounterVec
	walks     *prometheus.CounterVec
	stopped   *prometheus.CounterVec
	denied    prometheus.Gauge
	swept     prometheus.Gauge
	every     prometheus.Gauge
	read      prometheus.Gauge
}

func newMetrics(r prometheus.Registerer, sweep time.Duration) (*metrics, error) {
	m := &metrics{
		published: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vtq_indicators_published_total", Help: "Indicators put into a lane of the job stream.",
		}, []string{"lane"}),
		skipped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vtq_indicators_skipped_total", Help: "Indicators that were not asked about, by reason.",
		}, []string{"reason"}),
		walks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vtq_walks_total", Help: "Walks over ThreatQ that came to their end.",
		}, []string{"walk"}),
		stopped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vtq_walks_interrupted_total", Help: "Times that a walk could not go on and was tried again later, by what went wrong.",
		}, []string{"fault"}),
		denied: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "vtq_credentials_denied", ConstLabels: prometheus.Labels{"stage": stage, "api": "threatq"},
			Help: "1 while a service refuses our credentials, or what we ask with them.",
		}),
		swept: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "vtq_sweep_last_success_timestamp_seconds",
			Help: "When the last sweep began that came to its end; before there is one, when the first began. 0 until that is known.",
		}),
		every: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "vtq_sweep_interval_seconds", Help: "How often everything is swept (VTQ_SWEEP).",
		}),
		read: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "vtq_cursor_timestamp_seconds", Help: "The newest update in ThreatQ that was seen; 0 before any.",
		}),
	}
	m.every.Set(sweep.Seconds())
	for _, kind := range fault.Kinds() {
		m.stopped.WithLabelValues(kind.String())
	}
	for _, lane := range wire.Backlog() {
		m.published.WithLabelValues(string(lane))
	}
	for _, reason := range admit.Reasons() {
		m.skipped.WithLabelValues(string(reason))
	}
	for _, reason := range []string{reasonFresh, reasonPending, reasonDead, reasonUnreadable} {
		m.skipped.WithLabelValues(reason)
	}
	for _, walk := range []string{"poll", "sweep"} {
		m.walks.WithLabelValues(walk)
	}
	for _, collector := range []prometheus.Collector{m.published, m.skipped, m.walks, m.stopped, m.denied, m.swept, m.every, m.read} {
		if err := r.Register(collector); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *metrics) add(c count) {
	for e, n := range c {
		counter := m.skipped
		if e.became == published {
			counter = m.published
		}
		counter.WithLabelValues(e.label).Add(float64(n))
	}
}

// stands tells how far the selection was read.
func (m *metrics) stands(state cursor.State) {
	swept := state.Swept
	if swept.IsZero() && state.Walk != nil {
		swept = state.Walk.Started
	}
	m.swept.Set(seconds(swept))
	m.read.Set(seconds(state.Since))
}

// seconds is a moment as metrics have it; 0 for none.
func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

// interrupted counts a walk that could not go on.
func (m *metrics) interrupted(kind fault.Kind, denied bool) {
	m.stopped.WithLabelValues(kind.String()).Inc()
	if denied {
		m.denied.Set(1) // Until ThreatQ has answered, whatever else goes wrong meanwhile.
	}
}

// answered notes that ThreatQ did as it was asked.
func (m *metrics) answered() { m.denied.Set(0) }
