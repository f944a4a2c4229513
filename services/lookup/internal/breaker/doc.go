// Package breaker stops asking a provider that does not answer.
//
// It opens after five failures in a row, and at once when the key is refused; then nobody asks for a while, and jobs wait with
// their workers, undelivered and uncounted. After that one request probes, while all others go on waiting, however long it takes:
// it closes the breaker, or opens it again for twice as long, up to a bound. Only what says something about the provider counts:
// quota and interruption do not, and an item that the provider calls bad is a success, since the provider answered.
//
// # Decisions
//
// The counting is gobreaker's, the waiting is ours: its time grows, and whoever stood in the queue for a permit when the breaker
// opened must not probe before that time is over. So both are asked, first ours, which lets one in at the right time.
package breaker
