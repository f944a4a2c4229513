// Package writer takes verdicts and writes them onto the indicators in ThreatQ.
//
// It takes a batch, reads what its ledger says of the indicators in it (internal/ledger), keeps the newest verdict for each indicator and
// provider (the older ones are done with; see newest.go), and writes indicators side by side, a few at a time. Which attributes a verdict
// comes to is internal/attribute, what has to change on an indicator internal/plan, the doing internal/apply. Every verdict is settled by
// itself: one bad item never repeats its neighbours.
//
// # The way of a verdict
//
//	look up -> written already, or older than what was: ack
//	        -> the rows that are known say the same: note the revision, ack
//	        -> claim the entry -> ThreatQ -> write the entry -> ack
//
// In steady state ThreatQ is asked for nothing; before a row is changed the indicator is read, once. What asks for nothing is settled while
// the next batch is taken and looked up, which is what a replay's speed comes of: verdicts that were written are not even decoded. A writer
// that sees that its consumer was put back, or a new epoch of its ledger, says so in the log, with the number of the replay.
//
// # Two ways to write
//
// VTQ_WRITE_MODE says how indicators are written on which no verdict was written before; everything else is done one by one either way.
//
//	attributes   each by itself: one request for all its rows, and a look before where the ledger cannot vouch for it
//	bulk         up to 500 together: one search, which tells type, value, status and rows, and one request that repeats those and adds ours
//
// A bulk write is an economy, never a way of its own to fail. All claims are taken before it, and who loses one gives its verdict back;
// after it every entry is written and every verdict settled by itself; and what it could not do is done by itself, as if it had not been
// tried. Three first verdicts in a batch make it worth while. Batches are larger for it, and wait for 5 s for others to come.
//
//	ThreatQ fails in it or does not answer  once more, at once or after the outage; then each alone
//	the account may not use it (403), there each alone, until the process ends; said once
//	  is no such path (404, 405), or the
//	  answer speaks of nobody
//	one item is refused, or a row of it,    that one alone
//	  or it is not spoken of
//	the search does not show an indicator,  that one alone
//	  or shows rows of ours on it, or
//	  another that is called the same
//	an indicator was deleted meanwhile      ThreatQ makes another of the same value, which nobody asked for: said loudly, and
//	                                        counted, for a person to delete; the verdict is dropped, as of any indicator that is gone
//	a claim is lost while it is under way   it is cut short, and tried again without that one
//	the writer is killed over it            each alone; the rows are read
//	the writer is stopped                   what is under way is finished, what is left is given back
//
// # What can go wrong
//
//	ThreatQ down or slow            the batch stays in hand, until ThreatQ answers again; nothing is counted against it
//	credentials refused             the same, said loudly; goes on by itself when they work
//	one indicator fails             its verdict comes again later, with growing delays; after 20 tries it is a dead letter, as soon
//	                                as ThreatQ takes another
//	all fail, though ThreatQ        the same, so that there are no dead letters, not of the next writer either, for 16 hours; said
//	  answers                       loudly when writing is refused (403)
//	some are refused (403)          the first waits a minute, in case the right comes back, the others do not; then as above
//	ThreatQ refuses an attribute    the others are written; then dead letter, with ThreatQ's reason
//	the indicator was deleted       dropped and counted
//	the message cannot be read      dead letter
//	our code panics over a verdict  as when one indicator fails; the stack is in the log
//	a message kills the writer      dead letter, untried, at the 101st delivery
//	the writer is killed            the batch comes again after its AckWait of 60 s, when its claims have ended, too; where it had
//	                                one the rows are read, and what was written is found in place
//	two writers have one verdict    the second gives it back, until the first is done or its claim has ended
//	a writer is cut off from NATS   its work ends before its claim; the next one reads what stands there and goes on
//	a writer stands still, and      it finds its claim gone, makes the rows unknown, and brings the indicator back to the newest verdict
//	  writes when it wakes
//	  and that verdict is gone, or  told and counted: the rows stay unknown, and the next verdict on the indicator puts them right
//	  somebody is in the way, or
//	  ThreatQ, or NATS, for minutes
//	an older verdict comes late     acknowledged and counted, not written
//	an indicator's value changed,   the later value's is the newest, whatever came last; which value is later, the times of the
//	  and the old one's verdict       jobs tell
//	  comes after the new one's
//	an entry of the ledger is lost  one read of ThreatQ
//	a row is to be changed, or taken  one read before: it may bear somebody else's source by now, or be another row
//	  away
//	ThreatQ contradicts an entry    one read, and a new plan; what is refused then is refused
//	ThreatQ was restored            trusted until a new epoch of the ledger begins; then one read of each indicator
//	the ledger cannot be read       nothing is written and nothing dies; verdicts come again, with growing delays
//	  or written
//	an entry is of a later version  the same, until a writer comes that can read it
//	too many rows for an entry      they are not kept: one read each time
//	the verdicts pile up            said when their stream is nearly full: then it forgets the oldest, written or not
//	other settings                  other names, sources or ways to score make all rows unknown: one read of each indicator
//	a verdict is of a later schema  it comes again, until a writer comes that can read it
//
// # Decisions
//
// Attributes by default, and bulk by choice: a bulk write can bring back what was deleted a moment ago, sets back a status that was set
// in the minute that the search lags behind, and puts the source of the credentials on the indicator. None of that can be prevented
// from here; what can be told is told.
//
// In bulk only what the ledger has no entry of. Where it has one whose rows are unknown, somebody wrote or may have written a moment ago,
// or an operator doubts them: there only the relational store, which sees every write at once, is a witness. A row that the search does
// not show yet would stay beside the new one.
//
// An indicator that a bulk write has made is not deleted by us: it may as well be one that stood there, with other people's work on it.
//
// A value that an analyst changes or deletes among our rows stays so until a verdict says something else, or a new epoch brings
// everything back.
//
// A late write is put right by whoever made it, against leaving it for the next verdict on the indicator, which may be weeks away, and
// against telling another writer, who would have to be told reliably by one who was just cut off. It costs one read, in a case that
// hardly comes. The newest verdict is fetched from its stream, so that the writer need not have seen it. Doubt comes first, and ends
// whatever claim stands; then others are waited for. A writer that is killed in the moment between its late write and the doubt leaves
// what it wrote until the next verdict: nobody is left who knows of it.
//
// Which verdict is the newest is told by the times of jobs only between two values of an indicator. About one value the later message has
// the later answer, while a job that was made again of a verdict, to replay it, bears an older time. A job that claims to be younger than
// its verdict counts as old as that, so that a producer's clock that is ahead cannot keep the indicator's next value away for as long.
// What the ledger keeps is the latest time that is known of a value: one that comes back is still the later one when its verdict is of
// the older of its two jobs.
package writer
