// Package scaling stands in for what scales the stages in a cluster, so that the ScaledObjects of the chart can be tried on a real
// server and real workers: how many replicas would there be?
//
// [Admit] does to a ScaledObject what KEDA's admission does to it, and [KEDA.Replicas] what KEDA and the cluster's autoscaler do every 15 s:
// it asks the monitoring endpoint of NATS and Prometheus for what the triggers want, puts that into the formula, and divides. A
// [Prometheus] scrapes workers, and answers queries of their metrics by the engine of the real one.
//
// # What KEDA does
//
// Read in its source (2.20.2, August 2026, and the main branch of that time):
//
//	formula             wrapped in float(), compiled by github.com/expr-lang/expr with the names of the triggers, and run with -1 for each
//	names               unique; one that the formula knows and no trigger has is refused
//	target              required beside a formula, a number above zero
//	HPA                 called keda-hpa-NAME unless it is given a name; refused above 63 characters
//	nats-jetstream      num_pending + num_ack_pending of the consumer in /jsz?acc=ACCOUNT&consumers=true&config=true. A consumer that is
//	                    not there is an error, and was the stream's last sequence, thus as many replicas as may be, before 2.20
//	prometheus          one number, from /api/v1/query; nothing, infinity and NaN count as 0, several series are an error
//	replicas            ceil(value / target) for AverageValue, the largest where there is no formula, within the bounds
//	fallback            once a trigger failed more often than failureThreshold, one question after the other: as many replicas as it
//	                    says. Beside a formula it needs a target that is written as a whole number (1e+06 is none), and is otherwise
//	                    ignored without a word in the object
//	pollingInterval,    of no effect with one replica or more, since the autoscaler asks by itself; KEDA warns of them
//	cooldownPeriod
//
// # What is left out
//
// The autoscaler leaves alone what is within a tenth, and takes replicas away five minutes late: what it wants is told here, not what
// stands meanwhile. In a cluster of NATS, KEDA asks the server that leads the consumer; here is one server. Authentication is left out,
// as the endpoint of NATS has none.
//
// ## Decisions
//
// A stand-in, against KEDA's own packages: these bring along the clients of sixty services and a cluster to keep their state in. What is
// easiest to get wrong by a word, formula and query, is run by the libraries that KEDA and Prometheus run it by.
package scaling
