package producer

import (
	"github.com/prometheus/client_golang/prometheus"

	"vtq.internal/services/producer/internal/admit"
	"vtq.internal/shared/wire"
)

// metrics counts what becomes of indicators.
type metrics struct {
	published *prometheus.CounterVec
	skipped   *prometheus.CounterVec
	walks     *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
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
	for _, collector := range []prometheus.Collector{m.published, m.skipped, m.walks} {
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
