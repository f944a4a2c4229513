// Package enrich answers jobs: from memory when it can, from the provider when it must.
//
// The order of steps is what keeps the quota whole. Memory is asked before a permit is taken, since a permit taken for nothing
// is lost for a while; and again after, since the answer may have come while the job waited for it: then the permit goes back.
// The provider is asked once. Then the aliases are published and after them the verdict, so that a crash between the two leaves
// aliases without an answer, which are misses, and never an answer that its aliases do not lead to.
//
// Concurrent jobs for one object share one request: the second waits for the first, and takes its answer. Jobs for hashes of different
// sorts do not run side by side in one worker, since they may be about one file.
//
// Two contexts bound the work. Waiting, for a permit or for the provider to come back, ends with the first: a job that waits costs
// nothing when it is given back. A request that is under way is paid for, and may go on, with what follows from it, until the second
// ends.
package enrich
