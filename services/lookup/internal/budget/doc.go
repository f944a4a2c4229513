// Package budget keeps a provider's quota for the whole fleet of workers, on JetStream.
//
// What there is to spend is on the server; a worker remembers only what saves it a question. Package quota has the arithmetic and
// the proof. A permit is made of two things:
//
//	a slot of the window   a publish to VTQ_QUOTA that the server refuses while the slot's last take lives
//	a unit of the day,     an increment of a counter in VTQ_SPEND, whose answer is the new sum: above what the lane may bring it to
//	of the month, and of   it is moved back, and nothing is granted until the period, or what keeps the rest from the lane, has ended
//	the lane if it has
//	a ceiling
//
// A request about many objects takes one slot and a unit for each of them; where fewer units are left it is granted those.
//
// Slot first, then the units, all at the same time: the day that a request counts for is the server's at the take, so that no worker's
// clock decides where midnight is. Within ten minutes of it the day is read off the time stamp of the take. Elsewhere a reading of the
// server's clock tells: an error of a second does not matter there. A take renews it when it is ten minutes old, and SetClock does
// where nobody takes.
//
// A worker that finds no slot free sleeps until the first one expires, as the server's time stamps tell, so that days of waiting cost
// nothing. Only where a slot outlives its time, because a clock stepped back or a follower is behind, it asks again, soon at first and
// then once a second. Of a worker's loops one asks at a time, and leaves in a pool what else the slot gives, for any lane.
//
// # Lanes
//
// Urgent jobs go before fresh ones, and fresh ones before refreshes, in each worker. Between workers the slots are free for all, but
// with a reserve the last one is for urgent jobs alone, which take another while there is one. When the backlog sleeps until a slot of
// its own expires, an urgent job asks at once: each class has its own next try. Yield keeps a worker from taking a refresh into its
// hand that would only wait there.
//
// # The edge of a day
//
// A counter may be above its limit for some milliseconds, by takes that are refunded since another counter refused them. A lane is
// therefore closed only if the counters that refused it are still full a moment later. It is closed in this worker, until the release
// when its reserve or its ceiling is what keeps it, else until the period ends, and a guard longer, since it goes by its own stop-watch.
// A permit that is released opens its lane again, in this worker: the unit may be the last. Other workers find out when they reckon.
//
// # What can go wrong
//
//	a worker is killed with a permit      its slot is idle until it expires, its units are lost
//	a worker is frozen with a permit      the permit is void by its own stop-watch when it wakes up
//	a worker is suspended                 wall clock and stop-watch differ: its permits are void, and the server's clock is read before
//	                                      anything is taken. Only the arithmetic is tested; no test can part the two clocks
//	a worker is paused, clocks and all    what it has in hand may be used too late (reasoned, see package quota)
//	the server's clock steps forward      slots expire early: up to a window's requests more, for each step (reasoned)
//	it steps back                         slots live longer; over midnight, yesterday's counters are spent on (reasoned)
//	a take times out                      no grant: the slot may be burnt, never used twice
//	a count times out                     no grant: a unit may be lost; the other counters of the take are moved back
//	a refund fails                        a unit is lost; it is never tried again, since twice would overspend
//	a permit is void before it is given   its units are moved back, the next slot is waited for, the watch hears of it
//	a lane takes beyond its share         nothing is granted, nothing counted; the lane is closed, the others go on
//	others count a unit too many          a lane that was refused meanwhile asks again within two seconds
//	nobody is urgent                      the reserve is the backlog's in the last hour; the reserved slot is idle
//	urgent jobs use all of a day          they may: the reserve is their least, a ceiling would be their most
//	a worker's clock is wrong             nothing: only what passes by it counts
//	it jumps                              the permits in hand are void, and the server's clock is read. Where the server is in the same
//	                                      process it is the server's that jumps, see above
//	the counters do not answer            jobs wait in hand, and are not counted as tried; the watch hears of it
//	the quota stream does not answer      the same; a hold that could not stand is told as well
//	NATS is down                          nobody takes, nobody asks
//	NATS loses its last second            at most the takes of that second are granted again (a power cut of all servers)
//	the provider says 429                 a hold stops every worker at its next take of a slot; what is left of slots that were taken
//	                                      is used for their age, a second or two; the worker that was told drops it
//	it says so again, for longer          the longer of two holds counts; a third is lost, and said again when they end
//	others use the same key               what the provider counts beyond our own counters is added (Add)
//	a limit is raised or lowered          a worker that starts with the new one goes by it, and by what was counted (Reckon)
//
// # What it costs
//
// A take is a read of the slots, a publish, and one publish for all counters at once: some milliseconds against a request of hundreds.
//
//	a window      W / (W + H) of the quota, see package quota
//	a day         ten seconds of each around midnight, and a read of the time stamp for takes within ten minutes of it
//	a reserve     a slot of the window, from four on, and R of the day until its last hour, both only while nobody is urgent. Where
//	              the day binds and not the window, as with 500 a day at 4 a minute, the slot is free; where not even the last hour can
//	              spend R, the rest is lost
//	a ceiling     a third counter for each take of the lane; what a ceiling keeps and no other lane wants waits for the last hour
//	neither       nothing
//
// ## Decisions
//
// The reserved slot is not released in the last hour, as units are: its rate is back with every window, and an urgent job of that hour
// is to be as fast as any.
//
// A full counter is read again by a move by zero, against a direct read: the leader answers it, where a follower that is behind would
// let a lane try once a second for as long as it is. It costs a write for each lane and worker, once a day.
//
// A hold has two subjects, against one that is replaced: the stream has no rollup and refuses what would replace, which is what keeps
// the slots safe. A third subject would serve a provider that says three different times within one hold; none is known.
package budget
