package telemetry

import (
	"fmt"
	"net/url"
	"strings"
)

// Variables that say whether spans are sent, and where. Their meaning is OpenTelemetry's.
const (
	varDisabled       = "OTEL_SDK_DISABLED"
	varExporter       = "OTEL_TRACES_EXPORTER"
	varEndpoint       = otlp + "ENDPOINT"
	varTracesEndpoint = otlpTraces + "ENDPOINT"
)

// tracesPath is where a collector takes spans, below an address that is for all signals.
const tracesPath = "v1/traces"

// collector tells where spans are sent; nil for nowhere. Errors name the variable, and do not repeat it: an address and a header can hold
// a key.
func collector(env []string) (*url.URL, error) {
	if strings.EqualFold(value(env, varDisabled), "true") {
		return nil, nil
	}
	switch exporter := value(env, varExporter); exporter {
	case "", "otlp":
	case "none":
		return nil, nil
	default:
		return nil, fmt.Errorf("%s: wants otlp or none", varExporter)
	}
	if value(env, varEndpoint) == "" && value(env, varTracesEndpoint) == "" {
		return nil, nil
	}
	if err := wrong(env); err != nil {
		return nil, err
	}
	return endpoint(env), nil
}

// endpoint is the address of the collector: that for traces as it stands, else that for all signals with a path added.
func endpoint(env []string) *url.URL {
	if to, err := url.Parse(value(env, varTracesEndpoint)); err == nil && to.Host != "" {
		return to
	}
	if to, err := url.Parse(value(env, varEndpoint)); err == nil && to.Host != "" {
		return to.JoinPath(tracesPath)
	}
	return nil
}

// value is that of a variable, without the space around it; the last one counts, as in a shell.
func value(env []string, name string) string {
	last := ""
	for _, entry := range env {
		if text, ok := strings.CutPrefix(entry, name+"="); ok {
			last = text
		}
	}
	return strings.TrimSpace(last)
}
