// Package rehearsal has what it takes to play a cluster without Kubernetes: the programs that ship, as processes on loopback, with the
// configuration that ships, while they are killed, rolled and tempted.
//
//	simulators      ThreatQ and VirusTotal, in the test's own process ([World])
//	3 NATS servers  deployments/nats/cluster.conf, credentials of "vtq credentials" ([Cluster])
//	2 producers     \
//	4 lookups        } environment, arguments and grace of the rendered chart ([Release], [Fleet])
//	2 writers       /
//
// Only addresses differ from what a cluster would have: of NATS, ThreatQ, VirusTotal and the probes.
//
// Who is killed is killed in the middle of its work: a lookup when VirusTotal has counted its question, a writer when ThreatQ has its rows,
// a producer when it has asked for a page, each before it hears of it.
//
// The authority on what has to come out is a run in which nothing happens: the same indicators through "vtq up". ThreatQ has to look the
// same after both, row by row ([Compare]), and as the data says by itself ([World.Unanswered]). What was asked of VirusTotal is judged by
// who asked: [Calls] knows every life of every lookup, and only what a killed one had in hand may be asked again. A violation of rights in
// any log ends the play at once ([Yard.Sound]); in the end each role tries all that it may not do, and then every try that a
// right forbids has to be in a server's log ([Tempt], [Told]).
//
// The test with the story runs where REHEARSE is set, for REHEARSE_INDICATORS indicators: by default 200, which takes less than two
// minutes. REHEARSE_NATS is a folder with another configuration of the servers than the one that ships, such as one's own.
//
// ## Decisions
//
// Processes on loopback, against containers or a kind cluster: both need a daemon with rights that a build machine does not give, and
// what they would add, images and manifests, has checks of its own. What is rehearsed here is the part that no manifest shows: rights,
// certificates, settings, signals and time.
//
// Moments are counted in requests that VirusTotal has seen, not in seconds: on a slow machine everything happens at the same places.
//
// Each life of a replica has a port of its own to the service that it works with, against one port and a note of who runs when: a request
// that a dead process left in a socket would be taken for its successor's.
//
// No server is taken away before the one before it has caught up with everything, against taking two at a time: two of three that are gone
// are an outage by design, from which a StatefulSet's rollout and a PodDisruptionBudget keep a cluster as well.
package rehearsal
