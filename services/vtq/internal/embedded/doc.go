// Package embedded runs a NATS server inside of vtq, for a laptop or a small team.
//
// The server keeps its streams in a data directory, and listens on a loopback port that the system picks, so that the other vtq
// commands can reach it: they find its address, and the credential that it generated for itself, in a file of the data directory
// that only its owner may read. The directory is locked while the server runs: two servers on one store would destroy it.
//
//	lock         held by the server; a killed process leaves nothing locked
//	server.json  where the server is, 0600, written when it is ready
//	nats/        the streams
//
// # Decisions
//
// The store is synced every second, not on every write: a killed process loses nothing, since the system has what it wrote; what a
// power cut takes, the producer's sweep finds again.
//
// Whether a server runs is asked of the lock, not of server.json, which a killed process leaves behind, and not of its port, which
// may be somebody else's by then.
package embedded
