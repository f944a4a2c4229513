// Package breaker stops asking a provider that does not answer, for all workers at once.
//
// A worker's own breaker opens after five failures in a row, and at once when the key is refused. It tells the fleet (package fleet),
// and from then on nobody asks: every worker reads the state immediately before it asks, and jobs wait in hand, or in their stream,
// whose consumers are paused. Only what says something about the provider counts: quota and interruption do not, and an item that the
// provider calls bad is a success, since the provider answered.
//
// # Finding out that it is over
//
// The state names the time of the next probe. When it has come, whoever has a job claims it, by moving that time on; the state has one
// entry, so that of all workers one succeeds. The job itself is asked: its answer is as good as any. It closes the breaker for
// everybody, or the next probe comes later.
//
// Where the provider has a page that costs nothing, it is asked every 15 seconds, by one worker at a time (Watch), with or without a
// job. While it is silent, and has answered before, no request is spent, but for a few a day, since it may be silent for reasons of its
// own; when it answers again one probes at once.
//
// Probes that cost a request take at most a hundredth of a day's budget (Pace): of 500 a day five, at 10 s, a minute, 7 min, 46 min and
// four and a half hours into the outage. Those of several outages of a day are counted together. A probe that never came to be a
// request, since no connection stood, costs nothing, and is made again in 15 s.
//
// # What can go wrong
//
//	the provider times out, breaks, answers HTML   five in a row open it
//	the key is refused (401, 403)                  opens at once, and is told loudly; closes by itself when the key works again
//	the free page answers, lookups do not          probes come farther apart
//	the free page has never answered               its silence tells nothing, and requests probe at their own pace
//	the free page alone breaks, or is refused      a few requests a day probe in spite of it
//	the free page comes and goes                   what that lets probe is bounded by the day
//	the prober dies                                its claim ends after two minutes, and another probes
//	its permit takes longer than its claim         it does not ask; whoever has the claim by then does
//	the state cannot be read or written            each worker goes by what it read last, and by its own breaker, until it can
//	the state is read from a server that is behind an older one than the worker's own does not count for 10 s
//	all workers restart                            the state is where it was
//	nobody has a job                               nobody probes, and nobody has to
//
// # Decisions
//
// The counting is gobreaker's, the waiting is ours: its time is one for all workers, grows, and outlives them. gobreaker's distributed
// breaker is no way to that, since it holds its lock during the request.
package breaker
