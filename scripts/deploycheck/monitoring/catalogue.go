package monitoring

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A Metric is one that an expression may speak of.
type Metric struct {
	Type   string
	Labels map[string][]string // The values of each; none stand for any.
}

// A Catalogue is every metric that there is, by name.
type Catalogue map[string]Metric

// ReadCatalogue reads the table of metrics.md, and adds what other exporters tell.
func ReadCatalogue(document string) (Catalogue, error) {
	row := regexp.MustCompile("^\\| `(\\w+)` \\| (\\w+) \\| (.*?) \\| [^|]* \\| [^|]* \\|$")
	all := foreign()
	for line := range strings.Lines(document) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cells := row.FindStringSubmatch(strings.TrimSpace(line))
		if cells == nil {
			return nil, fmt.Errorf("no row of a metric: %s", line)
		}
		all[cells[1]] = Metric{Type: cells[2], Labels: labelsOf(cells[3])}
	}
	if len(all) == len(foreign()) {
		return nil, fmt.Errorf("no metric in %d bytes", len(document))
	}
	return all, nil
}

// labelsOf reads a cell such as `fault`: `none` `quota`; `version`: any.
func labelsOf(cell string) map[string][]string {
	quoted := regexp.MustCompile("`([^`]+)`")
	labels := map[string][]string{}
	for part := range strings.SplitSeq(cell, ";") {
		var words []string
		for _, found := range quoted.FindAllStringSubmatch(part, -1) {
			words = append(words, found[1])
		}
		if len(words) > 0 {
			labels[words[0]] = words[1:]
		}
	}
	return labels
}

// foreign is what others tell that dashboards show: prometheus-nats-exporter, by the names that its collector of JetStream has.
func foreign() Catalogue {
	streams := []string{"VTQ_JOBS", "VTQ_URGENT", "VTQ_VERDICTS", "VTQ_DEADLETTERS", "VTQ_QUOTA", "VTQ_SPEND", "VTQ_WRITTEN"}
	stream := map[string][]string{"account": nil, "stream_name": streams, "is_stream_leader": {"true", "false"}}
	consumer := map[string][]string{
		"account": nil, "stream_name": streams, "consumer_name": nil, "is_consumer_leader": {"true", "false"},
	}
	all := Catalogue{}
	for _, prefix := range prefixes() {
		all[prefix+"stream_total_messages"] = Metric{Type: "gauge", Labels: stream}
		all[prefix+"stream_total_bytes"] = Metric{Type: "gauge", Labels: stream}
		all[prefix+"consumer_num_pending"] = Metric{Type: "gauge", Labels: consumer}
		all[prefix+"consumer_num_ack_pending"] = Metric{Type: "gauge", Labels: consumer}
	}
	return all
}

// prefixes are what the exporter's names begin with: by itself, and as the NATS chart starts it (-prefix=nats).
func prefixes() []string { return []string{"jetstream_", "nats_"} }

// twins are the names that a metric has, whoever starts the exporter; of one of ours its own.
func twins(name string) []string {
	for _, prefix := range prefixes() {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			var all []string
			for _, prefix := range prefixes() {
				all = append(all, prefix+rest)
			}
			return all
		}
	}
	return []string{name}
}

// target are the labels that a scrape adds to whatever it finds.
func target() []string { return []string{"namespace", "pod", "container", "instance", "job"} }

// find gives the metric that a series belongs to, and the labels that it bears: those of the scrape, and of a histogram's buckets their
// bound.
func (c Catalogue) find(series string) (m Metric, labels []string, ok bool) {
	if m, ok = c[series]; ok && m.Type == "histogram" {
		return m, nil, false // It has no series of its own name.
	}
	bucket := false
	for _, suffix := range []string{"_bucket", "_sum", "_count"} {
		if name, cut := strings.CutSuffix(series, suffix); cut && c[name].Type == "histogram" {
			m, ok, bucket = c[name], true, suffix == "_bucket"
		}
	}
	labels = target()
	for label := range m.Labels {
		labels = append(labels, label)
	}
	if bucket {
		labels = append(labels, "le")
	}
	slices.Sort(labels)
	return m, labels, ok
}
