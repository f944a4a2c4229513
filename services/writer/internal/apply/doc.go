// Package apply writes verdicts onto indicators.
//
// It plans by what is known of an indicator's rows, and does what the plan says: creations in one request, updates and deletions one by
// one. Where nothing is known it reads the rows first. Every step can be repeated: what was done before a crash is found in place.
//
// First verdicts on many indicators can be written Together: one search reads what stands on them, one bulk write adds the rows. What
// that leaves over is applied one by one: an indicator that the search does not show, one with rows of ours on it, one that the bulk write
// does not take. Scores are set one by one as well.
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
//
// The answer to a bulk write need not tell the ids of rows. A row without one is kept all the same: its value is what a plan compares,
// and before a row is changed or deleted its indicator is read anyway. So it costs nothing, now or later; to read the ids back would cost
// a request for each indicator, and to keep the rows as unknown another with its next verdict.
//
// The search is believed about what is new, and nobody else: it lags behind by up to a minute. A bulk write that is repeated, since
// its answer was lost, takes rows that say the same for its own.
package apply
