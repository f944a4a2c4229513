// Package telemetry makes the spans of OpenTelemetry, and takes their context from message to message.
//
// A message is published under a span of its own (Publish), whose context goes with it in the headers traceparent and tracestate, as W3C
// has them. Each delivery is worked on under a new span (Process), the root of a trace of its own, which is linked to the span that
// published the message: a job may wait for days, and a trace of days is none that anybody can look at or that a backend keeps together.
// What the work asks over HTTP (Request) and publishes lies below it:
//
//	publish VTQ_JOBS  <--link--  process VTQ_JOBS              <--link--  process VTQ_VERDICTS
//	                               GET /files/{id}                          POST /api/indicators/{id}/attributes
//	                               publish VTQ_VERDICTS                     PUT  /api/attributes/{id}
//
// A message that died takes the context under which it was first published into its letter, and bears it when it is sent again. A URL,
// a subject, an indicator's value, a key or the text of an error is in no span: names come from closed lists, indicators are numbers.
// Nothing of it goes to a provider or to ThreatQ: requests bear no traceparent.
//
// The tracer travels in the context, as spans do (Tracer.Context). Where there is none, nothing is made and no header is written. A
// tracer without a place to send spans to still makes ids, so that the logs of what belongs together have the same trace_id.
//
// The standard variables rule it: OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT names the collector, and without
// either, with OTEL_TRACES_EXPORTER=none or with OTEL_SDK_DISABLED=true nothing is sent. That is decided by the environment that New is
// given; the rest (OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER, OTEL_BSP_*, other OTEL_EXPORTER_OTLP_*) the
// libraries of OpenTelemetry read themselves, from the environment of the process. Addresses, headers, timeouts, certificates, attributes
// and samplers are looked at before: where one of them is wrong nothing is sent, and the log names it, since spans that go elsewhere, or
// are of somebody else, would be missed later. Sizes and times of the queue (OTEL_BSP_*) and the compression are not: where one of them
// makes no sense its default counts.
//
// A collector that is slow, gone or hostile costs spans and nothing else: they wait in a queue of 2,048, and are dropped when it is full;
// an export that fails is told in the log, once a minute, in words of ours, since the collector's might repeat a key that it was sent.
//
// ## Decisions
//
//   - The tracer is in the context, against a field in everything that publishes or asks: between a stage and the client that sends a
//     request there are a dozen functions that have no other use for it, and all of them pass the context on.
//   - No global provider or propagator of OpenTelemetry is set: they would belong to every program that embeds a stage, and to all tests of
//     a process at once. Its logger and its error handler are, by New, which stages never call: to nothing. Against leaving them alone and
//     checking all variables first, which is done too, so that somebody is told: the libraries print a value that they cannot read, and
//     may come to read one more. A line that is lost costs less than a key in a log.
//   - Spans get their attributes after they began, and only when they are recorded: a span that is not costs two ids and a header, a
//     twentieth of a publish to a server on the same machine, and a recorded one a seventh (stream.BenchmarkResubmit).
//     Samplers that decide by attributes do not see them; those that OTEL_TRACES_SAMPLER can name do not look.
//   - Each trace is sampled by itself: with a ratio of a tenth, a tenth of the publications and a tenth of the deliveries are kept, and not
//     those of the same messages. Whoever wants whole ways keeps all, and lets the collector choose.
//   - OTLP over HTTP alone, against gRPC beside it: every collector takes it, and it needs no second port, no second proxy setting.
//   - Without a collector spans are not sampled, so that no message claims to be part of a trace that nobody keeps, and a NATS server whose
//     account traces messages is not set off.
package telemetry
