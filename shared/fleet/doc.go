// Package fleet keeps what all workers of a provider's account agree on: why it is not asked at present.
//
// There are three reasons: an outage, a lane that has nothing left of the day or the month, and a person who wants it so. Each has
// its end, and they stand together in one entry of the state bucket (wire.ProviderState), so that a worker that starts knows what
// the others have found out, and a restart of all of them forgets nothing. Whoever changes the entry changes what it has read: of two
// that change it at once, one reads again (compare-and-set).
//
// The entry is the truth. For as long as one of the reasons lasts the consumer of the lane is paused on the server, too, so that jobs
// stay where they are and nobody asks for them; that is an economy, and nothing depends on it: a job that is taken all the same waits
// in hand. A route with several providers is paused for as long as none of them may be asked. A pause has one end, and a later pause with an earlier end would shorten it. Therefore it is always set to the latest end
// of all reasons.
//
// A 429 is no reason of this kind: it stands as a hold in VTQ_QUOTA, where every worker sees it at its next take, and lasts for as long as
// the provider said, mostly a minute.
//
// # What can go wrong
//
//	the entry cannot be read         the worker goes by what it has read last, and by its own breaker
//	the entry cannot be written      the worker's own breaker keeps it from asking; the others find out by themselves
//	a consumer cannot be paused      jobs wait in hand, or come again later
//	a worker dies behind its change  a consumer is paused for too long, or not at all, until somebody brings all consumers to what the
//	                                 state says (Pause), which the workers do every few minutes
//	somebody deletes the entry       it counts as none, and is written anew with the next change
//	the entry cannot be decoded      it counts as none, and is written anew with the next change; one of a later version is left alone
package fleet
