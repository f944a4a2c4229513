package admin

import (
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// buildInfo names the build. Its labels are of the process, so that there is one series.
func buildInfo(service, version string) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "vtq_build_info", Help: "1, labelled with what runs.",
		ConstLabels: prometheus.Labels{"service": service, "version": version, "go": runtime.Version()},
	}, func() float64 { return 1 })
}

func runtimeCollectors() []prometheus.Collector {
	return []prometheus.Collector{
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewBuildInfoCollector(),
	}
}

// gatherer is all that /metrics tells.
func (b *Board) gatherer() prometheus.Gatherer { return prometheus.Gatherers{b.own, b.runtime} }

// counters are what the stages count their work by. A process has those of the stages that it runs.
func counters() map[string]string {
	return map[string]string{
		"vtq_indicators_published_total": "producer",
		"vtq_lookup_settled_total":       "lookup",
		"vtq_writer_settled_total":       "writer",
	}
}

// A progress is how far a stage has come.
type progress struct {
	Done float64   `json:"done"`
	Last time.Time `json:"last,omitzero"` // When it was first seen to have come so far.
}

// look takes note of what the stages have done since the last look.
func (b *Board) look() {
	families, _ := b.own.Gather() // What goes wrong with one metric is told by /metrics, and the others are here.
	stages := counters()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, family := range families {
		stage, ok := stages[family.GetName()]
		if !ok {
			continue
		}
		done := 0.0
		for _, series := range family.GetMetric() {
			done += series.GetCounter().GetValue()
		}
		seen := b.work[stage]
		if done > seen.Done {
			seen = progress{Done: done, Last: time.Now().UTC()}
		}
		b.work[stage] = seen
	}
}

// outages are who is not asked or written to because it does not answer, as this process has heard: a provider by its name, and ThreatQ.
func (b *Board) outages() map[string]bool {
	families, _ := b.own.Gather()
	down := map[string]bool{}
	for _, family := range families {
		for _, series := range family.GetMetric() {
			switch value := series.GetGauge().GetValue(); family.GetName() {
			case "vtq_threatq_down":
				down["threatq"] = value > 0
			case "vtq_breaker_open":
				for _, label := range series.GetLabel() {
					down[label.GetValue()] = value > 0
				}
			}
		}
	}
	return down
}
