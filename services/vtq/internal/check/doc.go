// Package check tries out what the pipeline needs, one thing after the other.
//
//	check           what is tried                                                   what it cannot tell
//	configuration   all of the environment, as vtq up reads it
//	NATS            the connection and the version, or whether a vtq runs on the
//	                data directory
//	streams         what is there against what is needed
//	room            how full each stream is; only notes, of those near a bound      whether the disk has room
//	ThreatQ         a login, and the tables of types and statuses                   whether the account may write
//	indicators      the data collection, and its first indicator; or the file of    which of its names ThreatQ has
//	                ids and values
//	VirusTotal      the page of the key's quotas, against what is set               whether others use the key too
//
// Every check is made whatever became of the others, save those that stand on a login that failed. None costs anything: no quota is
// spent, nothing is written, no stream is made. A result says what was tried, what was found and, of a failure, how to mend it.
//
// ## Decisions
//
// Streams that are not there yet are well: vtq up makes them. Streams that differ are a note, not a failure, since vtq up brings
// them up to date when it can, and says so when it cannot.
//
// A stream near one of its bounds is a note: it works, and what happens when it is full may be what it is meant to do. The note says
// what that is, before anything is lost.
//
// A limit above the key's is a note as well: the key may be about to change, and the pipeline gets along with a 429.
package check
