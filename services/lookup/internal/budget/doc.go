// Package budget keeps a provider's quota for the whole fleet of workers, on JetStream.
//
// What there is to spend is on the server; a worker remembers only what saves it a question. Package quota has the arithmetic and
// the proof. A permit is made of two things:
//
//	a slot of the window   a publish to VTQ_QUOTA that the server refuses while the slot's last take lives
//	a unit of the day,     an increment of a counter in VTQ_SPEND, whose answer is the new sum: above the limit it is moved back,
//	and of the month       and nothing is granted until the period ends
//
// Slot first, then the unit: the day that a request counts for is read off the server's time stamp of the take, so that no worker's
// clock decides where midnight is.
//
// A worker that finds no slot free sleeps until the first one expires, as the server's time stamps tell, so that days of waiting cost
// nothing. Only where a slot outlives its time, because a clock stepped back or a follower is behind, it asks again, soon at first and
// then once a second. Of a worker's loops one asks at a time, and leaves in a pool what else the slot gives; fresh jobs are served
// before refreshes.
//
// # What can go wrong
//
//	a worker is killed with a permit      its slot is idle until it expires, its unit of the day is lost
//	a worker is frozen with a permit      the permit is void by its own stop-watch when it wakes up
//	a take times out                      no grant: the slot may be burnt, never used twice
//	a count times out                     no grant: a unit may be lost
//	a refund fails                        a unit is lost; it is never tried again, since twice would overspend
//	a worker's clock is wrong, or jumps   nothing: only its stop-watch counts
//	the counters do not answer            jobs wait in hand, and are not counted as tried
//	NATS is down                          nobody takes, nobody asks
//	NATS loses its last second            at most the takes of that second are granted again (a power cut of all servers)
//	the provider says 429                 a hold stops every worker at its next take
//	others use the same key               what the provider counts beyond our own counters is added (Add)
//
// # What it costs
//
// A take is a read of the slots, a publish and a read of its time stamp, and a unit one publish for each limit: some milliseconds
// against a request of hundreds.
package budget
