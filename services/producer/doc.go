// Package producer reads indicators from ThreatQ and puts those that have to be asked about into the job stream.
//
// It walks the selection, a page at a time, in the order of `updated_at`: admits what may be asked (internal/admit), drops what
// has a fresh verdict and publishes one job for each of the rest (internal/enqueue), and only then moves its durable cursor
// (internal/cursor). A crash repeats at most one page, and a repeated page publishes nothing twice.
//
// There are two sorts of walk. A poll reads what was updated since the last one, with an overlap, every VTQ_POLL. A sweep reads
// the whole selection, at the first start and every VTQ_SWEEP: nothing in ThreatQ moves when a verdict grows old, the search
// index shows some indicators late, and a job or a verdict can be lost with a disk. The sweep is what makes the pipeline heal.
//
// The line "walk finished" says how many indicators were published by lane and skipped by reason, since the process began or the
// walk began again. Most of those without a verdict are found there.
//
// # What can go wrong
//
//	ThreatQ down, slow, or answering HTML   the walk waits, with growing delays, and goes on at its page
//	credentials refused, collection unknown said loudly; tried again with growing delays, heals itself
//	a page larger than the client takes     asked again in halves; the next walk begins with whole pages
//	a single row larger than that           the walk waits before it, with growing delays, and says so until the row is smaller
//	a mark that ThreatQ does not take back  the walk begins again at its start
//	the job stream full                     the page waits: backpressure
//	a second producer                       one of the two sees that the cursor moved, and goes on from there
//	a job that died                         rests for as long as "not found" stays fresh, or until its dead letter is taken away
//	an update dated in the future           is read, but does not move the cursor
//
// # Decisions
//
// The cursor is the newest `updated_at` of a finished walk, never `touched_at`: that one moves with every attribute that the
// writer writes, and would feed the pipeline with itself.
//
// A selection by a file of ids or values has no order to follow, so it is only swept.
package producer
