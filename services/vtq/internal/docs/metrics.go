package docs

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// A Metric is one that the code has, as it tells itself.
type Metric struct {
	Name, Type, Help string
	Labels           map[string][]string // The values of each, sorted. No values stand for any.
	Stages           []string
}

// open are labels whose values are not known beforehand.
func open(label string) bool { return label == "version" || label == "go" }

// MetricsOf gathers the metrics that begin with vtq_ from the registry of each stage. Every series begins at zero, so that what is
// gathered from stages that have begun is all that there can be.
func MetricsOf(stages map[string]prometheus.Gatherer) ([]Metric, error) {
	all := map[string]*Metric{}
	for _, stage := range slices.Sorted(maps.Keys(stages)) {
		families, err := stages[stage].Gather()
		if err != nil {
			return nil, fmt.Errorf("gathering the metrics of %s: %w", stage, err)
		}
		for _, family := range families {
			name := family.GetName()
			if !strings.HasPrefix(name, "vtq_") {
				continue
			}
			if all[name] == nil {
				all[name] = &Metric{
					Name: name, Type: strings.ToLower(family.GetType().String()), Help: family.GetHelp(), Labels: map[string][]string{},
				}
			}
			m := all[name]
			m.Stages = append(m.Stages, stage)
			for _, series := range family.GetMetric() {
				for _, label := range series.GetLabel() {
					m.add(label.GetName(), label.GetValue())
				}
			}
		}
	}
	var sorted []Metric
	for _, name := range slices.Sorted(maps.Keys(all)) {
		sorted = append(sorted, *all[name])
	}
	return sorted, nil
}

// add takes note of a label's value.
func (m *Metric) add(label, value string) {
	values := m.Labels[label]
	if at, found := slices.BinarySearch(values, value); !found && !open(label) {
		values = slices.Insert(values, at, value)
	}
	m.Labels[label] = values
}

// MetricsDocument is the whole of the document about metrics.
func MetricsDocument(metrics []Metric) string {
	var b strings.Builder
	b.WriteString(`# Metrics

What ` + "`/metrics`" + ` of each stage tells, beside what Go and the process tell of themselves. Every label has a closed list of values, and
every series begins at zero, but those of a quota, which are there where there is a limit, that of a certificate, where TLS is used, and
the topology's drift, once a worker has compared. One process for all stages tells all of it.
This file is generated from the running code: "make generate" brings it up to date.

| Metric | Type | Labels | Stage | Meaning |
|---|---|---|---|---|
`)
	for _, m := range metrics {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", m.Name, m.Type, m.labels(), strings.Join(m.Stages, ", "), m.Help)
	}
	return b.String()
}

// labels lists the labels with their values.
func (m *Metric) labels() string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(m.Labels)) {
		values := "any"
		if known := m.Labels[name]; len(known) > 0 {
			values = "`" + strings.Join(known, "` `") + "`"
		}
		all = append(all, fmt.Sprintf("`%s`: %s", name, values))
	}
	return strings.Join(all, "; ")
}
