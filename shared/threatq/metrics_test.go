package threatq_test

import (
	"net/http"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"vtq.internal/shared/threatq"
)

func TestMeterSortsRequests(t *testing.T) {
	cases := map[string]struct {
		o              threatq.Observation
		request, class string
	}{
		"a page":        {threatq.Observation{Method: http.MethodGet, Endpoint: "/api/indicators", Status: 200}, "read", "2xx"},
		"a search":      {threatq.Observation{Method: http.MethodPost, Endpoint: "/api/indicators/query", Status: 500}, "read", "5xx"},
		"a write":       {threatq.Observation{Method: http.MethodPost, Endpoint: "/api/indicators/{id}/attributes", Status: 403}, "write", "4xx"},
		"no answer":     {threatq.Observation{Method: http.MethodPut, Endpoint: "/api/indicators/{id}"}, "write", "none"},
		"an odd answer": {threatq.Observation{Method: http.MethodGet, Endpoint: "/api/indicators", Status: 999}, "read", "none"},
		"a login":       {threatq.Observation{Method: http.MethodPost, Endpoint: "/api/token", Status: 401}, "login", "4xx"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			registry := prometheus.NewPedanticRegistry()
			meter, err := threatq.NewMeter(registry)
			if err != nil {
				t.Fatal(err)
			}
			meter.Observe(c.o)
			families, err := registry.Gather()
			if err != nil {
				t.Fatal(err)
			}
			if n := len(families[0].GetMetric()); n != 18 {
				t.Errorf("%d series, want 18: each begins at zero", n)
			}
			for _, series := range families[0].GetMetric() {
				labels := map[string]string{}
				for _, label := range series.GetLabel() {
					labels[label.GetName()] = label.GetValue()
				}
				want := 0.0
				if labels["request"] == c.request && labels["class"] == c.class {
					want = 1
				}
				if got := series.GetCounter().GetValue(); got != want {
					t.Errorf("%v = %v after %+v, want %v", labels, got, c.o, want)
				}
			}
		})
	}
}

func TestMetersDoNotShareARegistry(t *testing.T) {
	registry := prometheus.NewRegistry()
	if _, err := threatq.NewMeter(registry); err != nil {
		t.Fatal(err)
	}
	if _, err := threatq.NewMeter(registry); err == nil {
		t.Error("NewMeter = nil with a registry that another one has, want an error")
	}
}
