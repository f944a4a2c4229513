// Package check tries out what the pipeline needs, one thing after the other.
//
//	check           what is tried                                                   what it cannot tell
//	configuration   all of the environment, as vtq up reads it
//	NATS            the connection and the version, or whether a vtq runs on the
//	                data directory
//	streams         what is there against what is needed, and jobs on routes that
//	                the settings do not name any more
//	room            how full each stream is; only notes, of those near a bound      whether the disk has room
//	ThreatQ         a login, and the tables of types and statuses                   whether the account may write
//	indicators      the data collection, and its first indicator; or the file of    which of its names ThreatQ has
//	                ids and values
//	routes          who is asked about what, and the kinds that nobody answers
//	VirusTotal      the page of the key's quotas, against what is set               whether others use the key too
//	ReversingLabs   by its own API a file that nobody has, as a look-up would       what is left of the contract
//	  and others    in VirusTotal's schema: that a key is asked for                 whether the key is taken
//
// Every check is made whatever became of the others, save those that stand on a login that failed. None costs anything: no quota is
// spent, nothing is written, no stream is made. A result says what was tried, what was found and, of a failure, how to mend it.
//
// ## Decisions
//
// Streams that are not there yet are well: vtq up makes them. Streams that differ are a note, not a failure, since vtq up brings
// them up to date when it can, and says so when it cannot.
//
// Jobs on a route that the settings do not name any more are a note, with their number: they are answered as long as one provider of the
// route is in use, and wait otherwise.
//
// ReversingLabs' own API bills a single look-up for a 200 alone (vendor documentation), so it is asked for a file that nobody has: that
// proves the user, and the right to what look-ups use. The report of usage would be free as well and prove less, since a contract may
// have one without the other. What a look-up costs in its suite that is compatible with VirusTotal, a 404 too, nobody wrote down, and of
// other endpoints nothing is known. So these are asked without the key: nobody can be billed, and who asks for the key is the right one.
//
// A stream near one of its bounds is a note: it works, and what happens when it is full may be what it is meant to do. The note says
// what that is, before anything is lost.
//
// A limit above the key's is a note as well: the key may be about to change, and the pipeline gets along with a 429.
package check
