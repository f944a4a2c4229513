package docs

import "vtq.internal/shared/config"

// Spans lists the variables of OpenTelemetry that the chart takes as settings, which are the library's own and stand in no struct of
// ours. Their names and values are those of its specification ("OpenTelemetry Environment Variable Specification", "OpenTelemetry
// Protocol Exporter"), as far as shared/telemetry and the SDK for Go follow it.
//
// Two are missing on purpose. OTEL_EXPORTER_OTLP_HEADERS bears the key of a collector: it is for extraEnv, out of a Secret. And
// OTEL_SERVICE_NAME would call all stages the same, each of which has a name of its own.
func Spans() []config.Variable {
	return []config.Variable{
		{Name: "OTEL_EXPORTER_OTLP_ENDPOINT", Shape: config.ShapeAddress, Doc: "Address of a collector that takes OTLP over HTTP, such as http://collector.monitoring:4318. Unset, no spans are sent."},
		{Name: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", Shape: config.ShapeAddress, Doc: "Where that takes spans, as it stands, such as http://collector.monitoring:4318/v1/traces; instead of the above."},
		{Name: "OTEL_RESOURCE_ATTRIBUTES", Doc: "What is told of the process with its spans, as key=value,key=value; service.name is each stage's own."},
		{Name: "OTEL_TRACES_SAMPLER", Doc: "Which traces are kept.", Default: "parentbased_always_on"},
		{Name: "OTEL_TRACES_SAMPLER_ARG", Shape: config.ShapeNumber, Doc: "The share that is kept by a traceidratio, 0 to 1."},
		{Name: "OTEL_SDK_DISABLED", Shape: config.ShapeFlag, Doc: "Whether no spans are sent, whatever else is set.", Default: "false"},
	}
}
