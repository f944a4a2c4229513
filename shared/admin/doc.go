// Package admin tells whoever watches a process how it is: over HTTP, to probes, to Prometheus and to people.
//
//	/livez     200 while every loop keeps its promise to come back
//	/startupz  200 once NATS was reached, and has what the process needs
//	/readyz    200 while the process takes work, or pauses on purpose
//	/metrics   the metrics of the process, as Prometheus reads them
//	/status    all of that for a person, as JSON
//
// A probe that says no answers 503, and with a line for each reason. Any method but GET and HEAD is 405.
//
// What is told is posted on a [Board], by whoever knows it: the command that NATS was reached ([Board.Reached]) and that the intake
// begins ([Board.Began]), package daemon that the process is to stop ([Board.Drain]), each loop that it goes on ([Pulse.Beat]), the
// stages what they count ([Board.Registerer]). A board posts to nobody when no address is set; it costs nothing then.
//
// # What each probe is for
//
//	                              /livez   /startupz   /readyz
//	settings are wrong            the process has ended by then
//	NATS was not reached yet      ok       no          no
//	a stream is missing           the process ends, and is started again
//	NATS is away for a while      ok       ok          no
//	provider or ThreatQ is down,  ok       ok          ok
//	  breaker open, key refused
//	the budget is spent, or an    ok       ok          ok
//	  operator has paused it
//	SIGTERM came                  ok       ok          no
//	a loop hangs                  no       ok          ok
//
// # Loops that wait
//
// A loop that waits for hours is as healthy as one that works, so that no bound on the time between two beats can tell a waiting loop
// from one that hangs. Each beat is therefore a promise: to be back within the time that the next step may take at the most, which the
// loop knows (a pull of two minutes, a sleep until the day ends). Only a promise that is broken by more than [Patience] is held against
// the process. Where a loop waits for others without a bound, as for a free hand, it says that it rests: what these do has timeouts of its
// own. A stage whose loops post no pulses is alive as long as the process can answer.
//
// # Decisions
//
// Promises, against a tick of every loop within a minute: the pipeline sleeps until the next thing that is known to happen, and to
// wake each loop twice a minute for its own probe would be the only thing that an idle process does, and in tests of virtual time the
// only thing that costs.
//
// No dependency is asked about by any probe. To restart a process, or to take it out of service, mends no provider and no NATS, and a
// fleet that is restarted because a provider is down meets it in one moment when it is back. NATS counts for readiness alone, and as
// the connection knows it, not by a question of its own.
//
// A process that drains is alive: a liveness that failed then would have the work in hand killed within its grace.
//
// The default is any address for a service, since a kubelet comes from outside the pod, and none for vtq up, which runs where people
// work: there a port that is taken would keep it from starting, and one that is open would be a surprise. What is served is free of
// credentials, values of indicators and texts from outside, as nobody has to log in.
//
// The server's connections, headers and times are bounded, scrapes by number as well: a scrape that repeats itself must not starve
// what is watched. It stops last, when the work in hand is done, so that a drain can be watched to its end.
package admin
