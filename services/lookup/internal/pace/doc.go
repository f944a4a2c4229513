// Package pace spaces the requests to a provider.
//
// A request is made with a permit in hand. Permits come one by one, W/Q apart for a quota of Q requests in a window of W: then
// no window of any sort, fixed or sliding, ever holds more than Q, wherever it begins. Waiting jobs of the lane fresh are
// served before those of the lane refresh.
//
// A permit that was not used can be given back, and serves the next one who waits: its place is free again. One that comes back
// after a later one was given is lost, since whoever took its place now would stand too close to that one. A permit that was used
// is spent, whatever became of the request.
//
// # Decisions
//
// The budget here is that of one process: it is exact for one worker. Several workers that share a key divide the quota by
// their settings until the budget is kept for the whole fleet.
//
// A margin of one part in sixty is added to the distance: the provider counts when a request arrives, we when it leaves, and
// two requests may travel for different times. At 4 a minute that is 0.25 s, and costs 1.6 % of the quota.
package pace
