// Package ledger remembers what was written onto indicators: which rows of ours stand in ThreatQ, and of which verdict they are.
//
// An entry stands for each indicator, in a stream of one message per subject. It has the rows under the names that are ours to write,
// and of the newest verdict of each provider its revision, and for what the indicator was asked about. The later in the stream of verdicts
// is the newer one, unless they are about two values that the indicator had: then the one about the later value is. So an older verdict
// is never written over a newer one, whenever it comes.
//
// # How an entry changes
//
//	       Keep: the rows say the same already
//	       ┌──────────┐
//	       │          v
//	none, known ── Claim ──> claimed ── Keep ──> known
//	       ^                    │
//	       │                    ├─ Release, KeepUnknown, Doubt ──> unknown: whoever comes next reads ThreatQ
//	       │                    └─ its time is over ─────────────> the same
//
// Every change is a compare-and-set on the sequence of the entry that was read, so that of two writers one loses, before it has sent
// anything to ThreatQ, and gives its message back. The stream is the authority; an Entry in memory is what it said when it was read, and
// a follower may say something older, which then loses.
//
// A claim lasts for 40 s and is renewed while its writer works. A writer that is cut off from NATS ends its work before its claim ends.
// One that stands still as a whole may yet send a request when it wakes: nothing on ThreatQ's side could refuse it. It learns so when
// it ends its claim, casts Doubt on the entry, and brings the indicator back to its newest verdict under another claim (package writer).
//
// # When rows are known
//
//	no claim stands                       a writer may have died over it
//	the entry's epoch is the present one  an operator begins another when ThreatQ was restored
//	its settings are the present ones     under other names, or for another source, other rows would have been looked at
//
// # The first ledger
//
// An indicator without an entry may be new, or forgotten. To read its rows first is right for both and doubles the requests of a first
// pass, so that a ledger can be certified to have forgotten nothing. The certificate is the first message of its stream, under indicator 0.
// It is given when no verdict was ever taken, and none published before there was a ledger: that the consumer has taken none proves nothing,
// since a replay resets it. It is worth something for as long as
//
//	it is the first message            the stream forgets from its front, so that the certificate is the first thing it forgets
//	the epoch is the first             a restored ThreatQ is not what the ledger saw
//	200 messages stand behind it       a hundred indicators were looked at before they were written, and no row of ours was found
//	nobody found a row of ours         on any indicator that the ledger had not heard of; who does ends the certificate for all
//
// Even then the answer to a creation is looked at (package apply): a row in it that is older than the request tells of an indicator that
// was forgotten, and costs a read.
//
// What remains: NATS and all that it stored was lost, the hundred indicators are new ones, and then one comes that was written before, and
// of whose rows not one says what the new verdict says. Its old rows stay beside the new ones until its rows are read. Likewise when
// somebody deletes single messages of the stream by hand. Whoever does either begins a new epoch. And where another tool has written under
// our names and for our source, its rows are taken for ours when they are read, and stay beside ours when they are not.
//
// ## Decisions
//
// A stream with discard old, against a key-value bucket: a bucket at its bound refuses writes, and a ledger may forget. It is also read
// in batches: 250 entries cost one request of some milliseconds.
//
// Rows belong to the indicator and not to the provider: a row is known by its name and source, and providers whose attributes have the
// same names write the same rows. Only revisions are each provider's own.
//
// Whole rows, against their hashes: values are what a plan compares, without regard to case and around rows of others.
//
// Short claims that are renewed, against long ones: what a writer leaves behind that was killed comes again after a minute, and should
// not have to wait for more. Clocks of writers may differ by some ten seconds.
package ledger
