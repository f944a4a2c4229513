// Package crd teaches an API server the custom kinds that the chart uses, with
// the schemas that their makers publish: what the Prometheus operator or KEDA
// would refuse by schema is then refused here.
//
// The schemas are YAML files within the modules of their makers. They are read
// from the go command's module cache, which fetches and verifies them.
//
// ## Decisions
//
//   - `go mod download` of a named version rather than a requirement in go.mod:
//     only files are wanted, and KEDA's requirements would raise those of the
//     API server by some hundred modules. What go.sum would have held stands
//     beside the version.
//   - The makers' schemas rather than copies: a copy is somebody's to update.
//   - Only schemas come along. The makers' admission webhooks do not run: PromQL
//     in a rule or two ScaledObjects for one Deployment are not refused here.
package crd
