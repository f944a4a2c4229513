// Package fault names everything that can go wrong in the pipeline, in a closed list.
//
// A fault is classified once, where the fact is known (the client that saw the status code, the decoder that saw the bytes);
// everything above only wraps. What follows from a kind is a table, executed in one place:
//
//	kind         the message                          counts as attempt   breaker
//	Transient    nak with a growing, jittered delay   yes                 failure
//	Quota        stays with its waiting worker        no                  excluded
//	Permanent    dead letter with its reason, term    final               success
//	Denied       the stage pauses, loudly             no                  opens
//	Interrupted  nak at once                          no                  excluded
//	Gone         dropped, counted                     final               success
//	Unknown      as Transient; its metric stays zero  yes                 failure
//
// "The provider has never seen this hash" is no fault at all: it is a verdict.
package fault
