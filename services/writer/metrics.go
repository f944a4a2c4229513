package writer

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"vtq.internal/services/writer/internal/apply"
	"vtq.internal/services/writer/internal/ledger"
	"vtq.internal/shared/histogram"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/threatq"
)

const stage = "writer"

// Events of the ledger.
const (
	eventStale     = "stale"
	eventElsewhere = "elsewhere"
	eventRead      = "read"
	eventMended    = "mended"
	eventUnmended  = "unmended"
)

// Ends of a verdict in a bulk write.
const (
	bulkWritten   = "written"
	bulkAlone     = "alone"
	bulkMisplaced = "misplaced"
)

// metrics counts what becomes of verdicts.
type metrics struct {
	meter   *stream.Meter
	settled *prometheus.CounterVec
	rows    *prometheus.CounterVec
	ledger  *prometheus.CounterVec
	batch   prometheus.Histogram
	bulk    *prometheus.CounterVec
	down    prometheus.Gauge
	denials *denials
	used    prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		denials: &denials{},
		settled: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vtq_writer_settled_total", Help: "Deliveries of verdicts, by what went wrong and how they ended.",
		}, []string{"fault", "settle"}),
		rows: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vtq_attribute_rows_total", Help: "Attribute rows in ThreatQ, by what was done to them.",
		}, []string{"change"}),
		ledger: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vtq_writer_ledger_total",
			Help: "Verdicts of which a newer one was written before (stale), that another writer had in hand (elsewhere), or for which " +
				"the rows had to be read (read); indicators that were written too late and put right (mended) or not (unmended).",
		}, []string{"event"}),
		batch: prometheus.NewHistogram(
			histogram.Options("vtq_batch_items", "Verdicts in one batch.", []float64{1, 5, 25, 100, stream.MaxBatch, threatq.MaxConsume}),
		),
		bulk: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vtq_writer_bulk_total",
			Help: "Verdicts that a bulk write was tried for: written by it, left to be written alone, or written onto another indicator " +
				"(misplaced).",
		}, []string{"end"}),
		down: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "vtq_threatq_down", Help: "1 while nothing is written because ThreatQ does not answer.",
		}),
		used: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "vtq_verdicts_used_ratio", Help: "Share of the bound that is nearest, in bytes or messages, which the stream of verdicts uses.",
		}),
	}
	for _, label := range stream.Labels() {
		m.settled.WithLabelValues(label.Fault, label.Settle)
	}
	for _, change := range []string{"created", "updated", "deleted", "unchanged"} {
		m.rows.WithLabelValues(change)
	}
	for _, event := range []string{eventStale, eventElsewhere, eventRead, eventMended, eventUnmended} {
		m.ledger.WithLabelValues(event)
	}
	for _, end := range []string{bulkWritten, bulkAlone, bulkMisplaced} {
		m.bulk.WithLabelValues(end)
	}
	for _, collector := range []prometheus.Collector{m.settled, m.rows, m.ledger, m.batch, m.bulk, m.down, m.denials.gauge(), m.used} {
		if err := r.Register(collector); err != nil {
			return nil, err
		}
	}
	meter, err := stream.NewMeter(r, stage)
	m.meter = meter
	return m, err
}

// Denials are what the writer knows of whether ThreatQ refuses it.
type denials struct {
	outage atomic.Bool // It refuses the login.
	last   atomic.Pointer[time.Time]
}

// refused notes that a write was refused, while ThreatQ knows us.
func (d *denials) refused() {
	now := time.Now()
	d.last.Store(&now)
}

// took notes that a write was taken.
func (d *denials) took() { d.last.Store(nil) }

// stand tells whether ThreatQ refuses us, as far as that is known: a refusal that nobody has met again within the longest wait between two
// tries may have been about its item alone, which has gone its own way since.
func (d *denials) stand() float64 {
	if last := d.last.Load(); d.outage.Load() || last != nil && time.Since(*last) < calm {
		return 1
	}
	return 0
}

func (d *denials) gauge() prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "vtq_credentials_denied", ConstLabels: prometheus.Labels{"stage": stage, "api": "threatq"},
		Help: "1 while a service refuses our credentials, or what we ask with them.",
	}, d.stand)
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

// told counts what the ledger had to say to one delivery.
func (m *metrics) told(it *item) {
	switch {
	case it.stale:
		m.ledger.WithLabelValues(eventStale).Inc()
	case errors.Is(it.err, ledger.ErrElsewhere):
		m.ledger.WithLabelValues(eventElsewhere).Inc()
	}
}

// read counts one reading of an indicator's rows.
func (m *metrics) read() { m.ledger.WithLabelValues(eventRead).Inc() }
