// Package logging builds the loggers of the services, and the one line that
// each message leaves behind.
//
// A line is JSON with the keys level, service, time and message first known to
// every log user; message is a constant and whatever varies is a field. Levels
// are promises:
//
//	error  a person must act
//	warn   degraded, will heal by itself
//	info   the canonical line of each message; start, stop, change of state
//	debug  the rest, off in production
//
// The canonical line is an [Event]: a worker opens it with the message, the
// handler adds facts, and one deferred call writes it at settlement, on every
// path. Its keys are an interface for those who read the logs: they are added
// to, never renamed.
//
// A warning that would repeat as long as its cause lasts goes through a [Fold].
//
// ## Decisions
//
//   - Loggers are passed by value and come from [New] alone; zerolog's globals
//     (time format, field names) are left as they are. They would belong to
//     every program that embeds a service. The time is therefore written by a
//     hook, which also follows the clock of a synctest bubble.
//   - Durations are seconds with milliseconds, as "_s" says, and not zerolog's
//     durations, whose unit is a global too.
package logging
