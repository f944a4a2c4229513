// Package monitoring reads the alerts, their tests, the runbooks and the dashboards, and tells where they speak of something that is not
// there: a metric that no stage has, a label that a metric does not bear, a value that a label never takes, a runbook that nobody wrote, and in
// one a variable, a log line or a command of vtq that is not there.
//
// An expression over a metric that does not exist is no error to Prometheus: it is silent for ever, which of an alert nobody notices.
// What there is stands in metrics.md, which is generated from the running stages, and in the short list of what other exporters tell
// (foreign). Of an expression it is followed which labels are left at each place in it, so that an aggregation by a label that was
// aggregated away before is found as well.
//
// ## Decisions
//
// metrics.md is read and not the code: this module has dependencies of its own, Prometheus' parser among them, and what the stages are
// built of is not to be raised by it. That the document is fresh is a test beside its generator.
//
// A command of a runbook is given to the built vtq with --help added, which reads its flags and their values before it helps: a list of
// commands kept here would have to be kept right by somebody.
//
// The go command takes a pass from its cache though rules or dashboards have changed, since they lie outside this module: these tests run
// with -count=1.
//
// Every check is a function from what was read to complaints, and is tested twice: over the files as they are, and over some with planted
// faults, so that one which has stopped seeing anything is noticed.
package monitoring
