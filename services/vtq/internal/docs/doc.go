// Package docs makes what is written about the configuration out of the configuration itself: two tables of the README, the settings
// in the schema of the Helm chart, and .env.example, so that none of them can tell of a variable that is gone, or leave a new one out.
//
// In the README a table stands between two comments, which do not show:
//
//	<!-- config:begin -->
//	<!-- config:end -->
//
// A third document lists the metrics, as the stages tell them once they have begun: rules and dashboards are held to it.
//
// A test fails when what stands there is not what the code says, and `make generate` brings it up to date.
package docs
