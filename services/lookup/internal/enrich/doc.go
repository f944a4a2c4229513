// Package enrich answers jobs: from memory when it can, from the provider when it must.
//
// The order of steps is what keeps the quota whole. Memory is asked before a permit is taken, since a permit taken for nothing
// is lost for a while; and again after, since the answer may have come while the job waited for it: then the permit goes back.
// The provider is asked once. Then the aliases are published and after them the verdict, so that a crash between the two leaves
// aliases without an answer, which are misses, and never an answer that its aliases do not lead to.
//
// Concurrent jobs for one object share one request: the second waits for the first, and takes its answer, or what the provider said
// against the object. Jobs of one lane for hashes of different sorts do not run side by side in one worker, since they may be about one
// file. Lanes do not wait for each other but at the request itself, so a file under two names in two lanes may cost two, and one that is
// asked about together with others may do so under one name.
//
// While the memory cannot be read, or an answer not be stored, jobs stay in hand: it is not their fault, and to give one back would
// count an attempt against it, or ask again for what was paid. So TroubleFunc tells, and the provider is not asked meanwhile.
//
// A permit lives for about a second, and a connection may take longer to stand. Then the request is given up, not the connection,
// which the next permit finds; and one job of a lane tries at a time until one was in time (path). A provider that cannot be reached
// at all is a failure after three such permits.
//
// Some providers answer about many files in one request (ManyLooker). Jobs for files then gather, by the sort of their hashes, until they
// are as many as one request takes or the first has waited for two seconds; the first leads. A permit for them costs the window one
// request, and the day one unit for each; where the day has less left, as many are asked about, and the others gather anew. Each job then
// stores its own answer and settles by itself.
//
// A job that could be answered elsewhere (Ticket.Elsewhere) does not wait here for a provider that is out of reach.
//
// Two contexts bound the work. Waiting, for a permit or for the provider to come back, ends with the first: a job that waits costs
// nothing when it is given back. A request that is under way is paid for, and may go on, with what follows from it, until the second
// ends.
//
// # Decisions
//
//   - A late connection is left to net/http, against waiting for it with a permit that would be void, and against taking a permit when it
//     stands: it might be closed, unused, before a permit comes.
//   - An answer that cannot be stored waits in hand until the worker ends, against giving its job back after some minutes: another worker
//     would ask again. What is too large to be stored is the object's own fault, and a dead letter.
package enrich
