// Package lookup takes jobs, asks a provider about each object once, and publishes the verdicts.
//
// A worker has one loop for each lane of each route, which pulls jobs one at a time, and hands for a few of them
// (VTQ_LOOKUP_CONCURRENCY). A hand holds one job: it looks for an answer in memory (shared/recall), waits until the provider may be asked (internal/breaker,
// shared/fleet) and for a permit of the fleet's quota (internal/quota, internal/budget), asks, publishes, and acks (internal/enrich
// says why in this order). While it waits it tells the server that the job is in good hands.
//
// A quota belongs to all workers together, however many there are. One of them at a time compares what was counted with what the
// provider says was used, so that people and other tools may share the key.
//
// # Routes
//
// Each provider has a desk: a budget, a breaker and a memory of its own. A route is an ordered list of desks, and a job is answered at the
// first that is up and has something left of the day and the month; a wait for the window is no reason to go elsewhere, since it is what
// a backlog does all day. Before anybody is asked the memories of all desks on the route are, so that nothing is asked twice when jobs go
// over and come back. The consumers of a route are paused only for as long as no desk on it may be asked.
//
// A desk that can ask about many files in one request has two of these in hand, one under way and one that gathers (package enrich).
//
// # Lanes
//
//	urgent    somebody waits (vtq lookup). Its jobs have a stream and a loop of their own, a slot of the window, and a share of the day
//	fresh     an indicator that was never asked about
//	refresh   an answer that has grown old; goes behind fresh, and may use three quarters of the day, so that new indicators do not
//	          find it spent
//
// # What can go wrong
//
//	the provider times out, breaks, answers HTML   the job comes again later, with growing delays; five in a row open the breaker of
//	                                               the fleet, and jobs stay in hand or in their stream until one request got through
//	the provider says 429                          jobs stay in hand; no worker asks until the time it named, else for a minute, or
//	                                               for the window where that is longer. A warning names our figures and the provider's
//	the provider says that nothing remains         the same, before it comes to a 429
//	the day or the month is spent                  the lane is paused until the period ends, or a limit is raised; jobs in hand go back
//	the provider refuses the key                   the breaker opens at once, loudly, and closes by itself when the key works again
//	the provider calls the item bad                dead letter
//	the message cannot be read                     dead letter
//	our code panics over a job                     it comes again as any that fails; the stack is in the log
//	the worker is killed                           the job comes again after its AckWait of 30 s; a request that was under way may
//	                                               be repeated, once
//	a job kills each worker                        dead letter, untried, at the 21st delivery
//	the worker is stopped                          requests under way are finished within the grace, waiting jobs given back at once
//	a worker's clock is wrong, or jumps            nothing: times are the server's, waits are by the stop-watch
//	the quota or the state cannot be reached       nobody asks without a permit; told once a minute (vtq_fleet_trouble_total)
//	verdicts cannot be read or stored              jobs stay in hand, and an answer that was paid for is not asked for again; told alike
//	connections stand later than permits live      they are kept for the next try, which one job of a lane makes at a time
//	a worker dies before it pauses a consumer,     the consumers are brought to what the state says every few minutes
//	  or goes by limits that were raised
//	NATS is slower than permits live               nobody asks with a permit that is too old (vtq_permits_void_total)
//	a provider is down, refuses the key, or its    where the route has another one the job is answered there, and told in log and metric
//	  day is spent, or it asks for long to be       (vtq_lookup_failovers_total); now and then a job probes whether it is back
//	  left alone
//	jobs wait on a route that the settings do not  they are answered, if this worker can ask one of its providers
//	  name any more
package lookup
