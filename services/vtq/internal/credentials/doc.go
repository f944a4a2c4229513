// Package credentials makes what a NATS server and the stages need to know each other: an authority with a certificate for the server,
// and a key for each role of package grant. They go into a directory, or into a manifest for Kubernetes.
//
// ## Decisions
//
// NKeys, against passwords and client certificates: the server's configuration holds public keys alone, so that it can be read by
// anybody, and a seed never crosses the wire, not even to a server that is not ours.
//
// The authority's key is thrown away once it has signed the one certificate: nobody can make another server with it. What is lost is a
// renewal under the same authority. Instead everything is made anew, and handed out anew.
//
// One certificate is for all servers of a cluster, and for their routes, where each is a client of the others.
//
// A directory is not left with half of what was made: files are written within it first, in a directory of their own, and then put into
// their places by renaming; where one cannot be, all go back. That is file by file, against exchanging the whole directory, since it may
// be a mount point, or hold the server's configuration, too. A crash or a power failure between the first renaming and the last leaves
// some of the new files with some of the old, and those that stood there in .vtq-credentials/old. A run without --force names
// that directory and changes nothing; with it everything is made anew, and that directory is taken away. Two runs at once are none: the second one fails.
//
// Files that are there already are not written over unless that is asked for, since services may be logging in with them.
//
// The manifest is JSON, which kubectl reads as it reads YAML: what writes it is in the standard library.
package credentials
