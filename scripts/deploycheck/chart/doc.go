// Package chart renders the Helm chart as helm does, without a cluster, and gives what comes of it as objects of their Kubernetes types.
//
// A [Chart] is opened once and rendered with any values. Rendering checks the values against the schema and decodes each object
// strictly: a field that its type does not have is an error, as it would be to an API server. What a type cannot tell (that a pod is
// restricted, that the times of a shutdown are a chain) is for the tests of this package.
//
// A [Release] also tells in which environment a component would run ([Release.Process]): what the ConfigMap and the Deployment set, with
// Secrets and mounted files put into a folder. A process that is started with it runs as it would in the cluster.
//
// ## Decisions
//
// Helm is a library here, against its binary: nothing has to be installed, its version stands in go.mod, and only what renders is
// compiled, without the clients of a cluster. It is the third version, which users have; the chart uses nothing that the fourth lacks.
//
// The ScaledObject has structs of its own in this package, with the keys that are used: KEDA's module would bring the clients of sixty
// services along.
package chart

//go:generate go test . -run ^TestReadmeIsFresh$ -update
