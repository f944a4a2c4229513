// Package stream is the pipeline's hold on JetStream: which streams there are, how a message is taken, and how it ends.
//
// # Streams
//
//	VTQ_JOBS         work queue, one message per subject, discard new. "One pending job per indicator" is the dedup state:
//	                 bounded, freed by the ack, exact across kill -9. A full stream is backpressure.
//	VTQ_URGENT       the same, small, for jobs for whose answers somebody waits: a full backlog never refuses one.
//	VTQ_VERDICTS     limits, one message per subject, discard old. Output, replay log and verdict cache in one, so that
//	                 nothing has to be written twice.
//	VTQ_DEADLETTERS  limits. What needs a person, whole, with its reason.
//	VTQ_QUOTA        one message per subject, discard new, each with its time to live: slots of the providers' windows.
//	VTQ_SPEND        counters: what was spent of each day and month, and the history of it for free.
//	VTQ_WRITTEN      limits, one message per subject, discard old. The writer's ledger: what stands on an indicator, written by
//	                 compare-and-set. A lost entry costs one read of ThreatQ.
//	vtq_state        key-value bucket: cursors, and what keeps providers from being asked.
//
// The Topology is one value: Ensure creates it, Diff reports where a server differs from it. Services bind to what is there;
// only `vtq setup` and `vtq up` create. A server that others use is extended (Extend), never shrunk without being told to: a shell that
// lacks a variable would ask for one copy and the shortest ages, and the server drops at once what is beyond them.
//
// # How a message ends
//
// A Settler executes the table of package fault, and nothing else in the project acks, naks or terminates a message:
//
//	success, Gone          double ack
//	Transient, Unknown     nak with a delay that grows with the delivery count, with jitter
//	Quota, Denied          the same, or later where a delay was named: the caller waits or pauses before that, since to come
//	                       again is an attempt here, too
//	Permanent              published whole to VTQ_DEADLETTERS, once for each death, then terminated
//	Interrupted            nak at once
//
// Every delivery is an attempt. A stage that asks Exhausted before the work ends a message after MaxAttempts of them, which also ends
// the loop of a message that kills its process. A stage that lets messages outlive their attempts, since it can tell that they are not
// at fault, has to end that loop itself.
//
// A message that dies after it was sent again keeps its history, within bounds. VTQ_DEADLETTERS also takes the server's notes about
// messages that it delivers no more (Silence), which happens only to consumers whose MaxDeliver was changed by hand.
//
// A settlement that the server does not confirm is lost, and Transient, whatever it would have been: the message comes again after
// AckWait, unless the server heard of it after all.
//
// # Decisions
//
// Messages are pulled one at a time (One) or as one batch (Batch) with no prefetch: the client library's default hoards 500
// messages in one worker, where they wait for its permits while other workers idle.
//
// No BackOff on any consumer: its first entry silently replaces AckWait and bends every delay of a nak.
//
// The state bucket is made as a stream, not by the client library, whose buckets allow rollups: one message with a header, under any key
// that its author may write, would purge the keys of all others. Nothing here purges a key; the library does all the rest on it.
//
// An ack is a double ack: a lost ack would spend a second request of the provider's quota. A double ack that times out is
// taken for "maybe": the message may come again, and whoever takes it finds the effect in place.
package stream
