// Package wire is what the services say to each other: the messages, their subjects and their ids.
//
// A job says "ask about this object for this indicator", a verdict says "this is the answer for that indicator", an alias
// says "this object is that other one". A dead letter is the message itself, whole, with headers that say why it died and what
// became of it before. What somebody asked for by a replay names that replay (HeaderReplay), from the job to the verdict. In which span
// of a trace a message was published its headers say as W3C has it (Trace).
//
//	vtq.job.<lane>.<route>.<key>.<id>         a job of the backlog; lanes fresh, refresh
//	vtq.urgent.<route>.<key>.<id>             a job of the lane urgent: somebody waits
//	vtq.verdict.<provider>.<key>.<id>         a verdict; id 0 means that nobody in ThreatQ asked
//	vtq.alias.<provider>.<key>                an alias
//	vtq.written.<id>                          the writer's ledger: what stands on an indicator; id 0 tells of the ledger itself
//	vtq.dead.<stage>.<route>.<key>.<id>       a dead letter
//	vtq.quota.<provider>.<account>.<slot>     a slot of a quota's window, a hold (pause) or a lease (lease-<name>): no body
//	vtq.spend.<provider>.<account>.<period>   the counter of a day (yyyymmdd) or a month (yyyymm)
//
// What the workers of a provider's account agree on (ProviderState) stands under a key of the state bucket, and so does the ledger's
// epoch.
//
// An indicator whose value changed stands for another object than before, so that two verdicts stand for it. Which of them is outdated is
// told by when their jobs were made (Asking), not by the order of the stream.
//
// key names the object that is asked about (indicator.Key), id the ThreatQ indicator that asked: two indicators may share an
// object, and an indicator that was deleted and created again is a new one. route names an ordered list of providers. No
// indicator value, URL or API key stands in a subject: subjects show in server logs and monitoring.
//
// Every body is JSON and carries its schema version. A reader ignores fields that it does not know, reads every version up
// to its own, and refuses a newer one with ErrNewer, so that the message can wait for a newer reader. The golden files under
// testdata are the contract: writers produce exactly these bytes, readers accept every one of them for ever.
package wire
