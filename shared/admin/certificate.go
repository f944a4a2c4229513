package admin

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"vtq.internal/shared/dial"
)

// certificate tells when the certificate of the NATS server ends, while TLS is used: whoever waits until it has ended meets a fleet that
// stands still. What was seen last is told while the server is away too, since an end may be why it is.
type certificate struct {
	board *Board
	desc  *prometheus.Desc

	mu  sync.Mutex
	end time.Time // Zero before any was seen.
}

func newCertificate(b *Board) *certificate {
	return &certificate{board: b, desc: prometheus.NewDesc("vtq_nats_certificate_expiry_timestamp_seconds",
		"When the NATS server's certificate ends, or before it the authority's, as of the last connection. Only where TLS is used.", nil, nil)}
}

// Describe implements prometheus.Collector.
func (c *certificate) Describe(to chan<- *prometheus.Desc) { to <- c.desc }

// Collect implements prometheus.Collector.
func (c *certificate) Collect(to chan<- prometheus.Metric) {
	if end := c.seen(); !end.IsZero() {
		to <- prometheus.MustNewConstMetric(c.desc, prometheus.GaugeValue, float64(end.Unix()))
	}
}

func (c *certificate) seen() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if nc := c.board.nats.Load(); nc != nil {
		if end, ok := dial.CertificateEnd(nc); ok {
			c.end = end
		}
	}
	return c.end
}
