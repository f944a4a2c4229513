// Package apply writes verdicts onto indicators.
//
// It plans by what is known of an indicator's rows, and does what the plan says: creations in one request, updates and deletions one by
// one. Where nothing is known it reads the rows first. Every step can be repeated: what was done before a crash is found in place.
//
// # When ThreatQ contradicts
//
//	a row that was to be changed is not there (404)     somebody deleted it, or ThreatQ was restored
//	a change or a creation is refused (409, 422, 400)   another row may say the same by now
//	a change is answered with another row               the row went up in one that said the same
//	a creation is answered with a row that is older     it stood there: of ours and forgotten, or of somebody else
//	  than the request
//
// In all of them the rows are read, once, and the plan is made anew. What is refused after that is refused.
//
// # Decisions
//
// An older row is told by its id: ThreatQ's database counts rows up, whoever writes them, so that a new row has a higher id than any
// that was seen before it was asked for. To repeat a creation is known to answer with the row that stands there (vendor's clients, and
// recorded rows whose id and date of creation stay); whether the status tells, 200 or 201, is not. A database that does not count
// strictly up costs a read for each creation, and no row.
package apply
