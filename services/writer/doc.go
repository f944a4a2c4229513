// Package writer takes verdicts and writes them onto the indicators in ThreatQ.
//
// It takes a batch, keeps the newest verdict for each indicator and provider (the older ones are done with), and writes
// indicators side by side, a few at a time. Which attributes a verdict comes to is internal/attribute, what has to change on an
// indicator internal/plan, the doing internal/apply. Every verdict is settled by itself: one bad item never repeats its neighbours.
//
// # What can go wrong
//
//	ThreatQ down or slow            the batch stays in hand, until ThreatQ answers again; nothing is counted against it
//	credentials refused             the same, said loudly; goes on by itself when they work
//	one indicator fails             its verdict comes again later, with growing delays; after 20 tries it is a dead letter, as soon as
//	                                ThreatQ takes another
//	all fail, though ThreatQ        the same, so that there are no dead letters, not of the next writer either, for 16 hours; said
//	  answers                       loudly when writing is refused (403)
//	some are refused (403)          the first waits a minute, in case the right comes back, the others do not; then as above
//	ThreatQ refuses an attribute    the others are written; then dead letter, with ThreatQ's reason
//	the indicator was deleted       dropped and counted
//	the message cannot be read      dead letter
//	our code panics over a verdict  as when one indicator fails; the stack is in the log
//	a message kills the writer      dead letter, untried, at the 101st delivery
//	the writer is killed            the batch comes again after its AckWait of 60 s; what was written is found in place
//
// # What it does not do
//
// The newest verdict wins within a batch, not beyond it: nothing remembers which verdict was written last. Two verdicts of one provider
// for one indicator have subjects of their own when its value was changed in between, so that the stream keeps both. When the older one
// failed and comes again, or another writer has it in hand, it can be written after the newer one, and stands there until the next
// verdict for the indicator: at the latest until its answer grows old and is asked for again.
package writer
