// Package inquiry asks a running pipeline about values for somebody who waits.
//
// What is known already is read from the verdict stream, as the workers read it, and costs nothing. Everything else goes to the
// workers as an urgent job for nobody in ThreatQ (id 0), whose verdict nothing writes there, and the answer is waited for. No provider
// is ever talked to from here: the quota and the breaker are the workers' own.
//
//	value -> object   refused: private, internal, or nothing that a provider knows
//	memory            an answer that is fresh, under any alias, ends it
//	subscribe         to the verdict's subject, and to that of the job's dead letter
//	memory            again: the answer may have come in between
//	publish           the job, unless somebody else's is pending, whose answer serves as well
//	wait              for the message; memory is looked into again every recheck, and once at the end
//
// What is stored in a stream reaches whoever subscribes to its subject at that moment, so that no consumer has to be made and taken
// away for each question. Such a message comes at most once: one that is lost while the connection is away is found by the looks
// into memory, which also heal what a replica told that was slightly behind.
//
//	no worker runs, or the provider is out    ErrNoAnswer at the end of the context; Obstacle says why
//	a worker gives the job up                 ErrGivenUp at once, with the reason of its dead letter
//	the lane is full, NATS restarts           tried again every recheck, for as long as the context lasts
//	the asker leaves                          the job stays for as long as its stream keeps it; its answer is the next asker's
//
// ## Decisions
//
// A job bears no other scheme, though the scheme of its URL may have been a guess. Under id 0 stands what was said about an object
// itself: an answer about its twin would take that place, and the object would be asked about again and again. A twin that is known
// already is answered with.
//
// Nothing tells a worker of an asker who has left. Taking the job back could take it from another, who found it pending and waits.
package inquiry
