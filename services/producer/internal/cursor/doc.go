// Package cursor is the producer's durable memory of how far it has read.
//
// It remembers two things. Since is the newest `updated_at` of all walks that came to their end. Walk is the walk under way, with
// the mark of its next page: it only serves to go on after an interruption, and is gone when the walk ends.
//
// ThreatQ's search shows some rows late. So the polls after Since has moved reach back behind it by an overlap, which is longer
// than the search lags. A poll that begins an overlap after Since was first seen, and finds nothing newer, has seen every row up
// to it: then Since is settled, and the polls begin behind it. Else each poll would read an import of a hundred thousand
// indicators again, for as long as nothing newer comes. Only durations of our own clock enter, never its difference to ThreatQ's.
//
// The stored state is authoritative and written by compare-and-set: of two producers that move it at once, one gets ErrMoved
// and starts again from what the other stored.
package cursor
