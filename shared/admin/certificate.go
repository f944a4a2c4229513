package admin

import (
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"vtq.internal/shared/dial"
)

// certificate tells when the certificate of the NATS server ends, while TLS is used: whoever waits until it has ended meets a fleet that
// stands still. What was seen last is told while the server is away too, since an end may be why it is.
//
// The connection is looked at when it stands, and each time that it stood again: the client library (nats.go 1.55) reads the state of a
// connection without the lock that it is written under, so that to look whenever somebody asks is a race with a connection that comes back.
type certificate struct {
	desc *prometheus.Desc

	mu  sync.Mutex
	end time.Time // Zero before any was seen.
}

func newCertificate() *certificate {
	return &certificate{desc: prometheus.NewDesc("vtq_nats_certificate_expiry_timestamp_seconds",
		"When the NATS server's certificate ends, or before it the authority's, as of the last connection. Only where TLS is used.", nil, nil)}
}

// reached looks at the connection, which stands, and has it looked at when it comes back.
func (c *certificate) reached(nc *nats.Conn) {
	c.look(nc)
	former := nc.ReconnectHandler()
	nc.SetReconnectHandler(func(nc *nats.Conn) {
		c.look(nc)
		if former != nil {
			former(nc)
		}
	})
}

func (c *certificate) look(nc *nats.Conn) {
	if end, ok := dial.CertificateEnd(nc); ok {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.end = end
	}
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
	return c.end
}
