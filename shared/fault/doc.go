// Package fault names everything that can go wrong in the pipeline, in a closed list.
//
// A fault is classified once, where the fact is known (the client that saw the status code, the decoder that saw the bytes);
// everything above only wraps. What follows from a kind is a table, executed in one place:
//
//	kind         the message                                              breaker
//	Transient    nak with a growing, jittered delay                       failure
//	Quota        stays with its waiting worker; given up, as Transient    excluded
//	Permanent    dead letter with its reason, term                        success
//	Denied       the stage pauses, loudly; given up, as Transient         opens
//	Interrupted  nak at once                                              excluded
//	Gone         dropped, counted                                         success
//	Unknown      as Transient; its metric stays zero                      failure
//
// An attempt is a delivery, and the server counts it whatever the fault was: Quota, Denied and Interrupted count as well. They are
// nobody's fault, but cost few attempts, since a message that waits with its worker or its stage is not delivered again meanwhile, and
// the bound on attempts leaves room for the rest.
//
// "The provider has never seen this hash" is no fault at all: it is a verdict.
package fault
