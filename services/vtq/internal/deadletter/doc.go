// Package deadletter is the operator's hold on VTQ_DEADLETTERS: what died, why, and what is to become of it.
//
// There are two sorts of letters. A stage that gives a message up buries it: the letter is the message, whole. And the server tells
// of a message that it delivers no more, since somebody limited the deliveries of a consumer by hand: such a message stays in its
// stream, silent, and blocks its subject; the letter is the server's note about it.
//
//	                      List, Show                      Redrive                               Drop
//	buried                as it is                        published to its own subject,         letter deleted
//	                                                      then the letter is deleted
//	silent, of a queue    with the message from its       buried whole, then deleted from its   message and note deleted:
//	                      stream                          stream, then as above                 it would block its subject
//	silent, of verdicts   the same                        buried whole, then as above           note deleted
//
// A letter is known by its place in the stream. Redrive ends each letter with a Fate:
//
//	Redriven     it is on its way again, with its history in its headers
//	Pending      a job for the same indicator waits already: one is enough
//	Superseded   a newer verdict stands where it belongs, or was written on the indicator, and must not be written over
//	Gone         the message that the server told of is not there any more
//	Dying        the message that died is still in its stream: its stage has to end it first, or buries it again; the letter stays
//	Kept         nobody can tell where it belongs; the letter stays
//
// # Crashes and company
//
// What is to be published is acknowledged before anything is deleted, so that a crash in between leaves both, and the next Redrive
// repeats what does no harm: a second job for an indicator is refused or finds its answer in the cache, a second copy of a verdict
// is dropped by its message id, or finds the first one standing and is superseded. The pipeline may run meanwhile: what dies again
// while Redrive runs is a new letter, behind the end of what it set out to do.
//
// A verdict is published on the condition that nothing has changed under its subject since it was looked at. A newer one can stand under
// another subject, when the indicator's value changed: the writer's ledger tells of it once it was written.
//
// # Decisions
//
// Letters are read one at a time, oldest first, against batches: letters are for people, who have a hundred and not a million of
// them, and a reader holds one body in memory.
//
// A job that is redriven bears no message id: a work queue remembers the ids of what was done with, and would swallow it.
package deadletter
