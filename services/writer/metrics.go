package writer

import (
	"github.com/prometheus/client_golang/prometheus"

	"vtq.internal/services/writer/internal/apply"
	"vtq.internal/shared/stream"
)

const stage = "writer"

// metrics counts what becomes of verdicts.
type metrics struct {
	settled *prometheus.CounterVec
	rows    *prometheus.CounterVec
	batch   prometheus.Histogram
	down    prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		settled: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vtq_writer_settled_total", Help: "Deliveries of verdicts, by what went wrong and how they ended.",
		}, []string{"fault", "settle"}),
		rows: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vtq_attribute_rows_total", Help: "Attribute rows in ThreatQ, by what was done to them.",
		}, []string{"change"}),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "vtq_batch_items", Help: "Verdicts in one batch.", Buckets: []float64{1, 5, 25, 100, stream.MaxBatch},
		}),
		down: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "vtq_threatq_down", Help: "1 while nothing is written because ThreatQ does not answer.",
		}),
	}
	for _, label := range stream.Labels() {
		m.settled.WithLabelValues(label.Fault, label.Settle)
	}
	for _, change := range []string{"created", "updated", "deleted", "unchanged"} {
		m.rows.WithLabelValues(change)
	}
	for _, collector := range []prometheus.Collector{m.settled, m.rows, m.batch, m.down} {
		if err := r.Register(collector); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// written counts one delivery.
func (m *metrics) written(tally apply.Tally, outcome stream.Outcome) {
	label := outcome.Label()
	m.settled.WithLabelValues(label.Fault, label.Settle).Inc()
	m.rows.WithLabelValues("created").Add(float64(tally.Created))
	m.rows.WithLabelValues("updated").Add(float64(tally.Updated))
	m.rows.WithLabelValues("deleted").Add(float64(tally.Deleted))
	m.rows.WithLabelValues("unchanged").Add(float64(tally.Unchanged))
}
