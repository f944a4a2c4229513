// Package demo shows the whole pipeline at work on simulators, and tells truthfully what came of it.
//
// A round is a simulated ThreatQ and simulated providers, an embedded server in a directory of its own, and two passes of the very pipeline
// that `vtq up` runs: the first over fresh indicators, the second over the same, unchanged. Recorded reports of one object take a
// round each, since a provider has one report at a time. Settings come from a made-up environment, never from the real one.
//
// Of two providers the first has a small day. When it is gone files and URLs go on through the other; what that one does not answer
// waits for the first one's next day, which the demonstration does not: a pass is over when all that is left is behind consumers that are
// paused for want of quota.
//
// # Where the figures come from
//
//	attributes, class, severity, detections, link    the simulated ThreatQ, when everything is over
//	requests, reads, writes                          counted by the simulators, where they arrive
//	why an indicator was skipped, dead letters,
//	changes of the provider                          the log lines of the stages, as an operator would read them
//	what waits                                       the stream of jobs, when everything is over
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
//	  provider          whose answer that is
//	  class, severity, detections, link
//	                    as written to ThreatQ; left out where nothing was
//	  score             the score that was set; left out where none was
//	  attributes        name and value of every attribute that was written
//	  skipped           why the provider was not asked, as the metric vtq_indicators_skipped_total spells it
//	  waits_for         the providers that could answer it, whose quota is spent
//	  failed            what went wrong, where neither came about
//	classes, skipped    how many indicators, by class and by reason
//	waiting             how many indicators wait for a quota; left out where none does
//	providers           one entry for each, first asked first
//	  name, requests    and the requests that it had, of VirusTotal those that count against the quota
//	  spent             of the quota: of many hashes in one request each counts, of what ReversingLabs does not know nothing does
//	  per_day           what its day would allow; left out where it has no limit
//	  answered          indicators that bear its answer
//	failovers           how often jobs went to another provider, and back
//	asked_twice         requests for a hash, URL, name or address that had been asked for before, whoever was asked
//	provider_requests   requests of all providers together, in the first pass
//	quota_per_minute    what the quota would allow
//	shared              answers that cost no request: {"same_object": of an object asked about before, "other_hash": of a file
//	                    asked about by another of its hashes}
//	threatq_requests, threatq_writes
//	                    requests that ThreatQ had, and those of them that changed something
//	second_pass         provider_requests, threatq_requests and threatq_writes of the pass over unchanged data
//	files_skipped       [{"path", "reason"}] of files below --reports that are no reports
//	took_s              how long all of it took
package demo
