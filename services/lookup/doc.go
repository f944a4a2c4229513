// Package lookup takes jobs, asks the provider about each object once, and publishes the verdicts.
//
// A worker runs some loops for each lane of each route. A loop holds one job at a time: it looks for an answer in memory
// (shared/recall), waits for a permit of the fleet's quota (internal/quota, internal/budget) while the provider is up
// (internal/breaker), asks, publishes, and acks (internal/enrich says why in this order). While it waits it tells the server that the
// job is in good hands.
//
// A quota belongs to all workers together, however many there are. One of them at a time compares what was counted with what the
// provider says was used, so that people and other tools may share the key.
//
// # What can go wrong
//
//	the provider times out, breaks, answers HTML   the job comes again later, with growing delays; five in a row open the breaker
//	the provider says 429                          jobs stay with their loops; no worker asks until the time it named, else for a
//	                                               minute, and the provider's own figures are compared
//	the day or the month is spent                  jobs in hand go back, and nothing is taken until the period ends
//	the provider refuses the key                   the breaker opens at once, loudly, and probes until the key works again; jobs in
//	                                               hand stay there
//	the provider calls the item bad                dead letter
//	the message cannot be read                     dead letter
//	the worker is killed                           the job comes again after its AckWait of 30 s; a request that was under way may
//	                                               be repeated, once
//	the worker is stopped                          requests under way are finished within the grace, waiting jobs given back at once
package lookup
