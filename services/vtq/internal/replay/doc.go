// Package replay lets work come again that was done before: verdicts to the writer, and jobs to the lookup workers.
//
// # Verdicts
//
// VTQ_VERDICTS keeps the newest verdict of each indicator, so that it can all be written again without asking a provider. Begin puts the
// writer's durable consumer back to an earlier verdict; from there on it is the writer's own work, and whoever began it may go away.
//
//	Survey  what a replay would bring, and where the writer stands
//	Begin   note the replay -> with Verify: open a new epoch of the ledger -> put the consumer back
//	Follow  how far the writer has come, until it has written again what stood there when the replay began
//	Cancel  put the consumer forward again, to where it stood
//
// By default the ledger is trusted: a verdict that was written, and has not changed since, costs no request of ThreatQ. Verify is for a
// ThreatQ that was put back to an earlier state: in a new epoch no entry gives rows, so that each indicator's rows are read once.
//
// # What cannot be lost
//
// Everything up to the ack floor was written, or has ended as a dead letter. What lies behind it may not have been, so a replay never
// begins behind it: the start is the ack floor's next, then (Survey.Clipped). A replay within a replay counts from the floor that the
// first one noted, for the verdicts in between were all written once.
//
// Cancel goes no further than to that floor. What it leaves out was written before; what it leaves out of a Verify stays unverified, at
// the cost of one read each when a verdict comes the next time.
//
// # Crashes and company
//
//	command killed before the note    nothing happened
//	  before the new epoch            the consumer stands where it stood; Current tells that the outcome is unknown. Repeat it
//	  before the reset                the same; what comes meanwhile is read once in ThreatQ
//	  behind it                       the replay goes on: where the consumer stands says so, whatever the note says
//	writer killed                     the consumer is durable; its next writer goes on
//	two commands at once              one of them holds the note for up to a minute; the other gets ErrBusy
//	server gone for a while           Follow waits
//	stream made anew                  notes about the one before it do not count
//
// # Audit
//
// The notes of the last 20 replays are kept in the state bucket, with who asked for what, and when it began and ended: those of verdicts
// under Key, those of jobs under JobsKey. Verdicts that come again are the old messages, and bear no new headers; in the writer's log a
// replay of them is what has a sequence from the record's From to its To after the time at which it started. Jobs bear the name of their
// replay (wire.HeaderReplay), and so do the verdicts that come of them and the dead letters of both.
//
// # Jobs
//
// Jobs asks providers again about the objects of verdicts that stand, in the lane refresh, at the cost of quota: Plan counts what it would
// be, Publish does it. A job refuses the answer that stands (wire.Job.After). One that is pending already is refused by its stream, so
// that Publish can be interrupted and repeated. When the stream is full it waits.
//
// When an indicator's value changed, verdicts about both values stand. The one that the writer's ledger knows to be outdated is left out.
// Where the ledger is behind, a request is spent in vain and no more: a job is as old as what it knows (wire.Job.Created), so that the
// writer does not take its verdict for the newer one.
//
// Nobody asks ThreatQ for this: markings and statuses are those of when each was first asked about, and an indicator that was deleted
// since is asked about in vain.
//
// ## Decisions
//
// The durable consumer is reset, against an ad-hoc consumer whose messages a second writer writes: what is not finished survives every
// crash, and the order between old and new verdicts is the stream's own.
//
// The note is written before the consumer moves, against after it: a floor that nobody noted cannot be gone back to.
//
// What is there is counted by consumers that live for a moment, against direct reads: the leader answers, exactly, and the same call finds
// the first message at or after a time.
//
// Which of two verdicts is outdated is asked of the ledger, a page at a time, against a look through the whole stream for the newest of each
// indicator: that costs a pass more and memory for each, and is old when a full queue has held a replay up for a day.
//
// An empty ledger is given a new epoch even without Verify. A reset sets the count of deliveries back to nothing, as if no verdict had
// ever been taken, and a ledger that is empty then would be certified as the first one: it would make rows that stand there already.
package replay
