package threatq

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// unanswered is the class of a request without an answer.
const unanswered = "none"

// What a request is for.
const (
	requestRead  = "read"
	requestWrite = "write"
	requestLogin = "login"
)

// A Meter counts requests to ThreatQ. All stages of a process share one.
type Meter struct{ requests *prometheus.CounterVec }

// NewMeter registers the metric, whose series start at zero.
func NewMeter(r prometheus.Registerer) (*Meter, error) {
	m := &Meter{requests: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "vtq_threatq_requests_total", Help: "Requests to ThreatQ, by what they were for and the class of the answer's status; none without an answer.",
	}, []string{"request", "class"})}
	for _, request := range []string{requestRead, requestWrite, requestLogin} {
		for _, class := range []string{unanswered, "1xx", "2xx", "3xx", "4xx", "5xx"} {
			m.requests.WithLabelValues(request, class)
		}
	}
	return m, r.Register(m.requests)
}

// Observe counts a request: a Config's ObserveFunc.
func (m *Meter) Observe(o Observation) {
	request := requestRead
	switch {
	case o.Endpoint == pathToken:
		request = requestLogin
	case o.Write():
		request = requestWrite
	}
	class := unanswered
	if first := o.Status / 100; first >= 1 && first <= 5 {
		class = strconv.Itoa(first) + "xx"
	}
	m.requests.WithLabelValues(request, class).Inc()
}
