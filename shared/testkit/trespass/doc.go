// Package trespass lists what each role must not be able to do on the NATS server, and tries it.
//
// Each try goes over the wire, as the role, and is refused only if the server itself says so: that nothing came of it proves nothing.
// The list is for whoever has a server with the users of package grant: tests with one in their process, and the rehearsal of a cluster.
package trespass
