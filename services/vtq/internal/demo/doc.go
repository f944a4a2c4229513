// Package demo shows the whole pipeline at work on simulators, and tells truthfully what came of it.
//
// A round is a simulated ThreatQ and VirusTotal, an embedded server in a directory of its own, and two passes of the very pipeline
// that `vtq up` runs: the first over fresh indicators, the second over the same, unchanged. Recorded reports of one object take a
// round each, since a provider has one report at a time. Settings come from a made-up environment, never from the real one.
//
// # Where the figures come from
//
//	attributes, class, severity, detections, link    the simulated ThreatQ, when everything is over
//	requests, reads, writes                          counted by the simulators, where they arrive
//	why an indicator was skipped, dead letters       the log lines of the stages, as an operator would read them
//	requests shared                                  the metrics of the lookup stage
//
// Nothing is taken from what the data set promises about itself: that is what the tests compare it with.
//
// # The document
//
// `vtq demo -o json` prints an Outcome:
//
//	indicators          one entry for each, in the order of the data
//	  id, type, value   as ThreatQ has them; ids begin anew in each round
//	  note              why the synthetic data has it
//	  report            path of its report file below --reports
//	  class, severity, detections, link
//	                    as written to ThreatQ; left out where nothing was
//	  score             the score that was set; left out where none was
//	  attributes        name and value of every attribute that was written
//	  skipped           why the provider was not asked, as the metric vtq_indicators_skipped_total spells it
//	  failed            what went wrong, where neither came about
//	classes, skipped    how many indicators, by class and by reason
//	provider_requests   requests that VirusTotal counted against the quota
//	quota_per_minute    what the quota would allow
//	shared              answers that cost no request: {"same_object": of an object asked about before, "other_hash": of a file
//	                    asked about by another of its hashes}
//	threatq_requests, threatq_writes
//	                    requests that ThreatQ had, and those of them that changed something
//	second_pass         provider_requests, threatq_requests and threatq_writes of the pass over unchanged data
//	files_skipped       [{"path", "reason"}] of files below --reports that are no reports
//	took_s              how long all of it took
package demo
