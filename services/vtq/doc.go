// Package vtq runs the whole pipeline in one process: producer, lookup and writer on one NATS connection.
//
// The stages are those that run as services of their own in a cluster; they meet in the streams here as there. On a laptop the
// server is embedded (internal/embedded), and only this package and the setup command create the streams.
package vtq
