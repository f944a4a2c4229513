// Package testkit lets the tests of the pipeline run on an embedded NATS server: under virtual time, or on loopback.
//
// Under virtual time (Bubble) everything lives in one synctest bubble: the server, reached over an in-process connection with
// file storage in the test's folder, the services, and the simulators, reached over net.Pipe (Serve). A day of pacing takes
// seconds, and synctest itself proves that no goroutine is left at the end. Real sockets are not "durably blocked" in the
// sense of synctest, so nothing in a bubble may use one.
//
// # Decisions
//
// The server's access-time ticker lives in a package-level goroutine that every store selects on. It has to be started outside
// the bubble, else the bubble is never idle and virtual time stands still: Bubble does that.
//
// That ticker is also the clock by which the server expires what is older than a stream's MaxAge: the real one, while messages bear
// the bubble's time. A bubble begins in the year 2000, so every message would be decades too old as soon as the server looks. Bubble
// therefore sleeps to a day in the future of the real clock, which costs nothing, and in a bubble MaxAge never expires anything.
//
// nats.go keeps timers for reuse in a pool of the whole process, and a timer of one bubble is fatal in another ("select on synctest
// channel from outside bubble"). Bubble has the pool emptied before and after.
package testkit
